"""Topics as declared, compared with a broker's and brought to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError, for_code

from deploy.cli.broker import Client
from shared.events import Topic
from shared.provision import DECLARED, Difference, create_missing, settings_of

MISSING = "missing"
PARTITIONS = "partitions"
COPIES = "copies"
WORDS = (MISSING, PARTITIONS, COPIES)
"""What may differ besides settings, which go by Kafka's names."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying did, and what it could not do."""

    created: list[str]
    changed: list[str]
    left: list[Difference]


async def differences(
    client: Client, *, replication: int = 1, declared: Sequence[Topic] = DECLARED
) -> list[Difference]:
    """Where the broker is not as declared, or has fewer copies than there should be."""
    admin = AIOKafkaAdminClient(**client)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        found = [
            Difference(topic.name, MISSING, str(topic.partitions), None)
            for topic in declared
            if topic.name not in there
        ]
        for topic in declared:
            if topic.name in there:
                found += await _compare(admin, topic, replication)
        return found
    finally:
        await admin.close()


async def apply(client: Client, *, replication: int = 1) -> Applied:
    """Create what is missing and set what differs; partitions of a topic in use stay as they are.

    More partitions would send a key's next facts elsewhere than those before, out of order. Copies
    are made by Kafka's own tools, which can do so without filling up the network.
    """
    created = await create_missing(client, replication=replication)
    found = await differences(client, replication=replication)
    names = {one.topic for one in found if one.what not in WORDS}
    changed = await _change(client, [one for one in DECLARED if one.name in names], replication)
    left = await differences(client, replication=replication) if changed else found
    return Applied(created, changed, left)


async def _compare(admin: AIOKafkaAdminClient, topic: Topic, replication: int) -> list[Difference]:
    (described,) = await admin.describe_topics([topic.name])
    partitions = described["partitions"]
    found = []
    if len(partitions) != topic.partitions:
        there = str(len(partitions))
        found.append(Difference(topic.name, PARTITIONS, str(topic.partitions), there))
    copies = min(len(one["replicas"]) for one in partitions)
    if copies < replication:
        found.append(Difference(topic.name, COPIES, str(replication), str(copies)))
    actual = {name: value for name, (value, _) in (await _settings(admin, topic.name)).items()}
    return found + [
        Difference(topic.name, name, value, actual.get(name))
        for name, value in settings_of(topic, replication).items()
        if actual.get(name) != value
    ]


async def _settings(admin: AIOKafkaAdminClient, topic: str) -> dict[str, tuple[str, bool]]:
    """A topic's settings as the broker tells them: value, and whether the topic itself has it."""
    resource = ConfigResource(ConfigResourceType.TOPIC, topic)
    (answer,) = await admin.describe_configs([resource])
    found: dict[str, tuple[str, bool]] = {}
    for code, _message, _kind, _name, entries in answer.resources:
        if code:
            raise for_code(code)(topic)
        for name, value, _read_only, source, *_ in entries:
            found[name] = (value, source == TOPIC_CONFIG)
    return found


TOPIC_CONFIG = 1
"""Kafka's DescribeConfigs: the setting was made for this very topic."""


async def _change(client: Client, topics: Sequence[Topic], replication: int) -> list[str]:
    """Set what is declared, and keep whatever else was set for the topic."""
    changed: list[str] = []
    admin = AIOKafkaAdminClient(**client)
    await admin.start()
    try:
        for topic in topics:
            held = await _settings(admin, topic.name)
            kept = {name: value for name, (value, is_own) in held.items() if is_own}
            declared = kept | settings_of(topic, replication)
            wanted = ConfigResource(ConfigResourceType.TOPIC, topic.name, declared)
            for answer in await admin.alter_configs([wanted]):
                for code, *_ in answer.resources:
                    if code:
                        raise for_code(code)(topic.name)
            changed.append(topic.name)
    except IncompatibleBrokerVersion:
        return changed  # it cannot change topics: what differs is left and said
    finally:
        await admin.close()
    return changed


async def reachable(client: Client) -> bool:
    """Whether a broker answers."""
    admin = AIOKafkaAdminClient(**client)
    try:
        await admin.start()
    except (KafkaError, OSError):
        return False
    else:
        return True
    finally:
        await admin.close()
