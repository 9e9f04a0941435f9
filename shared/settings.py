"""Knobs every service has. A service adds its own under its own prefix (`TRAINING_…`)."""

from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared import tls


class Profile(StrEnum):
    """Where this runs: a laptop with everything embedded, or for real."""

    EMBEDDED = "embedded"
    PRODUCTION = "production"


class SecretsInFiles(BaseSettings):
    """Settings whose secrets may lie in files: `…_KEY_FILE` names the file that holds `…_KEY`.

    A field `x_file` beside a field `x` is all it takes. What is given itself comes first.
    """

    model_config = SettingsConfigDict(hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _read_files(cls, given: dict[str, Any]) -> dict[str, Any]:
        for name, file in tuple(given.items()):
            secret = name.removesuffix("_file")
            if secret == name or secret not in cls.model_fields or not file:
                continue
            try:
                given.setdefault(secret, Path(file).read_text().strip())
            except OSError as error:
                raise ValueError(f"{name}: {file} cannot be read ({error.strerror})") from None
        return given


class KafkaProtocol(StrEnum):
    """How a connection to a broker is protected, by Kafka's own names."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"

    @property
    def encrypts(self) -> bool:
        """Whether nobody on the way can read along."""
        return self in {KafkaProtocol.SSL, KafkaProtocol.SASL_SSL}

    @property
    def asks_who(self) -> bool:
        """Whether a user name and a password are asked for."""
        return self in {KafkaProtocol.SASL_PLAINTEXT, KafkaProtocol.SASL_SSL}


class KafkaAccess(SecretsInFiles):
    """How Kafka is reached, and as whom: what is set must fit together, and nothing be in vain."""

    kafka_protocol: KafkaProtocol = KafkaProtocol.PLAINTEXT
    """PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, as the brokers' listener has it."""
    kafka_ca_file: Path | None = None
    """Certificates (PEM) to trust instead of the system's; brokers must prove their name."""
    kafka_certificate_file: Path | None = None
    """Our own certificate (PEM), where brokers ask for one."""
    kafka_certificate_key_file: Path | None = None
    """Its private key, unencrypted, where it does not lie in the same file."""
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How the password is proved. PLAIN sends it: in production with SASL_SSL only."""
    kafka_user: str = ""
    """The process's own user: brokers know by it what it may read and write."""
    kafka_password: SecretStr | None = None
    kafka_password_file: Path | None = None

    @model_validator(mode="after")
    def _kafka_fits(self) -> Self:
        if self.kafka_protocol.asks_who:
            if not self.kafka_user:
                raise ValueError(f"kafka_user: {self.kafka_protocol} needs one")
            if self.kafka_password is None or not self.kafka_password.get_secret_value():
                raise ValueError(
                    f"kafka_password: {self.kafka_protocol} needs one; "
                    "kafka_password_file may name the file it lies in"
                )
        elif self.kafka_user or self.kafka_password is not None:
            raise ValueError(
                f"kafka_protocol: {self.kafka_protocol} asks for no password; SASL_SSL does"
            )
        files = (self.kafka_ca_file, self.kafka_certificate_file, self.kafka_certificate_key_file)
        if self.kafka_protocol.encrypts:
            try:
                tls.context(*files)
            except ValueError as error:
                raise ValueError(f"kafka_ca_file or kafka_certificate_file: {error}") from None
        elif any(files):
            raise ValueError(
                f"kafka_protocol: {self.kafka_protocol} uses no certificates; SSL and SASL_SSL do"
            )
        return self


class CommonSettings(KafkaAccess):
    """What all processes of one installation agree on (`KINERJA_…`)."""

    model_config = SettingsConfigDict(env_prefix="KINERJA_", extra="ignore")

    profile: Profile = Profile.PRODUCTION
    issuer: str = ""
    """Whose tokens count (`iss`)."""
    jwks_url: str = ""
    """Where the issuer publishes its keys; by default below its own address."""
    audience: str = "kinerja"
    kafka_servers: str = "127.0.0.1:9092"
    """Comma-separated host:port of brokers to begin with."""
    kafka_idempotent: bool = True
    """Idempotent producer; off for brokers that know none (the embedded one)."""
    kafka_provision: bool = False
    """Let services make missing topics; for a broker that forgets them when it dies."""
    kafka_replication: int = Field(default=3, ge=1)
    """Copies of each topic; all but one must have a fact before it counts as told."""
    kafka_session_ms: int = Field(default=30_000, ge=1000)
    """After how long without a sign of life the group gives a process's partitions to others."""
    kafka_instance: str = ""
    """This process's own name in its group (static membership): one that dies and comes back under
    its name takes its partitions up again. Each process of a service needs another."""
    kafka_alone: bool = False
    """Each service is one process, on SQLite: it takes all partitions and joins no group. For a
    broker that takes seconds to form one and keeps nothing when it dies (the embedded one)."""
    kafka_fetch_wait_ms: int = 500
    """Longest wait of a fetch; small for the embedded broker, which uses the wait up."""
    kafka_metadata_ms: int = 60_000
    """How old the client's picture of topics and leaders may grow."""
    kafka_check_seconds: float = 30
    """How often a relay asks whether the broker still has what it was told."""
    retention_days: int = Field(default=400, ge=1)
    """How long told facts are kept, to fill a lost topic again; longer than the topics' own."""
    log_level: str = "INFO"
    trace_facts: int = Field(default=20, ge=0)
    """How many facts of a type, told at once, are followed one by one where traces are on."""

    @property
    def kafka_addresses(self) -> list[str]:
        """The brokers to begin with, one by one."""
        return [address.strip() for address in self.kafka_servers.split(",") if address.strip()]

    @model_validator(mode="after")
    def _find_keys(self) -> Self:
        if self.issuer and not self.jwks_url:
            self.jwks_url = f"{self.issuer.rstrip('/')}/.well-known/jwks.json"
        return self

    @model_validator(mode="after")
    def _shows_no_password(self) -> Self:
        is_plain = self.kafka_protocol is KafkaProtocol.SASL_PLAINTEXT
        if is_plain and self.kafka_mechanism == "PLAIN" and self.profile is Profile.PRODUCTION:
            raise ValueError(
                "kafka_protocol: PLAIN over SASL_PLAINTEXT shows the password to all on the way; "
                "use SASL_SSL, or SCRAM-SHA-512"
            )
        return self


class ServiceSettings(SecretsInFiles):
    """Knobs of one service; subclasses set the prefix."""

    model_config = SettingsConfigDict(extra="ignore")

    database_url: str
    """SQLAlchemy address with an async driver: `postgresql+asyncpg://…`, `sqlite+aiosqlite:///…`."""
    database_password: SecretStr | None = None
    """The database's password, so that it stands in no address."""
    database_password_file: Path | None = None
    database_tls: Literal["prefer", "verify"] = "prefer"
    """`verify`: encrypted or not at all, and the server must prove its name. `prefer` encrypts
    where the server can, and believes any."""
    database_ca_file: Path | None = None
    """Certificates (PEM) to trust instead of the system's, with `verify`."""
    pool_size: int = Field(default=10, ge=1)
    batch: int = Field(default=2000, ge=1, le=10_000)
    """Most facts taken from Kafka at once."""
    startup_seconds: float = 60
    """How long to wait for the broker and the database before giving up."""

    @model_validator(mode="after")
    def _database_fits(self) -> Self:
        if self.database_tls == "verify":
            if not self.database_url.startswith("postgresql"):
                raise ValueError("database_tls: only PostgreSQL can be verified")
            try:
                tls.context(self.database_ca_file)
            except ValueError as error:
                raise ValueError(f"database_ca_file: {error}") from None
        elif self.database_ca_file is not None:
            raise ValueError("database_tls: set it to verify; nothing else uses database_ca_file")
        return self

    @cached_property
    def common(self) -> CommonSettings:
        """What all processes of the installation agree on."""
        return CommonSettings()
