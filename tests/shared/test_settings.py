from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from shared.settings import CommonSettings, KafkaAccess, KafkaProtocol, Profile, ServiceSettings
from tests.shared.authority import Authority


class Example(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="EXAMPLE_", extra="ignore")


def test_a_process_runs_for_real_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KINERJA_PROFILE", raising=False)
    assert CommonSettings().profile is Profile.PRODUCTION
    assert CommonSettings().kafka_idempotent
    assert not CommonSettings().kafka_provision
    assert not CommonSettings().kafka_alone


def test_knobs_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXAMPLE_DATABASE_URL", "sqlite+aiosqlite:///x.db")
    monkeypatch.setenv("EXAMPLE_BATCH", "200")
    monkeypatch.setenv("KINERJA_RETENTION_DAYS", "30")
    settings = Example()
    assert (settings.batch, settings.common.retention_days) == (200, 30)


def test_brokers_may_be_written_with_spaces() -> None:
    common = CommonSettings(kafka_servers="a:9092, b:9092,")
    assert common.kafka_addresses == ["a:9092", "b:9092"]


def test_an_issuers_keys_lie_below_its_address_unless_said_otherwise() -> None:
    issuer = "https://id.example/"
    found = CommonSettings(issuer=issuer, jwks_url="").jwks_url
    assert found == "https://id.example/.well-known/jwks.json"
    assert (
        CommonSettings(issuer=issuer, jwks_url="https://k.example").jwks_url == "https://k.example"
    )


@pytest.mark.parametrize(("knob", "value"), [("batch", 0), ("batch", 10_001), ("pool_size", 0)])
def test_a_knob_beyond_its_bounds_is_refused(knob: str, value: int) -> None:
    with pytest.raises(ValidationError):
        ServiceSettings.model_validate({"database_url": "x", knob: value})


def test_a_retention_of_no_days_is_refused() -> None:
    with pytest.raises(ValidationError):
        CommonSettings(retention_days=0)


def test_a_password_comes_from_a_file_and_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("open sesame\n")
    settings = ServiceSettings(database_url="x", database_password_file=file)
    assert settings.database_password is not None
    assert settings.database_password.get_secret_value() == "open sesame"
    assert "sesame" not in repr(settings) + repr(settings.database_password)
    assert ServiceSettings(database_url="x").database_password is None


def test_a_secret_given_itself_comes_before_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("of the file")
    settings = ServiceSettings(
        database_url="x", database_password="given", database_password_file=file
    )
    assert settings.database_password is not None
    assert settings.database_password.get_secret_value() == "given"


def test_a_secrets_file_is_named_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("open sesame\n")
    monkeypatch.setenv("EXAMPLE_DATABASE_URL", "x")
    monkeypatch.setenv("EXAMPLE_DATABASE_PASSWORD_FILE", str(file))
    password = Example().database_password
    assert password is not None
    assert password.get_secret_value() == "open sesame"


def test_a_secrets_file_that_is_away_is_named_and_nothing_else_is(tmp_path: Path) -> None:
    away = tmp_path / "away"
    with pytest.raises(ValidationError, match="away cannot be read") as told:
        ServiceSettings(database_url="x://me:sesame@db", database_password_file=away)
    assert "sesame" not in str(told.value)


POSTGRES = "postgresql+asyncpg://training@db/training"
LOGIN = {"kafka_user": "training", "kafka_password": "open sesame"}
CA = {"kafka_ca_file": "/nonexistent/authority.pem"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kafka_protocol": "SASL_SSL"}, "kafka_user: SASL_SSL needs one"),
        ({"kafka_protocol": "SASL_SSL", "kafka_user": "me"}, "kafka_password: SASL_SSL needs one"),
        ({"kafka_protocol": "SASL_SSL", **LOGIN, "kafka_password": ""}, "kafka_password: "),
        (LOGIN, "kafka_protocol: PLAINTEXT asks for no password"),
        ({"kafka_protocol": "SSL", **LOGIN}, "kafka_protocol: SSL asks for no password"),
        (CA, "kafka_protocol: PLAINTEXT uses no certificates"),
        ({"kafka_protocol": "SASL_PLAINTEXT", **LOGIN, **CA}, "SASL_PLAINTEXT uses no cert"),
        ({"kafka_protocol": "SSL", **CA}, r"kafka_ca_file .*/authority\.pem cannot be read"),
        ({"kafka_protocol": "SASL"}, "kafka_protocol"),
        ({"kafka_mechanism": "GSSAPI"}, "kafka_mechanism"),
        (
            {"kafka_protocol": "SASL_PLAINTEXT", "kafka_mechanism": "PLAIN", **LOGIN},
            "kafka_protocol: PLAIN over SASL_PLAINTEXT shows the password",
        ),
    ],
)
def test_kafka_settings_that_do_not_fit_together_are_named(
    given: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"KINERJA_{name.upper()}", value)
    monkeypatch.setenv("KINERJA_PROFILE", "production")
    with pytest.raises(ValidationError, match=said) as told:
        CommonSettings()
    assert "sesame" not in str(told.value)


def test_a_laptop_may_send_a_password_in_the_clear() -> None:
    common = CommonSettings(
        profile=Profile.EMBEDDED,
        kafka_protocol=KafkaProtocol.SASL_PLAINTEXT,
        kafka_mechanism="PLAIN",
        kafka_user="training",
        kafka_password="invented",
    )
    assert common.kafka_protocol.asks_who
    assert not common.kafka_protocol.encrypts


def test_kafka_s_password_comes_from_a_file_and_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "password"
    file.write_text("open sesame\n")
    for name, value in {
        "protocol": "SASL_SSL",
        "user": "training",
        "password_file": str(file),
        "ca_file": str(Authority(tmp_path).file),
    }.items():
        monkeypatch.setenv(f"KINERJA_KAFKA_{name.upper()}", value)
    common = CommonSettings()
    assert common.kafka_password is not None
    assert common.kafka_password.get_secret_value() == "open sesame"
    assert common.kafka_mechanism == "SCRAM-SHA-512"
    assert "sesame" not in f"{common!r} {common}"


def test_kafka_s_files_are_no_secrets_to_be_read(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    access = KafkaAccess(
        kafka_protocol=KafkaProtocol.SSL,
        kafka_ca_file=authority.file,
        kafka_certificate_file=authority.certify("client"),
    )
    assert access.kafka_ca_file == authority.file


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"database_ca_file": "/a.pem"}, "database_tls: set it to verify"),
        ({"database_tls": "verify", "database_url": "sqlite+aiosqlite:///x"}, "only PostgreSQL"),
        (
            {"database_tls": "verify", "database_ca_file": "/nonexistent/a.pem"},
            r"database_ca_file: /nonexistent/a\.pem cannot be read",
        ),
        ({"database_tls": "maybe"}, "database_tls"),
    ],
)
def test_database_settings_that_do_not_fit_together_are_named(
    given: dict[str, str], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        ServiceSettings.model_validate({"database_url": POSTGRES, **given})
