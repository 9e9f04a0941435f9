"""What topics differ in, against an admin client that answers as a broker does."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.admin import NewTopic
from aiokafka.errors import IncompatibleBrokerVersion

from deploy.cli import topics
from shared import provision
from shared.events import Topic
from shared.provision import DECLARED, Difference

CLIENT = {"bootstrap_servers": ["127.0.0.1:1"]}
TOPIC, DEFAULT = 1, 5
FIRST = DECLARED[0]


class Broker:
    """Topics as a broker keeps them."""

    def __init__(self, *, alters: bool = True) -> None:
        self.partitions: dict[str, int] = {}
        self.copies: dict[str, int] = {}
        self.own: dict[str, dict[str, str]] = {}
        self.alters = alters

    def admin(self, **_settings: Any) -> "Admin":
        return Admin(self)

    def create(self, topic: Topic) -> None:
        self.partitions[topic.name] = topic.partitions
        self.own[topic.name] = dict(topic.settings)


class Admin:
    """aiokafka's admin client, as far as it is used."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def list_topics(self) -> list[str]:
        return list(self.broker.partitions)

    async def create_topics(self, new: list[NewTopic]) -> SimpleNamespace:
        for topic in new:
            self.broker.partitions[topic.name] = topic.num_partitions
            self.broker.own[topic.name] = dict(topic.topic_configs)
            self.broker.copies[topic.name] = topic.replication_factor
        return SimpleNamespace(topic_errors=[(topic.name, 0, None) for topic in new])

    async def describe_topics(self, names: list[str]) -> list[dict[str, Any]]:
        return [
            {"partitions": [{"replicas": [*range(self.broker.copies.get(name, 1))]}] * count}
            for name, count in ((name, self.broker.partitions[name]) for name in names)
        ]

    async def describe_configs(self, resources: list[Any]) -> list[SimpleNamespace]:
        (resource,) = resources
        own = [
            (name, value, False, TOPIC, False, [])
            for name, value in self.broker.own[resource.name].items()
        ]
        entries = [*own, ("segment.bytes", "1073741824", False, DEFAULT, False, [])]
        return [SimpleNamespace(resources=[(0, "", 2, resource.name, entries)])]

    async def alter_configs(self, resources: list[Any]) -> list[SimpleNamespace]:
        if not self.broker.alters:
            raise IncompatibleBrokerVersion("AlterConfigs")
        (resource,) = resources
        self.broker.own[resource.name] = dict(resource.configs)
        return [SimpleNamespace(resources=[(0, "", 2, resource.name)])]


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    broker = Broker()
    for module in (topics, provision):
        monkeypatch.setattr(module, "AIOKafkaAdminClient", broker.admin)
    return broker


async def test_on_an_empty_broker_every_topic_is_missing(broker: Broker) -> None:
    found = await topics.differences(CLIENT)
    assert {(one.topic, one.what, one.actual) for one in found} == {
        (topic.name, "missing", None) for topic in DECLARED
    }
    assert broker.partitions == {}, "looking creates nothing"


async def test_applying_creates_them_all_and_again_changes_nothing(broker: Broker) -> None:
    applied = await topics.apply(CLIENT)
    assert applied.created == [topic.name for topic in DECLARED]
    assert (applied.changed, applied.left) == ([], [])
    assert broker.partitions == {topic.name: topic.partitions for topic in DECLARED}
    assert broker.own[FIRST.name] == FIRST.settings
    again = await topics.apply(CLIENT)
    assert (again.created, again.changed, again.left) == ([], [], [])


async def test_a_setting_that_differs_is_set_and_what_else_was_set_stays(broker: Broker) -> None:
    await topics.apply(CLIENT)
    broker.own[FIRST.name] |= {"max.message.bytes": "5", "min.insync.replicas": "2"}
    expected = Difference(FIRST.name, "max.message.bytes", FIRST.settings["max.message.bytes"], "5")
    assert await topics.differences(CLIENT) == [expected]
    applied = await topics.apply(CLIENT)
    assert (applied.changed, applied.left) == ([FIRST.name], [])
    assert broker.own[FIRST.name] == FIRST.settings | {"min.insync.replicas": "2"}


async def test_partitions_are_compared_and_left(broker: Broker) -> None:
    await topics.apply(CLIENT)
    broker.partitions[FIRST.name] = 9
    applied = await topics.apply(CLIENT)
    assert applied.changed == []
    assert applied.left == [Difference(FIRST.name, "partitions", str(FIRST.partitions), "9")]
    assert broker.partitions[FIRST.name] == 9


async def test_a_broker_that_cannot_change_topics_leaves_what_differs(broker: Broker) -> None:
    await topics.apply(CLIENT)
    broker.alters = False
    broker.own[FIRST.name] = {}
    applied = await topics.apply(CLIENT)
    assert applied.changed == []
    assert {one.what for one in applied.left} == FIRST.settings.keys()
    assert all(one.actual is None for one in applied.left)


async def test_all_copies_but_one_must_have_a_fact(broker: Broker) -> None:
    await provision.create_missing(CLIENT, replication=3)
    assert broker.own[FIRST.name] == FIRST.settings | {"min.insync.replicas": "2"}


async def test_a_single_copy_is_enough_where_there_is_one_broker(broker: Broker) -> None:
    await provision.create_missing(CLIENT)
    assert broker.own[FIRST.name] == FIRST.settings


async def test_too_few_copies_are_said_and_all_but_one_must_have_a_fact_from_now_on(
    broker: Broker,
) -> None:
    await topics.apply(CLIENT)
    found = await topics.differences(CLIENT, replication=3)
    own = [(one.what, one.declared, one.actual) for one in found if one.topic == FIRST.name]
    assert own == [("copies", "3", "1"), ("min.insync.replicas", "2", None)]
    applied = await topics.apply(CLIENT, replication=3)
    assert {one.what for one in applied.left} == {"copies"}
    assert broker.own[FIRST.name] == FIRST.settings | {"min.insync.replicas": "2"}
    broker.copies = dict.fromkeys(broker.partitions, 3)
    assert await topics.differences(CLIENT, replication=3) == []
    assert await topics.differences(CLIENT, replication=2) != [], "two of three, not one"
