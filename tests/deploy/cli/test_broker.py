"""The command reaches Kafka as a service does, by the same settings."""

from pathlib import Path

import pytest

from deploy.cli.broker import client_of
from deploy.cli.trouble import Trouble
from tests.shared.authority import Authority


def test_the_brokers_named_come_before_those_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KINERJA_KAFKA_SERVERS", "a:1,b:2")
    plain = {"client_id": "kinerja", "security_protocol": "PLAINTEXT"}
    assert client_of(None) == {"bootstrap_servers": ["a:1", "b:2"], **plain}
    assert client_of("c:3") == {"bootstrap_servers": ["c:3"], **plain}


def test_the_environment_says_who_asks_and_whom_to_trust(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text("invented\n")
    for name, value in {
        "PROTOCOL": "SASL_SSL",
        "USER": "operator",
        "PASSWORD_FILE": str(tmp_path / "password"),
        "CA_FILE": str(Authority(tmp_path).file),
    }.items():
        monkeypatch.setenv(f"KINERJA_KAFKA_{name}", value)
    found = client_of("c:3")
    assert found["ssl_context"].check_hostname
    assert (found["sasl_plain_username"], found["sasl_plain_password"]) == ("operator", "invented")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("KAFKA_PROTOCOL", "SASL_SSL", "kafka_user: SASL_SSL needs one"),
        ("KAFKA_PROTOCOL", "TLS", "kafka_protocol: Input should be"),
        ("KAFKA_PASSWORD_FILE", "/nonexistent/password", "/nonexistent/password cannot be read"),
        ("KAFKA_USER", "operator", "kafka_protocol: PLAINTEXT asks for no password"),
    ],
)
def test_settings_that_do_not_fit_are_said_without_a_value(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"KINERJA_{name}", value)
    if name == "KAFKA_USER":
        monkeypatch.setenv("KINERJA_KAFKA_PASSWORD", "sesame")
    with pytest.raises(Trouble, match="KINERJA_") as told:
        client_of("c:3")
    assert any(said in line for line in told.value.details)
    assert "sesame" not in f"{told.value}{told.value.details}"
