"""The rulebook as it ships, and results to decide about."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.training.rules import Past, Rulebook
from shared.events.appraisal import Period, Result
from shared.events.words import (
    EmploymentKind,
    PeriodKind,
    PositionKind,
    Predicate,
    Rating,
    Regime,
)

DATA = Path(__file__).parents[3] / "services/training/data"

RATED = {
    Predicate.VERY_GOOD: (Rating.ABOVE, Rating.ABOVE),
    Predicate.GOOD: (Rating.MEETS, Rating.MEETS),
    Predicate.NEEDS_IMPROVEMENT: (Rating.BELOW, Rating.MEETS),
    Predicate.POOR: (Rating.MEETS, Rating.BELOW),
    Predicate.VERY_POOR: (Rating.BELOW, Rating.BELOW),
}
"""One cell of the 3x3 for each predicate (PermenPANRB 6/2022)."""


@pytest.fixture(scope="session")
def catalogue_text() -> str:
    return (DATA / "catalogue.toml").read_text()


@pytest.fixture(scope="session")
def rule_texts() -> list[str]:
    return [file.read_text() for file in sorted((DATA / "rules").glob("*.toml"))]


@pytest.fixture(scope="session")
def rulebook(catalogue_text: str, rule_texts: list[str]) -> Rulebook:
    return Rulebook.load(catalogue_text, rule_texts)


def year(number: int, **changes: Any) -> Period:
    """The annual period of that year."""
    whole: dict[str, Any] = {
        "kind": PeriodKind.ANNUAL,
        "year": number,
        "start": date(number, 1, 1),
        "end": date(number, 12, 31),
    }
    return Period(**(whole | changes))


@pytest.fixture(scope="session")
def annual() -> Callable[..., Period]:
    return year


@pytest.fixture(scope="session")
def result_of() -> Callable[..., Result]:
    """A result of 2025 with this predicate and its ratings; anything may be changed."""

    def make(predicate: str, **changes: Any) -> Result:
        told = Predicate(predicate)
        result_rating, behaviour_rating = RATED[told]
        whole: dict[str, Any] = {
            "evaluation_id": UUID("0192f0c1-0000-7000-8000-000000000001"),
            "version": 1,
            "employee_id": UUID("0192f0c1-0000-7000-8000-000000000002"),
            "agency_id": UUID("0192f0c1-0000-7000-8000-000000000003"),
            "regime": Regime.PERMENPANRB_6_2022,
            "period": year(2025),
            "result_rating": result_rating,
            "behaviour_rating": behaviour_rating,
            "predicate": told,
            "employment_kind": EmploymentKind.PNS,
            "position_kind": PositionKind.EXECUTOR,
            "position_title": "Pengelola Layanan Operasional",
            "unit": "Bidang Fasilitasi Pencatatan Sipil",
            "root_unit": "Dinas Sosial, Kependudukan dan Pencatatan Sipil",
        }
        return Result(**(whole | changes))

    return make


@pytest.fixture(scope="session")
def history_of() -> Callable[..., list[Past]]:
    """Annual predicates of 2024, 2023, …, nearest first."""

    def make(*predicates: str) -> list[Past]:
        return [
            Past(period=year(2024 - back), predicate=Predicate(predicate))
            for back, predicate in enumerate(predicates)
        ]

    return make
