import os
from pathlib import Path

import pytest

from deploy.local import preflight
from deploy.local.environment import PROJECT, SERVICES, Stack, agreed, own, without_proxy
from services.appraisal.settings import Settings as AppraisalSettings
from services.notifications.settings import Settings as NotificationsSettings
from services.portal.settings import Settings as PortalSettings
from services.training.settings import Settings as TrainingSettings
from shared.settings import CommonSettings, Profile


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(data=tmp_path, base=9100, kafka=19999)


def set_environment(monkeypatch: pytest.MonkeyPatch, knobs: dict[str, str]) -> None:
    for name in os.environ:
        if name.startswith(("KINERJA_", "APPRAISAL_", "TRAINING_", "NOTIFICATIONS_", "PORTAL_")):
            monkeypatch.delenv(name)
    for name, value in knobs.items():
        monkeypatch.setenv(name, value)


def test_without_variables_it_is_the_usual_stack_in_the_project() -> None:
    stack = Stack.of({})
    assert stack == Stack(PROJECT / ".kinerja", 8100, 19092)
    assert stack.port("smtp") == 8125
    assert stack.url("notifications") == "http://127.0.0.1:8103"


def test_variables_move_it() -> None:
    stack = Stack.of(
        {"KINERJA_DATA": "/tmp/x", "KINERJA_PORT_BASE": "9000", "KINERJA_KAFKA_PORT": "9500"}  # noqa: S108 - never written to
    )
    assert (stack.data, stack.port("portal"), stack.port("broker")) == (Path("/tmp/x"), 9000, 9500)  # noqa: S108 - the same
    assert stack.kafka_servers == "127.0.0.1:9500"


def test_a_port_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="abc"):
        Stack.of({"KINERJA_PORT_BASE": "abc"})


def test_the_ports_are_those_looked_at_before_the_start(stack: Stack) -> None:
    looked_at = {port for port, *_ in preflight.wanted(stack.base, stack.kafka)}
    names = ("portal", *SERVICES, "desk", "smtp", "broker")
    assert {stack.port(name) for name in names} == looked_at


def test_services_understand_what_they_are_given(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    knobs = agreed(stack) | {"APPRAISAL_SECRET_KEY": "x" * 40}
    for name in (*SERVICES, "portal"):
        knobs |= own(stack, name)
    set_environment(monkeypatch, knobs)
    common = CommonSettings()
    assert common.profile is Profile.EMBEDDED
    assert common.kafka_addresses == ["127.0.0.1:19999"]
    assert not common.kafka_idempotent
    assert common.jwks_url == "http://127.0.0.1:9104/.well-known/jwks.json"
    assert AppraisalSettings().database_url == f"sqlite+aiosqlite:///{stack.data}/appraisal.db"
    assert TrainingSettings().database_url == f"sqlite+aiosqlite:///{stack.data}/training.db"
    notifications = NotificationsSettings()
    assert (notifications.smtp_host, notifications.smtp_port) == ("127.0.0.1", 9125)
    assert notifications.portal_url == "http://127.0.0.1:9100"
    portal = PortalSettings()
    assert portal.training_url == "http://127.0.0.1:9102"
    assert portal.desk_url == "http://127.0.0.1:9104"


def test_every_variable_has_a_reader(stack: Stack) -> None:
    """A name nobody reads is a knob that turns nothing."""
    settings = {
        "KINERJA_": CommonSettings,
        "APPRAISAL_": AppraisalSettings,
        "TRAINING_": TrainingSettings,
        "NOTIFICATIONS_": NotificationsSettings,
        "PORTAL_": PortalSettings,
    }
    read_here = {"KINERJA_DATA", "KINERJA_PORT_BASE", "KINERJA_KAFKA_PORT", "MALLOC_ARENA_MAX"}
    given = agreed(stack)
    for name in (*SERVICES, "portal"):
        given |= own(stack, name)
    for variable in given.keys() - read_here:
        prefix, _, field = variable.partition("_")
        assert field.lower() in settings[f"{prefix}_"].model_fields, variable


def test_calls_between_our_processes_avoid_a_proxy_and_keep_what_was_spared() -> None:
    assert without_proxy({})["NO_PROXY"] == "127.0.0.1,localhost"
    spared = without_proxy({"NO_PROXY": "intra.example,127.0.0.1"})
    assert spared["NO_PROXY"] == spared["no_proxy"] == "intra.example,127.0.0.1,localhost"
