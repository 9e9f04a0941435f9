"""Where a notice leads."""

from uuid import UUID

from services.notifications.rules import link_to

ABOUT, IMPORT = UUID(int=1), UUID(int=2)


def test_a_notice_leads_to_its_result_else_to_its_import_else_to_the_inbox() -> None:
    assert link_to(ABOUT, IMPORT) == f"/results/{ABOUT}"
    assert link_to(None, IMPORT) == f"/imports/{IMPORT}"
    assert link_to(None, None) == "/inbox"
