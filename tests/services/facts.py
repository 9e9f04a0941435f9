"""Facts as other services would tell them, and the records they travel in."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import msgspec

from shared.events import (
    KNOWN,
    Data,
    EmployeeRegistered,
    EvaluationFinalized,
    EvaluationSuperseded,
    Fact,
    ImportCompleted,
    Period,
    Result,
    encode,
    headers,
)
from shared.events.fact import FACTS
from shared.events.words import (
    EmploymentKind,
    PeriodKind,
    PositionKind,
    Predicate,
    Rating,
    Regime,
)
from tests.services.issuer import JAMBI
from tests.services.stage import Record

AT = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=5)
LATE = datetime.now(UTC) + timedelta(days=1)
IMPORT = uuid5(FACTS, "import")
RINI = uuid5(FACTS, "rini")
RATED = {
    Predicate.VERY_GOOD: (Rating.ABOVE, Rating.ABOVE),
    Predicate.GOOD: (Rating.MEETS, Rating.MEETS),
    Predicate.NEEDS_IMPROVEMENT: (Rating.BELOW, Rating.MEETS),
    Predicate.POOR: (Rating.MEETS, Rating.BELOW),
    Predicate.VERY_POOR: (Rating.BELOW, Rating.BELOW),
}


def person(number: int) -> UUID:
    return uuid5(FACTS, f"person {number}")


def evaluation(number: int, year: int = 2025) -> UUID:
    return uuid5(FACTS, f"evaluation {number} {year}")


def result(
    predicate: str,
    number: int = 1,
    *,
    version: int = 1,
    before: str = "GOOD",
    year: int = 2025,
    **changes: Any,
) -> Result:
    """The result of somebody for a year; a correction where its version is not the first."""
    told = Predicate(predicate)
    rated = RATED[told]
    said: dict[str, Any] = {
        "evaluation_id": evaluation(number, year),
        "version": version,
        "employee_id": person(number),
        "agency_id": JAMBI,
        "import_id": IMPORT,
        "reviewer_id": RINI,
        "regime": Regime.PERMENPANRB_6_2022,
        "period": Period(
            kind=PeriodKind.ANNUAL, year=year, start=date(year, 1, 1), end=date(year, 12, 31)
        ),
        "result_rating": rated[0],
        "behaviour_rating": rated[1],
        "predicate": told,
        "employment_kind": EmploymentKind.PNS,
        "position_kind": PositionKind.EXECUTOR,
        "position_title": "Pengelola Layanan Operasional",
        "unit": "Bidang Mutasi",
        "root_unit": "Badan Kepegawaian Daerah",
    } | changes
    if version == 1:
        return EvaluationFinalized(**said)
    return EvaluationSuperseded(
        **said, previous_version=version - 1, previous_predicate=Predicate(before)
    )


def registered(number: int = 1, *, version: int = 1, email: str | None = None) -> Data:
    return EmployeeRegistered(
        employee_id=person(number),
        version=version,
        agency_id=JAMBI,
        name=f"Orang {number}",
        employment_kind=EmploymentKind.PNS,
        position_kind=PositionKind.EXECUTOR,
        position_title="Pengelola Layanan Operasional",
        unit="Bidang Mutasi",
        root_unit="Badan Kepegawaian Daerah",
        reviewer_id=RINI,
        email=email,
    )


def completed(low: int, told: int = 1, **changes: Any) -> Data:
    said: dict[str, Any] = {"import_id": IMPORT, "agency_id": JAMBI, "rejected": 0, "set_aside": 0}
    return ImportCompleted(**said | {"low": low, "told": told} | changes)


def records(*facts: Data, at: datetime = AT) -> list[Record]:
    """Facts as records, in this order; the same fact always has the same id."""
    return [_record(place, data, at) for place, data in enumerate(facts)]


def _record(place: int, data: Data, at: datetime) -> Record:
    value = encode(data)
    fact = Fact(uuid5(FACTS, value.decode()), data, at)
    told = headers(fact, "urn:kinerja:test").items()
    return Record(
        data.topic.name,
        0,
        place,
        str(data.key).encode(),
        value,
        tuple((name, word.encode()) for name, word in told),
    )


def said(told: list[Record]) -> list[Any]:
    """What records say."""
    kinds = [dict(record.headers)["ce_type"] or b"" for record in told]
    return [
        msgspec.json.decode(record.value or b"", type=KNOWN[kind.decode()])
        for record, kind in zip(told, kinds, strict=True)
    ]
