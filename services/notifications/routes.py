"""Door for people: their inbox, what they chose, and how an import's notices are doing."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel
from sse_starlette import EventSourceResponse, ServerSentEvent

from services.notifications import rules, store
from services.notifications.models import DeliveryState, Notice, Preference
from shared.auth import Principal, Role
from shared.database import Database
from shared.http import After, Limit, Page, Problem, Reading, Session, absent, asks, page, place
from shared.i18n import best_language, catalogue

TEXTS: Final = catalogue(Path(__file__).parent / "locales")
LOOK_SECONDS: Final = 0.5
STREAM_SECONDS: Final = 600.0
"""How long a stream lasts; whoever reads on comes back, and shows a token that is still good."""

api = APIRouter()
Languages = Annotated[str | None, Header(alias="Accept-Language")]
Reader = Annotated[Principal, asks(Role.EMPLOYEE, Role.REVIEWER, Role.PERSONNEL_OFFICER)]
Office = Annotated[Principal, asks(Role.PERSONNEL_OFFICER, Role.AGENCY_SYSTEM, Role.OPERATOR)]


class NoticeOut(BaseModel):
    """A line in an inbox, in the reader's language. `link`: path in the portal."""

    notice_id: UUID
    kind: rules.Kind
    title: str
    body: str
    link: str
    created_at: datetime
    read_at: datetime | None


class InboxOut(Page[NoticeOut]):
    """A page of an inbox; `unread` counts the whole inbox."""

    unread: int


class MailsOut(BaseModel):
    """E-mails by state; `no_address`: nobody has told where to.

    `replayed`: their causes were handled again after a loss; none of them is sent again.
    """

    waiting: int
    sent: int
    failed: int
    no_address: int
    replayed: int


class LatencyOut(BaseModel):
    """Milliseconds from a result to its row in an inbox; None where there was none."""

    p50: int | None
    max: int | None


class SumsOut(BaseModel):
    """How an import's notices are doing."""

    inbox: int
    email: MailsOut
    latency_ms: LatencyOut


class Choice(BaseModel):
    """What somebody chose: e-mail or not, and the language of e-mails."""

    email: bool
    language: Literal["id", "en"]


def _recipients(who: Principal) -> frozenset[UUID]:
    """The inboxes somebody reads: the own one, and as personnel officer the office's."""
    own = _own(who)
    if Role.PERSONNEL_OFFICER in who.roles and who.agency_id is not None:
        return frozenset({own, rules.personnel_office(who.agency_id)})
    return frozenset({own})


def _own(who: Principal) -> UUID:
    """The inbox that is somebody's alone; an account without an employee has one as well."""
    return who.employee_id or who.subject


@api.get("/inbox")
async def list_inbox(
    session: Reading,
    who: Reader,
    languages: Languages = None,
    unread: bool = False,
    limit: Limit = 50,
    after: After = None,
) -> InboxOut:
    """The own inbox, newest first."""
    recipients = _recipients(who)
    rows = await store.notices.inbox(
        session,
        recipients,
        unread=unread,
        before=place(after, tuple[datetime, UUID]),
        limit=limit + 1,
    )
    shown = page(rows, limit, lambda row: (row.created_at, row.notice_id))
    language = best_language(languages)
    return InboxOut(
        items=[_notice(row, language) for row in shown.items],
        next=shown.next,
        unread=await store.notices.unread(session, recipients),
    )


@api.post("/inbox/{notice_id}/read", status_code=204)
async def read_notice(notice_id: UUID, session: Session, who: Reader) -> Response:
    """Mark a notice as read; again changes nothing."""
    if not await store.notices.mark_read(session, notice_id, _recipients(who), datetime.now(UTC)):
        raise absent()
    return Response(status_code=204)


@api.get("/inbox/stream", response_class=EventSourceResponse)
async def stream_inbox(request: Request, who: Reader) -> EventSourceResponse:
    """Server-sent events: `inbox` with the number of unread notices, whenever it changes."""
    database: Database = request.app.state.database
    return EventSourceResponse(_changes(database, _recipients(who)), ping=15)


async def _changes(
    database: Database, recipients: frozenset[UUID]
) -> AsyncIterator[ServerSentEvent]:
    ends = time.monotonic() + STREAM_SECONDS
    last = None
    while time.monotonic() < ends:
        async with database.read() as session:
            now = await store.notices.unread(session, recipients)
        if now != last:
            last = now
            yield ServerSentEvent(msgspec.json.encode({"unread": now}).decode(), event="inbox")
        await asyncio.sleep(LOOK_SECONDS)


@api.get("/notices/summary")
async def sum_notices(session: Reading, who: Office, import_id: UUID) -> SumsOut:
    """How an import's notices are doing: counts, and milliseconds from result to inbox."""
    everything = Role.OPERATOR in who.roles
    if who.agency_id is None and not everything:
        raise Problem(403, "agency_missing", "Your account acts for no agency.")
    sums = await store.notices.sums(session, import_id, None if everything else who.agency_id)
    return SumsOut(
        inbox=sums.inbox,
        email=MailsOut(
            waiting=sums.email[DeliveryState.WAITING],
            sent=sums.email[DeliveryState.SENT],
            failed=sums.email[DeliveryState.FAILED],
            no_address=sums.email[DeliveryState.NO_ADDRESS],
            replayed=sums.email[DeliveryState.REPLAYED],
        ),
        latency_ms=LatencyOut(p50=sums.median_ms, max=sums.longest_ms),
    )


@api.get("/preferences")
async def show_preferences(session: Reading, who: Reader) -> Choice:
    """What one chose; the defaults where one has not."""
    chosen = await store.people.preference(session, _own(who))
    return Choice(email=chosen.email, language="en" if chosen.language == "en" else "id")


@api.put("/preferences")
async def choose_preferences(choice: Choice, session: Session, who: Reader) -> Choice:
    """Choose; e-mails already on their way still go."""
    await store.people.choose(
        session,
        Preference(recipient_id=_own(who), email=choice.email, language=choice.language),
    )
    return choice


def _notice(row: Notice, language: str) -> NoticeOut:
    params = msgspec.json.decode(row.params, type=rules.Params)
    words = rules.render(TEXTS, language, row.kind, params)
    return NoticeOut(
        notice_id=row.notice_id,
        kind=rules.Kind(row.kind),
        title=words.title,
        body=words.body,
        link=row.link,
        created_at=row.created_at,
        read_at=row.read_at,
    )
