"""Words exports use, and words they do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.appraisal.rules.cells import Cell
from services.appraisal.rules.findings import Code
from services.appraisal.rules.ratings import predicate_of, rating_of
from shared.events.words import Predicate, Rating


@pytest.mark.parametrize(
    ("cell", "rating"),
    [
        ("DIATAS EKSPEKTASI", Rating.ABOVE),
        ("Diatas Ekspektasi", Rating.ABOVE),
        ("Di Atas Ekspektasi", Rating.ABOVE),
        ("di-atas ekspektasi", Rating.ABOVE),
        ("DIATAS ESPEKTASI", Rating.ABOVE),
        ("di atas", Rating.ABOVE),
        ("Sesuai Ekspektasi", Rating.MEETS),
        (" SESUAI EKSPEKTASI", Rating.MEETS),
        ("SESUAI\u00a0 EKSPEKTASI ", Rating.MEETS),
        ("sesuai", Rating.MEETS),
        ("DIBAWAH EKSPEKTASI", Rating.BELOW),
        ("Di Bawah Ekspetasi", Rating.BELOW),
        ("1", Rating.ABOVE),
        (2, Rating.MEETS),
        (3.0, Rating.BELOW),
    ],
)
def test_every_known_spelling_of_a_rating_is_read(cell: Cell, rating: Rating) -> None:
    assert rating_of(cell) is rating


@pytest.mark.parametrize(
    "cell", ["BAGUS SEKALI", "BAIK", "4", 0, 1.5, "atas", "?", "sesuai!x", True]
)
def test_an_unknown_rating_is_never_guessed(cell: Cell) -> None:
    assert rating_of(cell) is Code.RATING_UNKNOWN


@pytest.mark.parametrize("cell", [None, "", "  ", "\n"])
def test_an_empty_rating_is_missing(cell: Cell) -> None:
    assert rating_of(cell) is Code.MISSING_RATING
    assert predicate_of(cell) is None


@pytest.mark.parametrize(
    ("cell", "predicate"),
    [
        ("SANGAT BAIK", Predicate.VERY_GOOD),
        ("Baik", Predicate.GOOD),
        ("Butuh Perbaikan", Predicate.NEEDS_IMPROVEMENT),
        ("Cukup", Predicate.NEEDS_IMPROVEMENT),
        ("Butuh Perbaikan/Cukup", Predicate.NEEDS_IMPROVEMENT),
        ("Kurang", Predicate.POOR),
        ("Kurang/Misconduct", Predicate.POOR),
        ("KURANG / MISCONDUCT", Predicate.POOR),
        ("Sangat Kurang", Predicate.VERY_POOR),
        ("Buruk", Predicate.VERY_POOR),
        (5, Predicate.VERY_POOR),
    ],
)
def test_every_known_spelling_of_a_predicate_is_read(cell: Cell, predicate: Predicate) -> None:
    assert predicate_of(cell) is predicate


@pytest.mark.parametrize("cell", ["Istimewa", "-", "6", False])
def test_an_unknown_predicate_is_never_guessed(cell: Cell) -> None:
    assert predicate_of(cell) is Code.PREDICATE_UNKNOWN


@given(st.text())
def test_any_text_is_a_known_word_or_a_fault(text: str) -> None:
    assert isinstance(rating_of(text), Rating | Code)
    assert isinstance(predicate_of(text), Predicate | Code | None)
