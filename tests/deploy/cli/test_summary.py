import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from deploy.cli import summary
from deploy.cli.importing import Counts, Import
from deploy.cli.report import write_json
from deploy.cli.summary import Latency, Mails, Notices, Sums, Told
from deploy.cli.trouble import Trouble
from tests.deploy.cli.fake import COUNTS, ID, Fake

DONE = Import(ID, "done", rows=6, counts=Counts(**COUNTS))
TOLD = Told(Sums(3, 4, 2), Notices(5, Mails(0, 5, 0), Latency(120.5, 300.0)))


def wait(fake: Fake, done: Import = DONE, patience: float = 5) -> Told:
    return summary.await_told(
        fake.installation(), done, lambda _: None, pause=0.01, calm=0.05, patience=patience
    )


def test_it_waits_for_a_set_and_a_notice_for_each_evaluation_and_for_the_mail() -> None:
    told = [(0, 0, 0), (2, 0, 0), (3, 2, 2), (3, 5, 4), (3, 5, 0)]
    assert wait(Fake(told=told)) == TOLD


def test_complete_numbers_that_still_move_are_waited_for() -> None:
    """More notices than evaluations: superiors and personnel officers have some too."""
    told = [(3, number, 0) for number in range(3, 9)]
    assert wait(Fake(told=told)).notices.inbox == 8


def test_numbers_that_stand_still_and_are_not_complete_are_trouble() -> None:
    with pytest.raises(Trouble, match="2 recommendation sets and 2 notices for 3 evaluations"):
        wait(Fake(told=[(2, 2, 1)]), patience=0.1)


def test_an_import_that_changed_nothing_waits_for_nothing() -> None:
    unchanged = Import(ID, "done", rows=6, counts=Counts(finalised=3, unchanged=3))
    assert wait(Fake(told=[(0, 0, 0)]), unchanged).training.sets == 0


def test_the_json_has_the_numbers_by_their_names(tmp_path: Path) -> None:
    write_json(tmp_path / "out.json", summary.summarise(DONE, TOLD, 12.345))
    assert json.loads((tmp_path / "out.json").read_text()) == {
        "rows": 6,
        "finalised": 3,
        "rejected": 2,
        "set_aside": 1,
        "warned": 1,
        "recommendations": 4,
        "people_with_recommendations": 2,
        "notices": {"inbox": 5, "email": 5},
        "latency_ms": {"p50": 120.5, "max": 300.0},
        "seconds": 12.3,
    }


def test_an_import_without_counts_has_no_summary() -> None:
    with pytest.raises(ValueError, match="counts"):
        summary.summarise(Import(ID, "waiting"), TOLD, 1)


def shown(failed: int = 0, report: Path | None = Path("reports/x.xlsx")) -> str:
    out = StringIO()
    console = Console(file=out, width=80, markup=False)
    summary.show(console, summary.summarise(DONE, TOLD, 12.345), failed, report)
    return out.getvalue()


def test_it_is_one_sentence_and_a_table() -> None:
    text = shown()
    assert text.splitlines()[0] == (
        "6 rows: 3 evaluations finalised, 2 rejected (report: reports/x.xlsx), 1 set aside → "
        "4 recommendations for 2 people → 5 notices in inboxes, 5 e-mails"
    )
    for said in ("120 ms", "300 ms", "12.3 s"):
        assert said in text
    assert "failed" not in text


def test_without_rejected_rows_there_is_no_report_to_name() -> None:
    assert "none rejected" in shown(report=None)


def test_mail_that_failed_is_not_hidden() -> None:
    assert "E-mails failed" in shown(failed=2)


def test_a_latency_nobody_knows_is_a_dash() -> None:
    out = StringIO()
    nobody = Told(Sums(0, 0, 0), Notices(0, Mails(0, 0, 0)))
    found = summary.summarise(DONE, nobody, 1)
    summary.show(Console(file=out, width=80), found, 0, None)
    assert " - " in out.getvalue()
