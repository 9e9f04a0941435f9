"""Where a notice leads, and what it is known by."""

from uuid import UUID, uuid4

from services.notifications.rules import link_to
from services.notifications.rules.notice import Kind, notice_id
from shared.events import new_id

ABOUT, IMPORT = UUID(int=1), UUID(int=2)


def test_a_notice_leads_to_its_result_else_to_its_import_else_to_the_inbox() -> None:
    assert link_to(ABOUT, IMPORT) == f"/results/{ABOUT}"
    assert link_to(None, IMPORT) == f"/imports/{IMPORT}"
    assert link_to(None, None) == "/inbox"


def test_a_notice_is_known_by_its_fact_its_recipient_and_its_kind() -> None:
    for fact, other in ((new_id(), new_id()), (uuid4(), uuid4())):
        known = notice_id(fact, ABOUT, Kind.RESULT_READY)
        assert known == notice_id(fact, ABOUT, Kind.RESULT_READY)
        assert known != notice_id(fact, IMPORT, Kind.RESULT_READY)
        assert known != notice_id(fact, ABOUT, Kind.COACHING_NEEDED)
        assert known != notice_id(other, ABOUT, Kind.RESULT_READY)


def test_notices_lie_in_the_order_of_their_facts() -> None:
    fact = new_id()
    assert notice_id(fact, ABOUT, Kind.RESULT_READY).int >> 80 == fact.int >> 80


def test_a_notice_of_a_fact_in_no_order_has_the_id_it_always_had() -> None:
    assert notice_id(UUID(int=7), ABOUT, Kind.RESULT_READY) == UUID(
        "e5c2bed6-08f9-54e5-81af-dc05e077fed6"
    )
