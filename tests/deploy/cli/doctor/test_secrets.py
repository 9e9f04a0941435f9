from pathlib import Path

import pytest

from deploy.cli.doctor import secrets
from deploy.cli.doctor.site import Secret, Site

KEY = "w3Vq-Zr8TmXk2Lc9_PbHs5NfYd7Gj4RuAe6QiOo1CtDvEyBx"


def codes(*given: Secret, production: bool = False, **more: object) -> list[str]:
    client = {"security_protocol": "SASL_SSL"}
    site = Site(client=client, production=production, secrets=given, **more)  # type: ignore[arg-type]  # named by the test
    return [one.code for one in secrets.check(site)]


@pytest.mark.parametrize(
    ("value", "weak"),
    [
        (KEY, False),
        (KEY[:31], True),
        ("a" * 64, True),
        ("abababababababababababababababababab", True),
        ("changeme-changeme-changeme-changeme", True),
        ("", True),
    ],
)
def test_a_key_that_could_be_guessed_is_weak(value: str, weak: bool) -> None:
    assert secrets.is_weak(value, secrets.KEY_LENGTH) is weak


def test_a_password_may_be_shorter_than_a_key() -> None:
    assert codes(Secret("P", "x9!Kqm2#LwPz")) == ["secret"]
    assert codes(Secret("P", "password1234")) == ["secret_weak"]
    assert codes(Secret("K", "x9!Kqm2#LwPz", is_key=True)) == ["secret_weak"]


@pytest.mark.parametrize(
    ("mode", "found"),
    [
        (0o600, ["secret"]),
        (0o400, ["secret"]),
        (0o640, ["mode_readable", "secret"]),
        (0o604, ["mode_readable", "secret"]),
        (0o666, ["mode_writable", "secret"]),
    ],
)
def test_others_may_neither_read_nor_write_a_secret_s_file(
    tmp_path: Path, mode: int, found: list[str]
) -> None:
    file = tmp_path / "key"
    file.write_text(KEY)
    file.chmod(mode)
    assert codes(Secret("K", file=file, is_key=True)) == found


def test_the_folder_of_secrets_is_closed_too(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert codes(Secret("K", KEY, is_key=True), keys=tmp_path) == ["secret", "mode_readable"]
    tmp_path.chmod(0o700)
    assert codes(Secret("K", KEY, is_key=True), keys=tmp_path) == ["secret"]


def test_a_file_that_is_not_there_or_no_text_is_said(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"\xff\xfe")
    assert codes(Secret("K", file=tmp_path / "none")) == ["secret_absent"]
    assert codes(Secret("K", file=tmp_path / "odd")) == ["secret_unread"]
    assert codes() == ["secrets_unknown"]


def test_a_password_in_a_database_s_address_is_said_in_production_only() -> None:
    databases = {
        "training": {
            "database_url": "postgresql+asyncpg://a:b@db/training",
            "database_tls": "verify",
        },
        "appraisal": {
            "database_url": "postgresql+asyncpg://a@db/appraisal",
            "database_tls": "verify",
        },
        "notifications": {"database_url": "nonsense"},
    }
    one = Secret("K", KEY, is_key=True)
    assert codes(one, production=True, databases=databases) == ["secret", "password_in_address"]
    assert codes(one, databases=databases) == ["secret"]


def test_one_secret_for_two_purposes_is_said(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{KEY}\n")
    file.chmod(0o600)
    assert codes(Secret("A", KEY), Secret("B", file=file)) == [
        "secret",
        "secret",
        "secret_repeated",
    ]


@pytest.mark.parametrize("user", ["training", "operator", "postgres", "kinerja"])
def test_a_password_made_of_its_user_s_name_is_weak(user: str) -> None:
    assert codes(Secret("P", f"{user}-2026-x!")) == ["secret_weak"]


def test_what_is_not_encrypted_is_said_in_production_only() -> None:
    secret = Secret("K", KEY, is_key=True)
    databases = {
        "training": {"database_url": "postgresql+asyncpg://a@db/training"},
        "appraisal": {"database_url": "sqlite+aiosqlite:///x.db"},
    }

    def found(*, production: bool) -> list[str]:
        site = Site({}, production, databases=databases, secrets=[secret])
        return [one.code for one in secrets.check(site)]

    assert found(production=True) == ["secret", "kafka_clear", "database_clear"]
    assert found(production=False) == ["secret"]


def test_no_secret_is_ever_said() -> None:
    site = Site(client={}, production=True, secrets=[Secret("K", "password1", is_key=True)])
    found, _clear = secrets.check(site)
    assert "password1" not in f"{found.text}{found.remedy}{found.as_json()}{site}"
