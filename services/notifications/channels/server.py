"""The mail server letters are handed to, and in whose name."""

from dataclasses import dataclass, field
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path

from services.notifications.channels.address import is_address
from shared import tls


class Tls(StrEnum):
    """How the connection is protected."""

    NONE = "none"
    STARTTLS = "starttls"  # upgraded before anything is said; no fallback to plain text
    IMPLICIT = "implicit"  # from the first byte


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where letters are handed over. It is checked when made, so a wrong one stops the start.

    Attributes:
        sender: `local@domain` or `Name <local@domain>`; its domain ends every Message-ID.
        portal_url: the portal's root, which letters link to.
        timeout: seconds to wait for the connection and for each answer.
        ca_file: certificates to trust instead of the system's, for an agency's own authority.

    Raises:
        ValueError: the sender is no address, the portal no web address, the login is half a login
            or would be sent in plain text, or the certificates cannot be used.
    """

    host: str
    port: int
    sender: str
    portal_url: str
    tls: Tls = Tls.STARTTLS
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    timeout: float = 30
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        if not self.sender.isprintable() or not is_address(self.address):
            raise ValueError("sender: give one address, such as 'Kinerja <kinerja@agency.example>'")
        if not self.portal_url.startswith(("https://", "http://")):
            raise ValueError("portal_url: begin with https:// or http://")
        if self.username is not None and self.tls is Tls.NONE:
            raise ValueError("tls: a login needs starttls or implicit; plain text shows it to all")
        if (self.username is None) != (self.password is None):
            raise ValueError("password: a login is a user name and a password; give both or none")
        if self.ca_file is not None:
            if self.tls is Tls.NONE:
                raise ValueError("tls: set starttls or implicit; plain text uses no certificates")
            try:
                tls.context(self.ca_file)
            except ValueError as error:
                raise ValueError(f"ca_file: {error}") from None

    @property
    def address(self) -> str:
        """The sender's bare address."""
        return parseaddr(self.sender)[1]

    @property
    def domain(self) -> str:
        """The sender's domain."""
        return self.address.rpartition("@")[2]

    @property
    def inbox_url(self) -> str:
        """Where a letter's reader finds the notice."""
        return f"{self.portal_url.rstrip('/')}/inbox"
