"""NOTIFICATIONS_* knobs."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from shared.settings import ServiceSettings


class Settings(ServiceSettings):
    """Knobs of notifications; the common ones are in `shared.settings`."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", extra="ignore")

    portal_url: str
    """Where people read their inbox."""
    smtp_host: str
    smtp_port: int = 587
    smtp_tls: str = "starttls"
    """`none`, `starttls` or `implicit`."""
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    smtp_timeout_seconds: float = 20
    sender: str
    """The From address of e-mails."""
    address_pattern: str | None = None
    """Addresses for people nobody told one of, such as `{id}@staff.example`; not in production."""
    mails_at_once: int = 100
    lease_seconds: float = 120
    """After how long an e-mail whose sender died is sent again."""
    digest_patience_seconds: float = 300
    """How long a digest waits for results that were told but have not come."""
