"""The workbook of rejected rows: corrected and imported again, and harmless to open."""

import io
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from services.appraisal.rules import Kind, assess
from services.appraisal.workbooks import Export, Headings, Reason, read, rejected_rows
from tests.appraisal.workbooks.files import HEADER, inline, workbook, worksheet

SAMPLE = Path(__file__).parents[3] / "samples/laporan-penilaian-skp-2025.xlsx"
HEADINGS = Headings("alasan", "perbaikan")
TODAY = date(2026, 3, 1)


def written(export: Export, reasons: dict[int, list[Reason]], path: Path) -> Export:
    rejected_rows(path, export, reasons, headings=HEADINGS)
    return read(path)


def test_the_rejected_rows_of_the_sample_come_back_as_they_were(tmp_path: Path) -> None:
    export = read(SAMPLE)
    rejected = {
        f.row: [Reason(f.reason, f.remedy)]
        for f in assess(export, today=TODAY).findings
        if f.kind is Kind.REJECTED
    }
    again = written(export, rejected, tmp_path / "ditolak.xlsx")

    assert (again.title, again.labels) == (export.title, export.labels)
    assert again.columns == (*HEADINGS, *export.columns)
    assessment = assess(again, today=TODAY)
    assert (assessment.counts.rows, assessment.counts.rejected) == (12, 12)
    first = assess(export, today=TODAY)
    assert sorted(f.code for f in assessment.findings) == sorted(
        f.code for f in first.findings if f.kind is Kind.REJECTED
    )


def test_a_corrected_row_is_good(tmp_path: Path) -> None:
    path = tmp_path / "ditolak.xlsx"
    written(read(SAMPLE), {21: [Reason("a", "b")], 174: [Reason("a", "b")]}, path)
    book = openpyxl.load_workbook(path)
    sheet = book.active
    assert sheet
    columns = [cell.value for cell in sheet[8]]
    assert sheet.cell(9, columns.index("nip") + 1).data_type == "s"
    sheet.cell(9, columns.index("perilaku_kerja") + 1, "SESUAI EKSPEKTASI")
    sheet.cell(10, columns.index("hasil_kerja") + 1, "SESUAI EKSPEKTASI")
    book.save(path)
    counts = assess(read(path), today=TODAY).counts
    assert (counts.good, counts.rejected) == (2, 0)


def test_reasons_stand_in_front_one_a_line(tmp_path: Path) -> None:
    reasons = {21: [Reason("Satu.", "Perbaiki satu."), Reason("Dua.", "Perbaiki dua.")]}
    [row] = written(read(SAMPLE), reasons, tmp_path / "f.xlsx")
    assert list(row.cells)[:2] == ["Satu.\nDua.", "Perbaiki satu.\nPerbaiki dua."]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "http://x.invalid", "'=1", "{=1}"]
)
def test_nothing_becomes_a_formula_or_a_link(tmp_path: Path, text: str) -> None:
    source = workbook(tmp_path / "f.xlsx", worksheet(inline(HEADER, [text] * 4)))
    target = tmp_path / "ditolak.xlsx"
    [row] = written(read(source), {2: [Reason(text, text)]}, target)
    assert (list(row.cells), row.formulas) == ([text] * 6, ())
    sheet = openpyxl.load_workbook(target).active
    assert sheet
    # openpyxl calls a text that begins with "=" a formula, whatever the file says it is
    assert {cell.value for cell in sheet[sheet.max_row]} == {text}
    assert not any(cell.hyperlink for cell in sheet[sheet.max_row])


def test_numbers_and_dates_are_written_as_text(tmp_path: Path) -> None:
    row = '<row><c><v>1.971122520100121e+17</v></c><c t="b"><v>1</v></c><c><v>3</v></c></row>'
    source = workbook(tmp_path / "f.xlsx", worksheet(inline(HEADER) + row))
    [again] = written(read(source), {2: [Reason("a", "b")]}, tmp_path / "g.xlsx")
    assert list(again.cells)[2:] == ["1.971122520100121e+17", "True", "3", None]


def test_it_is_written_into_a_buffer_too() -> None:
    buffer = io.BytesIO()
    rejected_rows(buffer, read(SAMPLE), {21: [Reason("a", "b")]}, headings=HEADINGS)
    assert buffer.getvalue().startswith(b"PK")


def test_csv_rows_come_back_as_a_workbook(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("nip;hasil_kerja;perilaku_kerja\n1,98503E+17;a;b\n")
    again = written(read(path), {2: [Reason("a", "b")]}, tmp_path / "g.xlsx")
    assert [list(row.cells) for row in again] == [["a", "b", "1,98503E+17", "a", "b"]]
