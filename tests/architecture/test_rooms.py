"""What imports cannot say: the same rooms in every service, pure rules, one way to subscribe."""

import ast
import tomllib
from pathlib import Path

import pytest

from tests.architecture.house import (
    PROJECT,
    SERVICE_NAMES,
    SERVICES,
    VAGUE,
    imports,
    impurities,
    modules,
    room,
    rooms,
    subscriptions,
)

SHARED = PROJECT / "shared"
LONGEST = 300
FACE = {"portal"}
OWN_ROOMS = {"appraisal": {"workbooks"}, "notifications": {"channels"}}
NEEDED = {"app", "settings", "models", "rules", "store", "routes", "migrations"}
POSSIBLE = NEEDED | {"handlers", "clock", "data"}
FACE_ROOMS = {"app", "settings", "pages", "clients"}
SOURCE = modules(SERVICES, SHARED, PROJECT / "deploy")


def short(file: Path) -> str:
    return str(file.relative_to(PROJECT))


every_service = pytest.mark.parametrize("service", SERVICE_NAMES)
every_keeper = pytest.mark.parametrize("service", [s for s in SERVICE_NAMES if s not in FACE])
every_file = pytest.mark.parametrize("file", SOURCE, ids=short)


@every_service
def test_a_service_has_only_rooms_we_know(service: str) -> None:
    known = FACE_ROOMS if service in FACE else POSSIBLE | OWN_ROOMS.get(service, set())
    assert rooms(service) <= known, "a new kind of room is a decision: see CONTRIBUTING.md"


@every_service
def test_a_service_has_the_rooms_all_services_have(service: str) -> None:
    needed = FACE_ROOMS if service in FACE else NEEDED
    assert needed <= rooms(service)


@every_service
def test_a_service_is_named_in_the_import_contracts(service: str) -> None:
    with (PROJECT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    layered = {box for contract in contracts for box in contract.get("containers", ())}
    assert f"services.{service}" in layered


@every_service
def test_a_service_opens_with_its_canvas(service: str) -> None:
    package = ast.parse((SERVICES / service / "__init__.py").read_text())
    canvas = ast.get_docstring(package) or ""
    for word in ("Listens:", "Tells:", "Keeps:", "Answers:"):
        assert f"\n{word} " in canvas, f"the canvas of {service} does not say what it {word}"


@every_service
def test_a_canvas_knows_the_facts_and_none_of_the_rooms(service: str) -> None:
    package = SERVICES / service / "__init__.py"
    assert imports(package.read_text()) <= {"typing", "shared.events"}


@every_keeper
def test_rules_neither_wait_nor_read_a_clock_nor_open_a_file(service: str) -> None:
    wrong = [
        f"{short(file)} {said}"
        for file in room(service, "rules")
        for said in impurities(file.read_text())
    ]
    assert not wrong


@every_file
def test_no_file_outgrows_its_reader(file: Path) -> None:
    lines = len(file.read_text().splitlines())
    assert lines <= LONGEST, f"{lines} lines: it does more than one thing, split it"


@every_file
def test_no_module_is_named_for_nothing(file: Path) -> None:
    assert not VAGUE & {part.removesuffix(".py") for part in file.relative_to(PROJECT).parts}


def test_only_the_delivery_core_subscribes_and_it_never_loses_a_failure() -> None:
    core = {SHARED / "kafka.py", *modules(SHARED / "kafka")}
    found = [(file, *said) for file in SOURCE for said in subscriptions(file.read_text())]
    assert [f"{short(file)}:{line}" for file, line, _ in found if file not in core] == []
    assert [f"{short(file)}:{line}" for file, line, nacks in found if not nacks] == []


@pytest.mark.parametrize(
    "source",
    [
        "async def f(): ...",
        "def f(x):\n    return [await x]",
        "from datetime import datetime\nat = datetime.now()",
        "import datetime\nclock = datetime.date.today",
        "import datetime\nat = datetime.datetime.utcnow()",
        "def f(name):\n    return open(name)",
    ],
)
def test_an_impure_rule_would_be_found(source: str) -> None:
    assert list(impurities(source))


def test_a_pure_rule_would_not_be_blamed() -> None:
    assert not list(impurities("def later(self, day, now):\n    return now > day > self.today"))


def test_a_subscription_that_loses_failures_would_be_found() -> None:
    assert list(subscriptions('broker.subscriber("t", batch=True)')) == [(1, False)]
    careless = 'broker.subscriber("t", ack_policy=AckPolicy.ACK)'
    assert list(subscriptions(careless)) == [(1, False)]
    careful = 'broker.subscriber("t", ack_policy=AckPolicy.NACK_ON_ERROR)'
    assert list(subscriptions(careful)) == [(1, True)]
