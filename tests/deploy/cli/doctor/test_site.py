from pathlib import Path

import pytest

from deploy.cli.doctor.site import Site

CLIENT = {"bootstrap_servers": ["127.0.0.1:1"]}


def test_the_embedded_stack_is_known_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINERJA_DATA", str(tmp_path))
    site = Site.of({}, CLIENT)
    assert set(site.databases) == {"appraisal", "training", "notifications"}
    assert site.databases["training"] == {
        "database_url": f"sqlite+aiosqlite:///{tmp_path}/training.db"
    }
    assert set(site.urls) == {"appraisal", "training", "notifications", "portal"}
    assert [one.name for one in site.secrets] == ["APPRAISAL_SECRET_KEY", "PORTAL_SESSION_KEY"]
    assert all(one.file and one.file.parent == tmp_path / "keys" for one in site.secrets)
    assert list(tmp_path.iterdir()) == [], "looking makes nothing"


def test_in_production_only_what_the_environment_says_is_known() -> None:
    site = Site.of({"KINERJA_PROFILE": "production"}, CLIENT)
    assert (site.databases, site.urls, site.secrets, site.keys) == ({}, {}, [], None)


def test_what_the_environment_says_is_looked_at() -> None:
    environ = {
        "KINERJA_PROFILE": "production",
        "TRAINING_DATABASE_URL": "postgresql+asyncpg://training@db/training",
        "TRAINING_DATABASE_PASSWORD_FILE": "/run/secrets/training",
        "TRAINING_DATABASE_TLS": "verify",
        "TRAINING_DATABASE_CA_FILE": "/etc/kinerja/authority.pem",
        "KINERJA_KAFKA_PASSWORD_FILE": "/run/secrets/kafka",
        "APPRAISAL_SECRET_KEY": "k",
        "PORTAL_TRAINING_URL": "https://training.example/",
    }
    site = Site.of(environ, CLIENT)
    assert site.databases == {
        "training": {
            "database_url": "postgresql+asyncpg://training@db/training",
            "database_password_file": "/run/secrets/training",
            "database_tls": "verify",
            "database_ca_file": "/etc/kinerja/authority.pem",
        }
    }
    assert site.urls == {"training": "https://training.example"}
    assert [(one.name, one.is_key) for one in site.secrets] == [
        ("APPRAISAL_SECRET_KEY", True),
        ("KINERJA_KAFKA_PASSWORD", False),
        ("TRAINING_DATABASE_PASSWORD", False),
    ]
    assert Site.of(environ, CLIENT, urls=["https://a.example"]).urls == {
        "https://a.example": "https://a.example"
    }
