"""Rights on Kafka: what services really listen to and tell, and nothing more."""

from pathlib import Path
from types import ModuleType

import pytest

from deploy.cli import lag
from deploy.cli.letters import TOPICS
from deploy.cli.rights import Kind, Operation, Right, declared
from services import appraisal, notifications, portal, training
from services.notifications import handlers as notifications_handlers
from services.training import handlers as training_handlers
from shared.events import topics
from shared.provision import DECLARED

LISTENING = {
    "training": training_handlers.listening,
    "notifications": notifications_handlers.listening,
}
EVERY = {topic.name for topic in DECLARED}


def named(user: str, operation: Operation, kind: Kind = Kind.TOPIC) -> set[str]:
    rights = declared()[user]
    return {one.name for one in rights if (one.kind, one.operation) == (kind, operation)}


def test_users_are_the_services_with_kafka_and_the_operator() -> None:
    assert set(declared()) == {"appraisal", "training", "notifications", "operator"}
    assert not portal.LISTENS
    assert not portal.TELLS


@pytest.mark.parametrize("service", [appraisal, training, notifications])
def test_a_service_reads_what_it_listens_to_or_replays_and_writes_what_it_tells(
    service: ModuleType,
) -> None:
    user = service.__name__.rpartition(".")[2]
    heard = {kind.topic.name for kind in service.LISTENS}
    told = {kind.topic.name for kind in service.TELLS}
    dead = {f"{name}.dead" for name in heard}
    assert named(user, Operation.READ) == (heard | told | dead if heard else set())
    assert named(user, Operation.WRITE) == told | dead
    assert named(user, Operation.READ, Kind.GROUP) == ({user} if heard else set())
    others = {one.operation for one in declared()[user]} - {Operation.READ, Operation.WRITE}
    assert others == set(), "a service makes, changes and looks at nothing"


@pytest.mark.parametrize("user", LISTENING)
def test_the_canvas_says_what_the_handlers_take(user: str) -> None:
    listening = LISTENING[user]
    assert listening.service == user, "the group is named as the user"
    assert set(listening.topics) <= named(user, Operation.READ)


def test_the_operator_sees_all_and_sends_back() -> None:
    assert named("operator", Operation.READ) == EVERY
    assert set(TOPICS) <= named("operator", Operation.WRITE)
    assert {topic.name for topic in topics.ALL} <= named("operator", Operation.WRITE)
    assert named("operator", Operation.DESCRIBE, Kind.GROUP) == set(lag.GROUPS)
    assert named("operator", Operation.READ, Kind.GROUP) == set(), "it takes nobody's place"
    for operation in (Operation.CREATE, Operation.DESCRIBE_CONFIGS, Operation.ALTER_CONFIGS):
        assert named("operator", operation) == EVERY


def test_no_right_is_for_more_than_one_topic_or_group() -> None:
    names = {one.name for rights in declared().values() for one in rights}
    assert names == EVERY | set(LISTENING)


def test_a_right_reads_as_a_sentence() -> None:
    right = Right("training", Kind.TOPIC, "a.v1", Operation.READ)
    assert (str(right), right.principal) == ("training: READ topic a.v1", "User:training")


def test_a_word_nobody_knows_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "acls.toml"
    file.write_text('[training]\nowns = ["everything"]\n')
    with pytest.raises(ValueError, match="training has owns"):
        declared(file)
