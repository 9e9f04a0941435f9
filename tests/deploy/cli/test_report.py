import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from deploy.cli import report
from deploy.cli.importing import Counts, Finding, Import
from deploy.cli.trouble import Trouble

DONE = Import("i", "done", rows=6, counts=Counts(finalised=3, rejected=2, set_aside=1))


def shown(found: list[Finding], width: int = 80) -> str:
    out = StringIO()
    report.show(Console(file=out, width=width, markup=False), DONE, found)
    return out.getvalue()


def finding(row: int, **rest: str) -> Finding:
    whole = {"column": "nip", "kind": "rejected", "reason": "Broken.", "remedy": "Type it."} | rest
    return Finding(row, **({"code": "nip_float"} | whole))


def test_it_counts_and_names_row_column_code_reason_and_remedy() -> None:
    text = shown([finding(9), finding(10, kind="set_aside", reason="Another.")])
    assert "6 rows: 3 evaluations finalised" in text
    for said in ("Rejected: 1", "Set aside: 1", "nip", "nip_float", "Broken.", "→ Type it."):
        assert said in text


def test_rows_with_the_same_fault_share_a_line() -> None:
    text = shown([finding(row) for row in range(9, 12)])
    assert "9, 10, 11" in text
    assert text.count("Broken.") == 1
    assert "Rejected: 3" in text


def test_many_rows_with_the_same_fault_are_counted() -> None:
    assert "(+188)" in shown([finding(row) for row in range(200)])


def test_many_faults_are_cut_off_and_the_rest_counted() -> None:
    text = shown([finding(row, reason=f"Fault {row}.") for row in range(50)])
    assert "Fault 39." in text
    assert "Fault 40." not in text
    assert "and 10 more" in text


def test_no_word_of_a_reason_is_lost_on_a_narrow_terminal() -> None:
    reason = "otherwise " * 12
    text = shown([finding(9, reason=reason, code="x")], width=60)
    assert text.count("otherwise") == 12


def test_brackets_in_a_reason_are_text() -> None:
    assert '"[red]" is not known' in shown([finding(9, reason='"[red]" is not known')])


def test_without_findings_there_is_no_table() -> None:
    assert len(shown([]).splitlines()) <= 2


def test_the_json_has_every_finding(tmp_path: Path) -> None:
    file = tmp_path / "new" / "report.json"
    report.save(file, DONE, [finding(row) for row in range(300)])
    kept = json.loads(file.read_text())
    assert kept["import"]["counts"]["rejected"] == 2
    assert len(kept["findings"]) == 300
    assert kept["findings"][0] == {
        "row": 0,
        "column": "nip",
        "code": "nip_float",
        "kind": "rejected",
        "reason": "Broken.",
        "remedy": "Type it.",
    }


def test_a_json_that_cannot_be_written_is_trouble(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Trouble, match="cannot be written"):
        report.write_json(tmp_path / "file" / "x.json", {})
