"""A real mail server on this machine, in whatever mood a test wants, and letters for it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from services import notifications
from services.notifications.channels import MailServer, Outcome, Outgoing, State, Tls
from shared.i18n import catalogue

TEXTS = catalogue(Path(notifications.__path__[0]) / "locales")
HOST = "127.0.0.1"
OK = "250 OK"
Said = Callable[[str], str]
"""What a server answers, told the recipient."""


def always(answer: str) -> Said:
    return lambda _: answer


ACCEPTS, STAYS = always(OK), always("")


def line(server: SMTP) -> asyncio.Transport:
    assert isinstance(server.transport, asyncio.Transport)
    return server.transport


class Office:
    """A mail server's mood, and what it was given."""

    def __init__(
        self,
        *,
        sender: str = OK,
        recipient: Said = ACCEPTS,
        content: Said = ACCEPTS,
        hangs_up: Said = STAYS,
        slow: float = 0,
    ) -> None:
        self.sender, self.recipient, self.content = sender, recipient, content
        self.hangs_up, self.slow = hangs_up, slow
        self.taken: list[Envelope] = []
        self.sessions: set[str] = set()
        self.encrypted: set[bool] = set()
        self.logins: list[str] = []

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, _: list[str]
    ) -> str:
        self.sessions.add(repr(session.peer))
        self.encrypted.add(line(server).get_extra_info("sslcontext") is not None)
        if self.sender == OK:
            envelope.mail_from = address
        return self.sender

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _: Session, envelope: Envelope, address: str, __: list[str]
    ) -> str:
        if self.hangs_up(address) == "before":
            line(server).abort()
        answer = self.recipient(address)
        if answer == OK:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, _: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.slow)
        self.taken.append(envelope)
        if self.hangs_up(envelope.rcpt_tos[0]) == "after":
            line(server).abort()
        return self.content(envelope.rcpt_tos[0])

    def login(self, *said: object) -> AuthResult:
        given = said[-1]
        assert isinstance(given, LoginPassword)
        self.logins.append(given.login.decode())
        return AuthResult(success=given.password == b"invented", handled=False)

    @property
    def recipients(self) -> list[str]:
        return [envelope.rcpt_tos[0] for envelope in self.taken]


class HangsUpInMidLetter(SMTP):
    """A server that asks for the letter and is gone."""

    async def smtp_DATA(self, _: str) -> None:  # noqa: N802 - aiosmtpd's name
        await self.push("354 go on")
        line(self).abort()


@asynccontextmanager
async def opened(
    office: Office,
    *,
    kind: type[SMTP] = SMTP,
    tls: Tls = Tls.NONE,
    certificate: ssl.SSLContext | None = None,
    ca_file: Path | None = None,
    password: str | None = None,
    timeout: float = 5,  # noqa: ASYNC109 - the setting under test
) -> AsyncIterator[MailServer]:
    """Open the office on a free port, and give the settings that lead there."""
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: kind(
            office,
            loop=loop,
            hostname="mail.example",
            authenticator=office.login,
            # aiosmtpd does not see TLS that was there before it: it may not insist on either.
            auth_required=password is not None and tls is Tls.STARTTLS,
            tls_context=certificate if tls is Tls.STARTTLS else None,
            require_starttls=tls is Tls.STARTTLS and certificate is not None,
            auth_require_tls=tls is Tls.STARTTLS,
        ),
        HOST,
        0,
        ssl=certificate if tls is Tls.IMPLICIT else None,
    )
    async with listening:
        yield MailServer(
            host=HOST,
            port=listening.sockets[0].getsockname()[1],
            sender="Kinerja <kinerja@agency.example>",
            portal_url="https://portal.example",
            tls=tls,
            username=None if password is None else "kinerja",
            password=password,
            timeout=timeout,
            ca_file=ca_file,
        )


def letter(name: str, *, attempt: int = 1) -> Outgoing:
    return Outgoing(
        delivery_id=UUID(int=sum(name.encode())),
        notice_id=UUID(int=sum(name.encode()) + 1),
        address=name if "@" in name else f"{name}@agency.example",
        language="id",
        kind="result_ready",
        written_at=datetime(2026, 1, 20, 3, 0, tzinfo=UTC),
        attempt=attempt,
    )


SITI, BUDI, DEWI = letter("siti"), letter("budi"), letter("dewi")


def sent(outgoing: Outgoing) -> Outcome:
    return Outcome(outgoing.delivery_id, State.SENT)


def retry(outgoing: Outgoing, reason: str) -> Outcome:
    return Outcome(outgoing.delivery_id, State.RETRY, reason)


def failed(outgoing: Outgoing, reason: str) -> Outcome:
    return Outcome(outgoing.delivery_id, State.FAILED, reason)
