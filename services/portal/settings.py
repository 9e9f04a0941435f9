"""Knobs of the portal (`PORTAL_…`); the defaults suit the embedded stack."""

import secrets
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, Self
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from shared.settings import CommonSettings, Profile, SecretsInFiles

Zone = Literal["WIB", "WITA", "WIT"]
SHORTEST_KEY: Final = 32
"""Characters a session key has at least."""


class Settings(SecretsInFiles):
    """Where the services are, and how people's sessions are kept."""

    model_config = SettingsConfigDict(env_prefix="PORTAL_", extra="ignore")

    appraisal_url: str = "http://127.0.0.1:8101"
    training_url: str = "http://127.0.0.1:8102"
    notifications_url: str = "http://127.0.0.1:8103"
    desk_url: str = "http://127.0.0.1:8104"
    """The development issuer and the mail sink; asked under the embedded profile only."""
    mail_url: str = ""
    """Where the mail sink shows its e-mails, if it does so itself and not through the desk."""
    public_url: str = ""
    """The address people type, `https://…`; needed in production."""
    session_key: SecretStr = SecretStr("")
    """Encrypts sessions; needed in production. Without one, sessions end with the process."""
    session_key_file: Path | None = None
    timeout_seconds: float = 5
    """How long a service may take to answer."""
    upload_seconds: float = 120
    """How long a service may take to read an uploaded export."""
    largest_upload: int = 210_000_000
    """Bytes an upload may have: an export's 200 MiB, and the form around it."""
    time_zone: Zone = "WIB"
    """Western, central or eastern Indonesian time (UTC+7, +8, +9)."""
    objection_days: int = 14
    """Days an employee has to object after receiving a result: PP 30/2019, art. 59.

    Calendar days, the shorter reading of the law, as notices tell it.
    """
    sample_agency: UUID = uuid5(NAMESPACE_URL, "urn:kinerja:agency:5500")
    """Whose people the development sign-in offers."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        key = self.session_key.get_secret_value()
        if self.embedded and not key:
            self.session_key = SecretStr(secrets.token_urlsafe(48))
        elif len(key) < SHORTEST_KEY:
            raise ValueError(f"PORTAL_SESSION_KEY needs {SHORTEST_KEY} characters or more")
        if not self.embedded and urlsplit(self.public_url).scheme != "https":
            raise ValueError("PORTAL_PUBLIC_URL needs the https address people use")
        return self

    @cached_property
    def common(self) -> CommonSettings:
        """What all processes of the installation agree on."""
        return CommonSettings()

    @property
    def embedded(self) -> bool:
        """Whether this is the stack on one machine, with its development sign-in."""
        return self.common.profile is Profile.EMBEDDED

    @property
    def origin(self) -> str:
        """The origin pages have, where it is known beforehand."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
