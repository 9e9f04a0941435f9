"""The letter for a notice: it says that something is there, and nothing of what it is.

A mailbox is read on lock screens, by assistants and by mail administrators; results are not for
them. So a letter knows its notice's kind and id only, and says the same for all of a family.
"""

from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from typing import Final
from uuid import UUID

import msgspec

from services.notifications.channels.server import MailServer
from shared.i18n import DEFAULT, LANGUAGES, Catalogue

_FAMILIES: Final[Mapping[str, str]] = {
    "result_ready": "result",
    "result_corrected": "result",
    "training_recommended": "training",
    "training_changed": "training",
    "training_withdrawn": "training",
}
_OTHERS: Final = "task"
"""What reviewers and personnel offices get, and any kind this version does not know yet."""


class Outgoing(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One letter to send, as its row says.

    Attributes:
        delivery_id: the row's id.
        notice_id: the notice it announces; its Message-ID.
        address: whom it goes to.
        language: the reader's.
        kind: the notice's kind.
        written_at: when the row was made, with time zone; the letter's date however often it is
            tried, so every attempt sends the same bytes.
        attempt: which attempt this is, from 1.
    """

    delivery_id: UUID
    notice_id: UUID
    address: str
    language: str
    kind: str
    written_at: datetime
    attempt: int = 1


def write(outgoing: Outgoing, server: MailServer, catalogue: Catalogue) -> EmailMessage:
    """Write the letter: the same bytes for the same row.

    Raises:
        ValueError: the address has a line end; `send` refuses such rows before.
    """
    language = outgoing.language if outgoing.language in LANGUAGES else DEFAULT
    family = _FAMILIES.get(outgoing.kind, _OTHERS)
    before = [
        catalogue.text(language, msgid)
        for msgid in ("mail.greeting", f"mail.{family}.body", "mail.private")
    ]
    closing = catalogue.text(language, "mail.closing")

    letter = EmailMessage()
    letter["Message-ID"] = f"<{outgoing.notice_id}@{server.domain}>"
    letter["Date"] = format_datetime(outgoing.written_at)
    letter["From"] = server.sender
    letter["To"] = outgoing.address
    letter["Subject"] = catalogue.text(language, f"mail.{family}.subject")
    # No answer from an absent reader's machine (RFC 3834; the second is Microsoft Exchange's).
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"
    # No List-Unsubscribe: these are letters of the job, and the switch needs the portal's sign-in.
    letter.set_content(_plain([*before, server.inbox_url, closing]), cte="quoted-printable")
    letter.add_alternative(
        _html(language, before, server.inbox_url, closing),
        subtype="html",
        cte="quoted-printable",
    )
    letter["Content-Language"] = language
    letter.set_boundary(f"={outgoing.notice_id.hex}=")
    return letter


def _plain(paragraphs: list[str]) -> str:
    return "\n\n".join(paragraphs) + "\n"


def _html(language: str, before: list[str], url: str, closing: str) -> str:
    link = f'<a href="{escape(url)}">{escape(url)}</a>'
    paragraphs = [*map(escape, before), link, f"<small>{escape(closing)}</small>"]
    body = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f'<!DOCTYPE html>\n<html lang="{language}"><body>\n{body}\n</body></html>\n'
