"""The exports we invent are read as the real ones are."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from deploy.cli.synthetic import COLUMNS, OFFICES, write_export
from services.appraisal.rules import Code, Kind, assess
from services.appraisal.workbooks import read
from shared.events.words import EmploymentKind, Predicate

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_invented_people_are_all_good(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"laporan.{suffix}"
    write_export(path, 2_000, seed=1, year=2025)
    export = read(path)
    assert export.columns == tuple(name.lower() for name in COLUMNS)
    assessment = assess(export, today=TODAY)
    assert (assessment.counts.good, assessment.findings) == (2_000, [])
    assert len({row.nip for row in assessment.good}) == 2_000
    assert {row.root_unit for row in assessment.good} == set(OFFICES)
    assert len({row.reviewer_nip for row in assessment.good}) == len(OFFICES)
    shares = Counter(row.predicate for row in assessment.good)
    assert shares[Predicate.GOOD] > 1_200
    assert set(shares) == set(Predicate)
    assert {row.employment_kind for row in assessment.good} == set(EmploymentKind)


def test_the_same_seed_invents_the_same_people(tmp_path: Path) -> None:
    one, same, other = (tmp_path / f"{name}.csv" for name in ("one", "same", "other"))
    write_export(one, 50, seed=1, year=2025)
    write_export(same, 50, seed=1, year=2025)
    write_export(other, 50, seed=2, year=2025)
    assert one.read_bytes() == same.read_bytes() != other.read_bytes()


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_faults_are_the_usual_ones_one_row_in_fifty(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"laporan.{suffix}"
    write_export(path, 300, seed=1, year=2025, faults=True)
    assessment = assess(read(path), today=TODAY)
    assert Counter((f.code, f.kind) for f in assessment.findings) == {
        (Code.RATING_UNKNOWN, Kind.REJECTED): 1,
        (Code.NIP_FLOAT, Kind.REJECTED): 1,
        (Code.NIP_BAD_DATE, Kind.REJECTED): 1,
        (Code.MISSING_RATING, Kind.REJECTED): 1,
        (Code.PREDICATE_CONTRADICTS, Kind.WARNED): 1,
        (Code.PLT, Kind.WARNED): 1,
    }
    assert assessment.counts.good == 296
