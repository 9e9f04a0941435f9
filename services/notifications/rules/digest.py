"""One notice an import for the agency's personnel office: how many results are low.

Low is Kurang or Sangat Kurang (`LOW`). Results of an import may still be on their way when its end
is told, so they are counted: the digest is due once all the import told of have come, or once
patience is over, because a result that never comes must not keep the others quiet.
"""

from collections import Counter
from collections.abc import Container, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import NAMESPACE_URL, UUID, uuid5

from services.notifications.rules.notice import (
    EVERYWHERE,
    INBOX_ONLY,
    Audience,
    Kind,
    Notice,
    notice_id,
)
from shared.events import Data, Fact, Result
from shared.events.words import LOW


class Digest(StrEnum):
    """What to do about an import's digest."""

    WAITS = "waits"
    DUE = "due"
    NOT_NEEDED = "not_needed"


def low_by_import(facts: Iterable[Fact[Data]]) -> dict[UUID, tuple[UUID, int]]:
    """By import, its agency and how many low results it has among these facts."""
    low = [
        fact.data
        for fact in facts
        if isinstance(fact.data, Result)
        and fact.data.predicate in LOW
        and fact.data.import_id is not None
    ]
    counts = Counter(result.import_id for result in low)
    return {one.import_id: (one.agency_id, counts[one.import_id]) for one in low if one.import_id}


def digest_due(
    expected: int | None,
    seen: int,
    completed_at: datetime | None,
    now: datetime,
    patience: timedelta,
) -> Digest:
    """Whether an import's digest is due.

    Args:
        expected: low results the import told of; None until its end was told.
        seen: low results of it that have come.
        completed_at: when its end was told; None until then.
        now: the present.
        patience: how long after the end to wait for results that are missing.
    """
    if expected is None or completed_at is None:
        return Digest.WAITS
    if max(expected, seen) == 0:
        return Digest.NOT_NEEDED
    if seen >= expected or now - completed_at >= patience:
        return Digest.DUE
    return Digest.WAITS


def low_results_digest(
    *,
    fact_id: UUID,
    agency_id: UUID,
    import_id: UUID,
    expected: int,
    seen: int,
    completed_at: datetime,
    without_email: Container[UUID] = frozenset(),
) -> Notice:
    """The digest of one import; the same every time it is asked for.

    Args:
        fact_id: id of the fact that told the import's end.
        agency_id: whose personnel office is told.
        import_id: the import.
        expected: low results the import told of: the number that counts.
        seen: low results that have come: the number that counts should it be greater.
        completed_at: when the import's end was told.
        without_email: recipients who switched e-mail off.
    """
    office = personnel_office(agency_id)
    return Notice(
        notice_id=notice_id(fact_id, office, Kind.LOW_RESULTS_DIGEST),
        recipient_id=office,
        audience=Audience.PERSONNEL_OFFICE,
        agency_id=agency_id,
        kind=Kind.LOW_RESULTS_DIGEST,
        params={"low": max(expected, seen)},
        about=None,
        import_id=import_id,
        caused_at=completed_at,
        channels=INBOX_ONLY if office in without_email else EVERYWHERE,
    )


@lru_cache(maxsize=4096)  # there are about 600 agencies
def personnel_office(agency_id: UUID) -> UUID:
    """The recipient that stands for an agency's personnel office: its officers share one inbox."""
    return uuid5(NAMESPACE_URL, f"urn:kinerja:personnel-office:{agency_id}")
