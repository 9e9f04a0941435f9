"""A mail sink: takes every e-mail, sends none on, shows the newest ones."""

import asyncio
import re
from collections import OrderedDict, deque
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from typing import Final

import msgspec
from aiosmtpd.smtp import SMTP, Envelope, Session

KEPT: Final = 5_000
"""How many e-mails stay; the oldest go first."""
REMEMBERED: Final = 200_000
"""How many Message-IDs are remembered, to notice one that comes twice."""
LARGEST: Final = 1 << 20
"""Bytes one e-mail may have."""

_MESSAGE_ID: Final = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class Mail(msgspec.Struct, frozen=True):
    """One e-mail as it came.

    Attributes:
        id: counts from 1 since the sink started.
        sender, to: the envelope's addresses.
        raw: header and body.
    """

    id: int
    at: datetime
    sender: str
    to: tuple[str, ...]
    raw: bytes

    @property
    def message_id(self) -> str:
        """Its Message-ID, found without parsing the rest."""
        found = _MESSAGE_ID.search(self.raw.partition(b"\r\n\r\n")[0])
        return found[1].decode("ascii", "replace") if found else ""

    def summary(self) -> dict[str, object]:
        """What a list shows."""
        return self._shown(BytesHeaderParser(policy=policy.default).parsebytes(self.raw))

    def whole(self) -> dict[str, object]:
        """All of it: header lines, and the text in each form it has."""
        message = message_from_bytes(self.raw, policy=policy.default)
        body = message.get_body(("plain",))
        page = message.get_body(("html",))
        return self._shown(message) | {
            "headers": [[name, str(value)] for name, value in message.items()],
            "text": body.get_content() if body else None,
            "html": page.get_content() if page else None,
        }

    def _shown(self, message: EmailMessage) -> dict[str, object]:
        return {
            "id": self.id,
            "at": self.at.isoformat(timespec="milliseconds"),
            "from": self.sender,
            "to": list(self.to),
            "subject": str(message["subject"] or ""),
            "message_id": self.message_id,
        }


class Sink:
    """The e-mails that came, newest last. It is aiosmtpd's handler too."""

    def __init__(self, kept: int = KEPT) -> None:
        self._mails: deque[Mail] = deque(maxlen=kept)
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._total = 0
        self._repeated = 0
        self._server: asyncio.Server | None = None

    def take(self, sender: str, to: tuple[str, ...], raw: bytes) -> Mail:
        """Keep an e-mail."""
        self._total += 1
        mail = Mail(self._total, datetime.now(UTC), sender, to, raw)
        self._mails.append(mail)
        name = mail.message_id
        if name in self._seen:
            self._repeated += 1
        elif name:
            self._seen[name] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return mail

    def counts(self) -> dict[str, int]:
        """How many came, how many of them are kept, how many came under a known Message-ID."""
        return {"total": self._total, "kept": len(self._mails), "repeated": self._repeated}

    def newest(self, *, limit: int, before: int | None = None, to: str = "") -> list[Mail]:
        """The newest e-mails, newest first; `before` an id, `to` one address or all."""
        found: list[Mail] = []
        for mail in self._matching(before, to.lower()):
            found.append(mail)
            if len(found) == limit:
                break
        return found

    def get(self, number: int) -> Mail | None:
        """One e-mail, if it is still kept."""
        if not self._mails or not self._mails[0].id <= number <= self._total:
            return None
        return self._mails[number - self._mails[0].id]

    def _matching(self, before: int | None, to: str) -> Iterator[Mail]:
        for mail in reversed(self._mails):
            if before is not None and mail.id >= before:
                continue
            if not to or to in (address.lower() for address in mail.to):
                yield mail

    async def listen(self, host: str, port: int) -> None:
        """Take e-mails by SMTP; raises `OSError` where the port is taken."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._conversation, host, port)

    async def close(self) -> None:
        """Take no more."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _conversation(self) -> SMTP:
        return SMTP(self, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname="localhost")

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """What aiosmtpd calls for each e-mail."""
        raw = envelope.original_content or b""
        self.take(envelope.mail_from or "", tuple(map(str, envelope.rcpt_tos)), raw)
        return "250 kept, and sent nowhere"
