"""What a notice is: who must know what, and where they find it. The words come when it is read."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha1
from typing import Final
from uuid import UUID

import msgspec

from shared.events import ordered_after, written

NOTICES: Final = UUID("7d0f9a3e-52c4-5b1f-8e67-20c9d4a1b836")
"""Namespace of notice ids."""
_NOTICES: Final = NOTICES.bytes

Params = dict[str, str | int]
"""What a wording needs: codes and counts, never a name, an address or free text."""


class Audience(StrEnum):
    """As whom the recipient is told."""

    EMPLOYEE = "employee"
    REVIEWER = "reviewer"
    PERSONNEL_OFFICE = "personnel_office"


class Channel(StrEnum):
    """Where a notice is delivered."""

    INBOX = "inbox"
    EMAIL = "email"


class Kind(StrEnum):
    """What a notice says. A released kind keeps its name: rows with it stay readable."""

    RESULT_READY = "result_ready"
    RESULT_CORRECTED = "result_corrected"
    COACHING_NEEDED = "coaching_needed"
    COACHING_LIFTED = "coaching_lifted"
    TRAINING_RECOMMENDED = "training_recommended"
    TRAINING_CHANGED = "training_changed"
    TRAINING_WITHDRAWN = "training_withdrawn"
    LOW_RESULTS_DIGEST = "low_results_digest"


EVERYWHERE: Final = (Channel.INBOX, Channel.EMAIL)
INBOX_ONLY: Final = (Channel.INBOX,)


class Notice(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One thing one recipient must know, told because of one fact.

    Attributes:
        notice_id: follows from the fact, the recipient and the kind: a repeat is recognisable.
        recipient_id: an employee, or an agency's personnel office.
        about: the evaluation it is about, None where it is about a whole import.
        import_id: the import the cause came with, None where it came another way.
        caused_at: when the fact that caused it happened.
        channels: where it is delivered: the inbox always, e-mail unless switched off.
    """

    notice_id: UUID
    recipient_id: UUID
    audience: Audience
    agency_id: UUID
    kind: Kind
    params: Params
    about: UUID | None
    import_id: UUID | None
    caused_at: datetime
    channels: tuple[Channel, ...]

    @property
    def link(self) -> str:
        """Where the portal shows what this is about, from the portal's root."""
        return link_to(self.about, self.import_id)


def link_to(about: UUID | None, import_id: UUID | None) -> str:
    """The portal's page for a notice: of its evaluation, else of its import, else the inbox."""
    if about is not None:
        return f"/results/{written(about)}"
    if import_id is not None:
        return f"/imports/{written(import_id)}"
    return "/inbox"


def notice_id(fact_id: UUID, recipient_id: UUID, kind: Kind) -> UUID:
    """The id this notice has every time its fact is read; beside the fact's in time if it can be.

    Else it is a UUIDv5 over both ids' bytes and the kind.
    """
    name = _NOTICES + recipient_id.bytes + kind.encode()
    if (ordered := ordered_after(fact_id, name)) is not None:
        return ordered
    name = _NOTICES + fact_id.bytes + recipient_id.bytes + kind.encode()
    # UUIDv5 is defined on SHA-1 (RFC 9562 §5.5); it names here, it protects nothing.
    return UUID(bytes=sha1(name, usedforsecurity=False).digest()[:16], version=5)
