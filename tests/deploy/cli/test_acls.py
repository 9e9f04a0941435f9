"""Rights brought to a broker, against a connection that answers as a broker does."""

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import ClusterAuthorizationFailedError
from aiokafka.protocol.admin import (
    CreateAclsRequest_v1,
    DeleteAclsRequest_v1,
    DescribeAclsRequest_v1,
)
from typer.testing import CliRunner

from deploy.cli import acls
from deploy.cli.acls import Grant, grant_of
from deploy.cli.app import app
from deploy.cli.rights import declared
from deploy.cli.trouble import Trouble

DECLARED = {grant_of(one) for rights in declared().values() for one in rights}
OLD: Grant = (2, "old.topic", 3, "User:training", "*", 3, 3)
STRANGERS: Grant = (2, "theirs", 3, "User:stranger", "*", 3, 3)
DENIED: Grant = (3, "train", 4, "User:training", "10.0.0.1", 6, 2)
NOT_AUTHORISED, NO_AUTHORIZER = 31, 54


class Broker:
    """The rights a broker has granted, and the connection to it."""

    def __init__(self) -> None:
        self.held: set[Grant] = set()
        self.refuses = 0
        self.asked: list[str] = []

    def connect(self, **_settings: Any) -> "Broker":
        return self

    async def bootstrap(self) -> None:
        pass

    def get_random_node(self) -> int:
        return 1

    async def ready(self, _node: int) -> bool:
        return True

    async def close(self) -> None:
        self.asked.append("closed")

    async def send(self, _node: int, request: Any) -> SimpleNamespace:
        """Answer, having packed the question as it goes over the wire."""
        self.asked.append(type(request).__name__)
        if isinstance(request, acls.DescribeAclsRequest):
            asked = request.build(DescribeAclsRequest_v1)
            asked.encode()
            mine = [one for one in self.held if one[3] == asked.principal]
            resources = [(kind, name, how, [rest]) for kind, name, how, *rest in mine]
            return SimpleNamespace(error_code=self.refuses, error_message=None, resources=resources)
        if isinstance(request, acls.CreateAclsRequest):
            created = request.build(CreateAclsRequest_v1)
            created.encode()
            self.held |= set(created.creations)
            return SimpleNamespace(creation_responses=[(0, None)])
        withdrawn = request.build(DeleteAclsRequest_v1)
        withdrawn.encode()
        self.held -= set(withdrawn.filters)
        return SimpleNamespace(filter_responses=[(0, None, [])])


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    found = Broker()
    monkeypatch.setattr(acls, "AIOKafkaClient", found.connect)
    return found


def kinerja(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["acls", *arguments, "--servers", "a.example:9092"])


def test_what_is_declared_is_granted_and_again_changes_nothing(broker: Broker) -> None:
    ran = kinerja("apply")
    assert ran.exit_code == 0
    assert "granted: training: READ topic appraisal.evaluations.v1" in ran.output
    assert broker.held == DECLARED
    assert "as declared" in kinerja("apply").output
    assert kinerja("diff").exit_code == 0
    assert broker.asked.count("CreateAclsRequest") == len(DECLARED)


def test_what_was_declared_before_is_withdrawn_and_a_stranger_s_is_left(broker: Broker) -> None:
    broker.held = {*DECLARED, OLD, DENIED, STRANGERS}
    ran = kinerja("apply")
    assert "withdrawn: training: READ topic old.topic" in ran.output
    assert "withdrawn: training: DENY #6 group train* from 10.0.0.1" in ran.output
    assert broker.held == {*DECLARED, STRANGERS}


def test_a_difference_exits_with_1_and_changes_nothing(broker: Broker) -> None:
    gone = next(one for one in DECLARED if one[3] == "User:appraisal")
    before = {*DECLARED, OLD} - {gone}
    broker.held = set(before)
    ran = kinerja("diff")
    assert ran.exit_code == 1
    assert f"missing: appraisal: WRITE topic {gone[1]}" in ran.output
    assert "too many: training: READ topic old.topic" in ran.output
    assert broker.held == before


def test_a_broker_that_checks_no_rights_is_said(broker: Broker) -> None:
    broker.refuses = NO_AUTHORIZER
    ran = kinerja("apply")
    assert isinstance(ran.exception, Trouble)
    assert "authorizer.class.name" in str(ran.exception)
    assert broker.asked[-1] == "closed"


def test_whoever_may_not_ask_is_told_so(broker: Broker) -> None:
    broker.refuses = NOT_AUTHORISED
    ran = kinerja("diff")
    assert isinstance(ran.exception, Trouble)
    assert ClusterAuthorizationFailedError.__name__ in str(ran.exception)
