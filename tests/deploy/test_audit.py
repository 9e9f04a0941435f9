"""An audit that saw nothing must not look like one that found nothing."""

import sys
from datetime import UTC, datetime

import pytest

from deploy import audit
from deploy.audit import Outcome, Package, Report, Verdict, Weakness, judge

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
GOOD = Package("aiokafka", "0.14.0")
UNSEEN = Package("alembic", skip_reason="not found")
WEAK = Package("jinja2", "3.1.0", (Weakness("PYSEC-2026-1", ("3.1.7", "3.2")), Weakness("CVE-X")))


def verdict(*packages: Package) -> Verdict:
    return judge(Report(packages), NOW)


def test_packages_of_which_nothing_is_known_pass() -> None:
    found = verdict(GOOD)
    assert (found.code, found.outcome) == (0, "1 of 1 packages looked at: no weakness is known")


def test_what_is_known_is_named_with_what_mends_it() -> None:
    found = verdict(GOOD, WEAK, UNSEEN)
    assert found.code is Outcome.KNOWN
    assert found.known == (
        "jinja2 3.1.0: PYSEC-2026-1, mended in 3.1.7 or 3.2",
        "jinja2 3.1.0: CVE-X, mended in no version yet",
    )
    assert found.outcome.startswith("2 of 3 packages looked at: known weaknesses: 2")


@pytest.mark.parametrize("packages", [(), (UNSEEN,), (UNSEEN, UNSEEN)])
def test_where_nothing_could_be_looked_at_it_was_not_run(packages: tuple[Package, ...]) -> None:
    found = verdict(*packages)
    assert found.code is Outcome.NOT_RUN
    assert found.outcome.startswith("not run")


def test_a_package_that_could_not_be_looked_at_is_no_success() -> None:
    found = verdict(GOOD, UNSEEN)
    assert (found.code, found.not_looked_at) == (3, ("alembic",))
    assert found.outcome == "1 of 2 packages looked at: no weakness is known"


def test_what_the_tool_says_is_read_and_no_answer_is_none() -> None:
    said = '{"dependencies": [{"name": "a", "version": "1", "vulns": []}], "fixes": []}'
    asked = [sys.executable, "-c", f"print({said!r})"]
    assert audit.ask(asked) == Report((Package("a", "1"),))
    assert audit.ask([sys.executable, "-c", "raise SystemExit('no network')"]) == Report()
