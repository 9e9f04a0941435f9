from collections.abc import Callable

from services.training.rules import Rulebook, revise
from shared.events.appraisal import Result
from shared.events.words import PositionKind

ResultOf = Callable[..., Result]


def test_what_no_longer_holds_is_withdrawn_in_the_order_it_was_told(
    rulebook: Rulebook, result_of: ResultOf
) -> None:
    before = rulebook.decide(result_of("VERY_POOR")).recommendations
    corrected = rulebook.decide(result_of("GOOD", version=2))
    revision = revise(before, corrected)
    assert revision.recommendations == ()
    assert revision.withdrawn == tuple(r.recommendation_id for r in before)
    assert revision.changed


def test_a_course_that_still_holds_keeps_its_id_and_is_not_withdrawn(
    rulebook: Rulebook, result_of: ResultOf
) -> None:
    before = rulebook.decide(result_of("NEEDS_IMPROVEMENT")).recommendations
    corrected = rulebook.decide(result_of("VERY_POOR", version=2))
    revision = revise(before, corrected)
    old = {r.course: r.recommendation_id for r in before}
    new = {r.course: r.recommendation_id for r in revision.recommendations}
    assert old.keys() & new.keys() == {"REGISTRY-CIVIL-RECORDS"}
    assert old["REGISTRY-CIVIL-RECORDS"] == new["REGISTRY-CIVIL-RECORDS"]
    assert revision.withdrawn == (old["COACHING-PERFORMANCE"],)


def test_a_correction_that_changes_nothing_withdraws_nothing(
    rulebook: Rulebook, result_of: ResultOf
) -> None:
    before = rulebook.decide(result_of("POOR")).recommendations
    revision = revise(list(before), rulebook.decide(result_of("POOR", version=2)))
    assert revision == (before, (), False)


def test_a_result_that_turns_out_to_be_an_acting_post_withdraws_all(
    rulebook: Rulebook, result_of: ResultOf
) -> None:
    before = rulebook.decide(result_of("POOR")).recommendations
    revision = revise(before, rulebook.decide(result_of("POOR", version=2, acting=True)))
    assert revision.recommendations == ()
    assert len(revision.withdrawn) == len(before) == 2


def test_there_and_back_again_is_the_same_set(rulebook: Rulebook, result_of: ResultOf) -> None:
    first = rulebook.decide(result_of("POOR"))
    moved = rulebook.decide(result_of("POOR", version=2, position_kind=PositionKind.SUPERVISOR))
    again = rulebook.decide(result_of("POOR", version=3))
    assert revise(first.recommendations, moved).changed
    assert revise(moved.recommendations, again).recommendations == first.recommendations
