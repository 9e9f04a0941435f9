"""What holds for every fact there can be, not only for the ones we thought of."""

import json
import re
from datetime import UTC
from email.message import EmailMessage
from html import unescape
from pathlib import Path
from typing import cast

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from services import notifications
from services.notifications.channels import MailServer, Outgoing, write
from services.notifications.rules import Kind, Notice, notices_for, render
from shared.events import (
    KNOWN,
    Data,
    EmployeeRegistered,
    EvaluationFinalized,
    EvaluationSuperseded,
    Fact,
    ImportCompleted,
    Period,
    Recommendation,
    RecommendationsIssued,
    RecommendationsRevised,
)
from shared.events.words import (
    Behaviour,
    EmploymentKind,
    PeriodKind,
    PositionKind,
    Predicate,
    Rating,
    Regime,
)
from shared.i18n import LANGUAGES, catalogue

TEXTS = catalogue(Path(notifications.__path__[0]) / "locales")
SERVER = MailServer(
    host="127.0.0.1",
    port=25,
    sender="Kinerja <kinerja@agency.example>",
    portal_url="https://portal.example",
)

ids = st.uuids()
maybe_ids = st.none() | ids
numbers = st.integers(-(2**31), 2**31)
free_text = st.text(max_size=20)
ratings = st.none() | st.sampled_from(Rating)
places = {
    "employment_kind": st.sampled_from(EmploymentKind),
    "position_kind": st.sampled_from(PositionKind),
    "position_title": free_text,
    "unit": free_text,
    "root_unit": free_text,
}
result = {
    "evaluation_id": ids,
    "version": numbers,
    "employee_id": ids,
    "agency_id": ids,
    "import_id": maybe_ids,
    "reviewer_id": maybe_ids,
    "regime": st.sampled_from(Regime),
    "period": st.builds(
        Period,
        kind=st.sampled_from(PeriodKind),
        year=numbers,
        number=numbers | st.integers(0, 13),
        start=st.dates(),
        end=st.dates(),
    ),
    "result_rating": ratings,
    "behaviour_rating": ratings,
    "predicate": st.sampled_from(Predicate),
    "score": st.none() | st.floats(),
    "behaviours": st.none() | st.dictionaries(st.sampled_from(Behaviour), st.sampled_from(Rating)),
    "acting": st.booleans(),
    **places,
}
recommendations = {
    "evaluation_id": ids,
    "version": numbers,
    "evaluation_version": numbers,
    "employee_id": ids,
    "agency_id": ids,
    "import_id": maybe_ids,
    "rule_version": free_text,
    "recommendations": st.lists(
        st.builds(
            Recommendation,
            recommendation_id=ids,
            course=free_text,
            priority=numbers,
            jp=numbers,
            reasons=st.tuples(free_text),
        ),
        max_size=3,
    ).map(tuple),
}
data = {
    EvaluationFinalized: st.builds(EvaluationFinalized, **result),
    EvaluationSuperseded: st.builds(
        EvaluationSuperseded,
        previous_version=numbers,
        previous_predicate=st.sampled_from(Predicate),
        **result,
    ),
    ImportCompleted: st.builds(
        ImportCompleted,
        import_id=ids,
        agency_id=ids,
        told=numbers,
        low=numbers,
        rejected=numbers,
        set_aside=numbers,
    ),
    RecommendationsIssued: st.builds(RecommendationsIssued, **recommendations),
    RecommendationsRevised: st.builds(
        RecommendationsRevised, withdrawn=st.lists(ids, max_size=3).map(tuple), **recommendations
    ),
    EmployeeRegistered: st.builds(
        EmployeeRegistered,
        employee_id=ids,
        version=numbers,
        agency_id=ids,
        name=free_text,
        reviewer_id=maybe_ids,
        email=st.none() | free_text,
        **places,
    ),
}
times = st.datetimes(timezones=st.just(UTC) | st.timezones())
facts: st.SearchStrategy[Fact[Data]] = st.builds(Fact, ids, st.one_of(*data.values()), times)
languages = st.sampled_from(LANGUAGES)

PREDICATES = {
    TEXTS.text(language, f"predicate.{regime}.{predicate}").lower()
    for language in LANGUAGES
    for regime in Regime
    for predicate in Predicate
}


def letter(notice: Notice, language: str) -> EmailMessage:
    outgoing = Outgoing(
        delivery_id=notice.recipient_id,
        notice_id=notice.notice_id,
        address="somebody@agency.example",
        language=language,
        kind=notice.kind,
        written_at=notice.caused_at,
    )
    return write(outgoing, SERVER, TEXTS)


def words(message: EmailMessage) -> str:
    """All a person reads of a letter: the subject and both bodies."""
    bodies = [cast(EmailMessage, part).get_content() for part in message.iter_parts()]
    return unescape(" ".join([message["Subject"], *bodies]))


def test_these_are_all_facts_there_are() -> None:
    assert set(data) == set(KNOWN.values())


@given(facts)
def test_every_fact_gives_notices_and_the_same_ones_again(fact: Fact[Data]) -> None:
    notices = notices_for(fact)
    assert notices == notices_for(fact)
    assert len({notice.notice_id for notice in notices}) == len(notices) <= 2
    assert all(notice.caused_at == fact.time for notice in notices)


@given(facts)
def test_a_notice_holds_codes_and_numbers_only(fact: Fact[Data]) -> None:
    for notice in notices_for(fact):
        assert json.loads(json.dumps(notice.params)) == notice.params
        assert msgspec.json.decode(msgspec.json.encode(notice.params)) == notice.params
        codes = {value for value in notice.params.values() if isinstance(value, str)}
        assert codes <= {*Predicate, *Regime, *PeriodKind}


@given(facts)
def test_a_link_holds_opaque_ids_only(fact: Fact[Data]) -> None:
    for notice in notices_for(fact):
        assert re.fullmatch(r"/(results|imports)/[0-9a-f-]{36}", notice.link)


@given(facts, languages)
def test_every_notice_can_be_said(fact: Fact[Data], language: str) -> None:
    for notice in notices_for(fact):
        assert all(render(TEXTS, language, notice.kind, notice.params))


@given(facts, languages)
def test_no_letter_says_what_it_is_about(fact: Fact[Data], language: str) -> None:
    for notice in notices_for(fact):
        message = letter(notice, language)
        said = words(message).lower()
        assert not [name for name in PREDICATES if re.search(rf"\b{name}\b", said)]
        assert not re.search(r"\d", said)
        everything = said + " ".join(message.values())
        for kept_back in (notice.kind, notice.about, notice.recipient_id, notice.agency_id):
            assert str(kept_back) not in everything


@given(facts, facts, languages)
def test_letters_of_one_kind_differ_in_nothing_but_their_notice(
    one: Fact[Data], other: Fact[Data], language: str
) -> None:
    """Neither predicate, name nor score can be in a letter that does not change with them."""
    said: dict[Kind, str] = {}
    for notice in (*notices_for(one), *notices_for(other)):
        assert said.setdefault(notice.kind, words(letter(notice, language))) == words(
            letter(notice, language)
        )
