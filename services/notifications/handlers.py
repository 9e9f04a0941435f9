"""Door for facts: who must know of them gets a row in an inbox."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.notifications import rules, store
from shared import replaying, tracing
from shared.delivery import Listening
from shared.events import (
    EmployeeRegistered,
    EvaluationFinalized,
    EvaluationSuperseded,
    Fact,
    ImportCompleted,
    RecommendationSet,
    RecommendationsIssued,
    RecommendationsRevised,
    Result,
)

ADDRESS_PATIENCE: Final = timedelta(days=7)
"""For how long an e-mail may still go out once its reader's address is told."""
listening = Listening("notifications")


@listening.on(EmployeeRegistered)
async def note_contacts(facts: Sequence[Fact[EmployeeRegistered]], session: AsyncSession) -> None:
    """Keep where people can be reached; what had nowhere to go until now goes there."""
    now = datetime.now(UTC)
    await store.people.keep_contacts(session, [fact.data for fact in facts])
    if replaying.current(session) is not None:
        return  # nor did it have to wait when this was told first
    addressed = {fact.data.employee_id for fact in facts if fact.data.email}
    await store.mails.find_addressed(session, addressed, now=now, since=now - ADDRESS_PATIENCE)


@listening.on(
    EvaluationFinalized, EvaluationSuperseded, RecommendationsIssued, RecommendationsRevised
)
async def notify(facts: Sequence[Fact[Result | RecommendationSet]], session: AsyncSession) -> None:
    """Put what a fact means for people into their inboxes; count low results for the digest."""
    quiet = await store.people.without_email(session, _concerned(facts))
    told = [
        (fact, notice) for fact in facts for notice in rules.notices_for(fact, without_email=quiet)
    ]
    notices = [notice for _, notice in told]
    replay = replaying.current(session)
    if replay is None:
        await store.notices.keep(session, notices, datetime.now(UTC))
        tracing.kept("inbox row", ((fact, _named(notice)) for fact, notice in told))
    else:
        await store.notices.keep_again(session, notices)
        facts = [fact for fact in facts if fact.id not in replay.known]  # those are counted
    await store.digests.count_low(session, rules.low_by_import(facts))


@listening.on(ImportCompleted)
async def note_ends(facts: Sequence[Fact[ImportCompleted]], session: AsyncSession) -> None:
    """Note the end of imports: once all their low results have come, the digest is due."""
    replay = replaying.current(session)
    known = replay.known if replay else ()
    await store.digests.note_ends(session, [fact for fact in facts if fact.id not in known])


def _concerned(facts: Sequence[Fact[Result | RecommendationSet]]) -> set[UUID]:
    """Everybody these facts may be told to."""
    reviewers = {fact.data.reviewer_id for fact in facts if isinstance(fact.data, Result)}
    return {fact.data.employee_id for fact in facts} | {one for one in reviewers if one}


def _named(notice: rules.Notice) -> dict[str, str]:
    """What a trace says of a notice: which one it is and of what kind, not to whom."""
    return {"kinerja.notice_id": str(notice.notice_id), "kinerja.notice_kind": notice.kind}
