"""NOTIFICATIONS_* knobs."""

from pathlib import Path
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import Profile, ServiceSettings


class Settings(ServiceSettings):
    """Knobs of notifications; the common ones are in `shared.settings`."""

    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", extra="ignore")

    portal_url: str
    """Where people read their inbox."""
    smtp_host: str
    smtp_port: int = 587
    smtp_tls: Literal["none", "starttls", "implicit"] = "starttls"
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    smtp_password_file: Path | None = None
    smtp_ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    smtp_timeout_seconds: float = Field(default=20, gt=0)
    sender: str
    """The From address of e-mails."""
    office_addresses: dict[UUID, str] = Field(default_factory=dict)
    """Addresses of personnel offices by agency id, JSON; no fact tells them."""
    address_pattern: str | None = None
    """Addresses for people nobody told one of, such as `{id}@staff.example`; not in production."""
    mails_at_once: int = Field(default=100, ge=1, le=1000)
    lease_seconds: float = Field(default=120, gt=0)
    """After how long an e-mail whose sender died is sent again."""
    digest_patience_seconds: float = Field(default=300, ge=0)
    """How long a digest waits for results that were told but have not come."""

    @model_validator(mode="after")
    def _invents_no_addresses(self) -> Self:
        if self.address_pattern and self.common.profile is Profile.PRODUCTION:
            raise ValueError("address_pattern: invents addresses; leave it out in production")
        return self
