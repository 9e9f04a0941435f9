import random
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.training.rules import DataError, Decision, Past, Rulebook
from shared.events.appraisal import EvaluationSuperseded, Period, Result
from shared.events.words import Behaviour, PeriodKind, PositionKind, Predicate, Rating, Regime

ResultOf = Callable[..., Result]
HistoryOf = Callable[..., list[Past]]

DAYS = st.dates(date(2011, 1, 1), date(2099, 12, 31))
PERIODS = st.builds(
    Period,
    kind=st.sampled_from(PeriodKind),
    year=st.integers(2011, 2099),
    number=st.integers(0, 12),
    start=DAYS,
    end=DAYS,
)
RESULTS = st.builds(
    Result,
    evaluation_id=st.uuids(),
    version=st.integers(1, 9),
    employee_id=st.uuids(),
    agency_id=st.uuids(),
    regime=st.sampled_from(Regime),
    period=PERIODS,
    result_rating=st.sampled_from([None, *Rating]),
    behaviour_rating=st.sampled_from([None, *Rating]),
    predicate=st.sampled_from(Predicate),
    behaviours=st.none() | st.dictionaries(st.sampled_from(Behaviour), st.sampled_from(Rating)),
    position_kind=st.sampled_from(PositionKind),
    position_title=st.sampled_from(["Guru Ahli Muda", "Perawat", "Arsiparis"]) | st.text(),
    unit=st.sampled_from(["Sekretariat", "UPTD Terminal"]) | st.text(),
    root_unit=st.text(),
    acting=st.booleans(),
)
HISTORIES = st.lists(
    st.builds(Past, period=PERIODS, predicate=st.sampled_from(Predicate), acting=st.booleans()),
    max_size=5,
)


@given(result=RESULTS, history=HISTORIES, seed=st.randoms())
def test_any_valid_result_is_decided_and_always_the_same(
    rulebook: Rulebook, result: Result, history: list[Past], seed: random.Random
) -> None:
    decision = rulebook.decide(result, history)
    assert len(decision.recommendations) <= 3
    assert decision.recommendations or decision.notes
    if result.acting:
        assert decision.recommendations == ()
    seed.shuffle(history)
    behaviours = None if result.behaviours is None else dict(reversed(result.behaviours.items()))
    again = msgspec.structs.replace(result, behaviours=behaviours)
    assert msgspec.json.encode(rulebook.decide(again, history)) == msgspec.json.encode(decision)


def test_ids_follow_from_evaluation_and_course_in_every_version(
    rulebook: Rulebook, result_of: ResultOf
) -> None:
    result = result_of("VERY_POOR")
    first = rulebook.decide(result)
    second = rulebook.decide(result_of("VERY_POOR", version=2))
    assert first == second
    for one in first.recommendations:
        assert one.recommendation_id == uuid5(result.evaluation_id, one.course)
    other = rulebook.decide(result_of("VERY_POOR", evaluation_id=UUID(int=7)))
    assert not {r.recommendation_id for r in first.recommendations} & {
        r.recommendation_id for r in other.recommendations
    }


def test_a_decision_is_whole(rulebook: Rulebook, result_of: ResultOf) -> None:
    decision = rulebook.decide(result_of("NEEDS_IMPROVEMENT"))
    assert decision.rule_version == "2026-01"
    work, coaching = decision.recommendations
    assert (work.course, work.priority, work.jp) == ("REGISTRY-CIVIL-RECORDS", 2, 20)
    assert work.reasons == ("results_below",)
    assert len(work.alternatives) == 3
    assert "REGISTRY-ADMINISTRATION" in work.alternatives
    assert (coaching.course, coaching.reasons) == ("COACHING-PERFORMANCE", ("coaching_together",))


def test_an_acting_post_calls_for_nothing(rulebook: Rulebook, result_of: ResultOf) -> None:
    decision = rulebook.decide(result_of("VERY_POOR", acting=True))
    assert decision == Decision(rule_version="2026-01", notes=("acting",))


@pytest.mark.parametrize("regime", [Regime.PP_30_2019, Regime.PP_46_2011])
@pytest.mark.parametrize("predicate", Predicate)
def test_numeric_regimes_are_decided_by_predicate(
    rulebook: Rulebook, result_of: ResultOf, regime: Regime, predicate: Predicate
) -> None:
    numeric: dict[str, Any] = {
        "regime": regime,
        "result_rating": None,
        "behaviour_rating": None,
        "score": 64.0,
    }
    found = rulebook.decide(result_of(predicate, **numeric)).recommendations
    expected = {
        Predicate.VERY_GOOD: 1,
        Predicate.GOOD: 0,
        Predicate.NEEDS_IMPROVEMENT: 2,
        Predicate.POOR: 2,
        Predicate.VERY_POOR: 3,
    }
    assert len(found) == expected[predicate]


def test_a_superseding_fact_is_a_result_like_any_other(
    rulebook: Rulebook, result_of: ResultOf
) -> None:
    plain = result_of("POOR", version=2)
    fact = EvaluationSuperseded(
        **msgspec.structs.asdict(plain), previous_version=1, previous_predicate=Predicate.GOOD
    )
    assert rulebook.decide(fact) == rulebook.decide(plain)


def test_history_is_heard(rulebook: Rulebook, result_of: ResultOf, history_of: HistoryOf) -> None:
    poor = result_of("POOR")
    assert [r.priority for r in rulebook.decide(poor).recommendations] == [2, 2]
    again = rulebook.decide(poor, history_of("NEEDS_IMPROVEMENT")).recommendations
    assert again[0].course == "PLAN-IMPROVEMENT"
    assert {r.priority for r in again} == {1}
    [kept] = rulebook.decide(result_of("GOOD"), history_of("POOR")).recommendations
    assert kept.reasons == ("recovered",)
    [grown] = rulebook.decide(result_of("VERY_GOOD"), history_of("VERY_GOOD")).recommendations
    assert grown.course == "LEADERSHIP-PREPARATION"


def test_the_last_day_of_the_period_chooses_the_edition(
    catalogue_text: str, rule_texts: list[str], result_of: ResultOf, annual: Callable[..., Period]
) -> None:
    [text] = rule_texts
    older = text.replace('version = "2026-01"', 'version = "2026-01"\nvalid_to = 2026-06-30')
    newer = text.replace('version = "2026-01"', 'version = "2026-07"\nvalid_from = 2026-07-01')
    newer = newer.replace("NEEDS_IMPROVEMENT = 3", "NEEDS_IMPROVEMENT = 1")
    rulebook = Rulebook.load(catalogue_text, [newer, older])

    def decided(end: date) -> tuple[str, int]:
        period = annual(2026, end=end)
        decision = rulebook.decide(result_of("NEEDS_IMPROVEMENT", period=period, version=4))
        return decision.rule_version, len(decision.recommendations)

    assert decided(date(2026, 6, 30)) == ("2026-01", 2)
    assert decided(date(2026, 7, 1)) == ("2026-07", 1)
    assert decided(date(2011, 1, 1)) == ("2026-01", 2)
    assert decided(date(2099, 1, 1)) == ("2026-07", 1)


def test_a_rule_no_course_answers_is_refused(catalogue_text: str, rule_texts: list[str]) -> None:
    with pytest.raises(DataError, match="need 'poor: counselling': no course answers it"):
        Rulebook.load(catalogue_text.replace('["COUNSELLING"]', "[]"), rule_texts)


def test_the_answer_does_not_depend_on_the_order_of_sets_in_a_process(
    rulebook: Rulebook, catalogue_text: str, rule_texts: list[str], result_of: ResultOf
) -> None:
    """Another process with other hash seeds writes the same bytes."""
    rated = {Behaviour.LOYAL: Rating.BELOW, Behaviour.SERVICE: Rating.BELOW}
    result = result_of("POOR", behaviours=rated)
    program = (
        "import sys, msgspec\n"
        "from services.training.rules import Rulebook\n"
        "from shared.events.appraisal import Result\n"
        "texts = msgspec.json.decode(sys.stdin.buffer.read())\n"
        "result = msgspec.json.decode(texts[2].encode(), type=Result)\n"
        "decision = Rulebook.load(texts[0], texts[1]).decide(result)\n"
        "sys.stdout.buffer.write(msgspec.json.encode(decision))\n"
    )
    told = msgspec.json.encode([catalogue_text, rule_texts, msgspec.json.encode(result).decode()])
    for seed in ("1", "2"):
        done = subprocess.run(  # our own interpreter and program
            [sys.executable, "-c", program],
            input=told,
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[3],
            env={"PYTHONHASHSEED": seed},
        )
        assert done.stdout == msgspec.json.encode(rulebook.decide(result))
