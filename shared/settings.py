"""Knobs every service has. A service adds its own under its own prefix (`TRAINING_…`)."""

from enum import StrEnum
from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Profile(StrEnum):
    """Where this runs: a laptop with everything embedded, or for real."""

    EMBEDDED = "embedded"
    PRODUCTION = "production"


class CommonSettings(BaseSettings):
    """What all processes of one installation agree on (`KINERJA_…`)."""

    model_config = SettingsConfigDict(env_prefix="KINERJA_", extra="ignore")

    profile: Profile = Profile.PRODUCTION
    issuer: str = ""
    """Whose tokens count (`iss`)."""
    jwks_url: str = ""
    """Where the issuer publishes its keys."""
    audience: str = "kinerja"
    kafka_servers: str = "127.0.0.1:9092"
    """Comma-separated host:port of brokers to begin with."""
    kafka_idempotent: bool = True
    """Idempotent producer; off for brokers that know none (the embedded one)."""
    kafka_provision: bool = False
    """Let services make missing topics; for a broker that forgets them when it dies."""
    kafka_session_ms: int = 30_000
    """After how long without a sign of life the group gives a process's partitions to others."""
    kafka_fetch_wait_ms: int = 500
    """Longest wait of a fetch; small for the embedded broker, which uses the wait up."""
    kafka_metadata_ms: int = 60_000
    """How old the client's picture of topics and leaders may grow."""
    kafka_check_seconds: float = 30
    """How often a relay asks whether the broker still has what it was told."""
    log_level: str = "INFO"


class ServiceSettings(BaseSettings):
    """Knobs of one service; subclasses set the prefix."""

    model_config = SettingsConfigDict(extra="ignore")

    database_url: str
    """SQLAlchemy address with an async driver: `postgresql+asyncpg://…`, `sqlite+aiosqlite:///…`."""
    database_password_file: Path | None = None
    """A file that holds the database's password, so that it stands in no address."""
    pool_size: int = 10
    batch: int = Field(default=1000, ge=1, le=10_000)
    """Most facts kept in one transaction."""
    startup_seconds: float = 60
    """How long to wait for the broker and the database before giving up."""

    @cached_property
    def common(self) -> CommonSettings:
        """What all processes of the installation agree on."""
        return CommonSettings()

    @property
    def database_password(self) -> SecretStr | None:
        """The password from its file, if one was given."""
        if self.database_password_file is None:
            return None
        return SecretStr(self.database_password_file.read_text().strip())
