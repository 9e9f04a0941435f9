"""Door for people: their inbox, what they chose, and how an import's notices are doing."""

import asyncio
import statistics
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
from services.notifications.models import Notice, Preference
from shared.auth import Principal, Role
from shared.database import Database
from shared.http import After, Limit, Page, Problem, Reading, Session, absent, asks, page, place
from shared.i18n import best_language, catalogue

TEXTS: Final = catalogue(Path(__file__).parent / "locales")
READERS: Final = (Role.EMPLOYEE, Role.REVIEWER, Role.PERSONNEL_OFFICER)
LOOK_SECONDS: Final = 0.5

api = APIRouter()
Languages = Annotated[str | None, Header(alias="Accept-Language")]
Reader = Annotated[Principal, asks(*READERS)]


class NoticeOut(BaseModel):
    """A line in an inbox, in the reader's language. `link`: path in the portal."""

    notice_id: UUID
    kind: str
    title: str
    body: str
    link: str
    created_at: datetime
    read_at: datetime | None


class InboxOut(Page[NoticeOut]):
    """A page of an inbox; `unread` counts the whole inbox."""

    unread: int


class MailsOut(BaseModel):
    """E-mails by state."""

    waiting: int
    sent: int
    failed: int


class LatencyOut(BaseModel):
    """Milliseconds from a result to its row in an inbox; None where there was none."""

    p50: float | None
    max: float | None


class SumsOut(BaseModel):
    """How an import's notices are doing."""

    inbox: int
    email: MailsOut
    latency_ms: LatencyOut


class PreferenceOut(BaseModel):
    """What somebody chose: e-mail or not, and the language of e-mails."""

    email: bool
    language: Literal["id", "en"]


def _recipients(who: Principal) -> frozenset[UUID]:
    """The inboxes somebody reads: the own one, and as personnel officer the office's."""
    own = who.employee_id or who.subject
    if Role.PERSONNEL_OFFICER in who.roles and who.agency_id is not None:
        return frozenset({own, rules.personnel_office(who.agency_id)})
    return frozenset({own})


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
    recipients = _recipients(who)

    async def counts() -> AsyncIterator[ServerSentEvent]:
        last = -1
        while not await request.is_disconnected():
            async with database.read() as session:
                now = await store.notices.unread(session, recipients)
            if now != last:
                last = now
                yield ServerSentEvent(msgspec.json.encode({"unread": now}).decode(), event="inbox")
            await asyncio.sleep(LOOK_SECONDS)

    return EventSourceResponse(counts(), ping=15)


@api.get("/notices/summary")
async def sum_notices(
    session: Reading,
    who: Annotated[Principal, asks(Role.PERSONNEL_OFFICER, Role.AGENCY_SYSTEM, Role.OPERATOR)],
    import_id: UUID,
) -> SumsOut:
    """How an import's notices are doing: counts, and milliseconds from result to inbox."""
    agency_id = None if Role.OPERATOR in who.roles else who.agency_id
    if agency_id is None and Role.OPERATOR not in who.roles:
        raise Problem(403, "agency_missing", "Your account acts for no agency.")
    sums = await store.notices.sums(session, import_id, agency_id)
    took = sums.milliseconds
    return SumsOut(
        inbox=sums.inbox,
        email=MailsOut(**sums.email),
        latency_ms=LatencyOut(
            p50=round(statistics.median(took), 1) if took else None,
            max=round(max(took), 1) if took else None,
        ),
    )


@api.get("/preferences")
async def show_preferences(session: Reading, who: Reader) -> PreferenceOut:
    """What one chose; the defaults where one has not."""
    chosen = await store.people.preference(session, who.employee_id or who.subject)
    return PreferenceOut(email=chosen.email, language="en" if chosen.language == "en" else "id")


@api.put("/preferences")
async def choose_preferences(chosen: PreferenceOut, session: Session, who: Reader) -> PreferenceOut:
    """Choose; e-mails already on their way still go."""
    await store.people.choose(
        session,
        Preference(
            recipient_id=who.employee_id or who.subject,
            email=chosen.email,
            language=chosen.language,
        ),
    )
    return chosen


def _notice(row: Notice, language: str) -> NoticeOut:
    params = msgspec.json.decode(row.params, type=rules.Params)
    words = rules.render(TEXTS, language, row.kind, params)
    return NoticeOut(
        notice_id=row.notice_id,
        kind=row.kind,
        title=words.title,
        body=words.body,
        link=row.link,
        created_at=row.created_at,
        read_at=row.read_at,
    )
