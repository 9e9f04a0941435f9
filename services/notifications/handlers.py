"""Door for facts: who must know of them gets a row in an inbox."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.notifications import rules, store
from shared.delivery import Listening
from shared.events import (
    Data,
    EmployeeRegistered,
    EvaluationFinalized,
    EvaluationSuperseded,
    Fact,
    ImportCompleted,
    RecommendationsIssued,
    RecommendationsRevised,
    Result,
)

listening = Listening("notifications")


@listening.on(EmployeeRegistered)
async def note_contacts(facts: Sequence[Fact[EmployeeRegistered]], session: AsyncSession) -> None:
    """Keep where people can be reached."""
    await store.people.keep_contacts(session, [fact.data for fact in facts])


@listening.on(
    EvaluationFinalized, EvaluationSuperseded, RecommendationsIssued, RecommendationsRevised
)
async def notify(facts: Sequence[Fact[Data]], session: AsyncSession) -> None:
    """Put what a fact means for people into their inboxes; count low results for the digest."""
    notices = [notice for fact in facts for notice in rules.notices_for(fact)]
    quiet = await store.people.without_email(session, {one.recipient_id for one in notices})
    if quiet:
        notices = [n for fact in facts for n in rules.notices_for(fact, without_email=quiet)]
    await store.notices.keep(session, notices, datetime.now(UTC))
    low = rules.low_by_import(facts)
    if low:
        agencies = _agencies(facts)
        await store.digests.add(session, {id_: (agencies[id_], n) for id_, n in low.items()})


@listening.on(ImportCompleted)
async def note_ends(facts: Sequence[Fact[ImportCompleted]], session: AsyncSession) -> None:
    """Note the end of imports: once all their low results have come, the digest is due."""
    ends: list[dict[str, Any]] = [
        {
            "import_id": fact.data.import_id,
            "agency_id": fact.data.agency_id,
            "expected": fact.data.low,
            "completed_at": fact.time,
            "fact_id": fact.id,
        }
        for fact in facts
    ]
    await store.digests.add(session, {}, ends)


def _agencies(facts: Sequence[Fact[Data]]) -> dict[UUID, UUID]:
    """The agency of each import among these results."""
    return {
        fact.data.import_id: fact.data.agency_id
        for fact in facts
        if isinstance(fact.data, Result) and fact.data.import_id is not None
    }
