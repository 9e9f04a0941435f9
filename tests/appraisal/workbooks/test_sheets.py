"""Reading worksheets: every way a cell can be written."""

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
import python_calamine
import xlsxwriter

from services.appraisal.workbooks import Row, read
from tests.appraisal.workbooks.files import HEADER, MAIN, SOMEBODY, inline, workbook, worksheet

SAMPLES = sorted((Path(__file__).parents[3] / "samples").glob("*.xlsx"))
STYLES = f"""<styleSheet xmlns="{MAIN}">
<numFmts><numFmt numFmtId="164" formatCode="dd\\-mm\\-yyyy"/>
<numFmt numFmtId="165" formatCode="[Red]&quot;hari&quot;0.00"/></numFmts>
<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs>
</styleSheet>"""


def cells(path: Path) -> list[object]:
    [row] = read(path)
    return list(row.cells)


def of(tmp_path: Path, row: str, *, width: int = 1, **parts: str) -> list[object]:
    """The cells of one row under a header that is long enough."""
    header = [*HEADER, *(f"kolom {number}" for number in range(width))]
    return cells(
        workbook(tmp_path / "f.xlsx", worksheet(inline(header) + f"<row>{row}</row>"), **parts)
    )[: len(HEADER) + width]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('<c t="inlineStr"><is><t>a</t></is></c>', "a"),
        (
            '<c t="inlineStr"><is><r><t>a</t></r><r><t xml:space="preserve"> b</t></r></is></c>',
            "a b",
        ),
        ('<c t="inlineStr"><is><t>東</t><rPh sb="0" eb="1"><t>x</t></rPh></is></c>', "東"),
        ('<c t="inlineStr"><is><t>a &amp; &lt;b&gt; &#233;</t></is></c>', "a & <b> é"),
        ('<c t="inlineStr"><is><t></t></is></c>', None),
        ('<c t="str"><v>a</v></c>', "a"),
        ('<c t="b"><v>1</v></c>', True),
        ('<c t="b"><v>0</v></c>', False),
        ('<c t="e"><v>#N/A</v></c>', None),
        ('<c t="d"><v>2025-12-31</v></c>', "2025-12-31"),
        ("<c><v>2025</v></c>", 2025),
        ('<c t="n"><v>1.5</v></c>', 1.5),
        ("<c><v>1.971122520100121e+17</v></c>", 1.971122520100121e17),
        ("<c><v>198503152010011999</v></c>", 198503152010011999),
        ("<c><v>not a number</v></c>", "not a number"),
        ("<c/>", None),
        ("<c><v/></c>", None),
    ],
)
def test_every_kind_of_cell_is_read(tmp_path: Path, cell: str, value: object) -> None:
    somebody = '<c t="str"><v>x</v></c>'
    ours = of(tmp_path, cell + somebody)[0]
    assert (ours, type(ours)) == (value, type(value))


def test_numbers_are_dates_where_their_style_shows_one(tmp_path: Path) -> None:
    row = "".join(f'<c s="{style}"><v>46022</v></c>' for style in (0, 1, 2, 3, 9))
    day = datetime(2025, 12, 31)  # noqa: DTZ001 - cells know no time zone
    assert of(tmp_path, row, styles=STYLES) == [46022, day, day, 46022, 46022]
    early = '<workbookPr date1904="1"/>'
    moved = of(tmp_path, '<c s="1"><v>44560</v></c>', styles=STYLES, properties=early)
    assert moved[0] == day
    assert of(tmp_path, '<c s="1"><v>1e300</v></c>', styles=STYLES)[0] == 1e300


def test_shared_strings_are_looked_up_without_their_phonetic_guides(tmp_path: Path) -> None:
    strings = (
        f'<sst xmlns="{MAIN}"><si><t>a</t></si>'
        "<si><r><t>b</t></r><r><t>c</t></r><rPh><t>x</t></rPh></si><si/></sst>"
    )
    row = "".join(f'<c t="s"><v>{number}</v></c>' for number in (1, 0, 2))
    assert of(tmp_path, row, strings=strings)[:3] == ["bc", "a", ""]


def test_cells_stand_where_their_reference_says(tmp_path: Path) -> None:
    row = '<c r="B2"><v>1</v></c><c r="D2"><v>2</v></c><c><v>3</v></c>'
    assert of(tmp_path, row) == [None, 1, None, 2, 3]


def test_rows_keep_the_numbers_the_spreadsheet_shows(tmp_path: Path) -> None:
    somebody = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in SOMEBODY)
    rows = f'<row r="30">{somebody}</row><row>{somebody}</row><row r="40">{somebody}</row>'
    path = workbook(tmp_path / "f.xlsx", worksheet(inline(["Judul"], [], HEADER) + rows))
    export = read(path)
    assert export.header == 3
    assert [row.number for row in export] == [30, 31, 40]


def test_formulas_are_noted_and_never_run(tmp_path: Path) -> None:
    row = (
        '<c r="A2" t="str"><f>"19" &amp; "85"</f><v>1985</v></c>'
        '<c r="B2"><f>HYPERLINK("http://example.invalid")</f><v/></c>'
        '<c r="D2"><f t="shared" si="0"/><v>3</v></c>'
    )
    path = workbook(tmp_path / "f.xlsx", worksheet(inline(HEADER) + f"<row>{row}</row>"))
    assert list(read(path)) == [Row(2, ["1985", None, None, 3], (0, 1, 3))]


def test_element_names_may_have_a_prefix(tmp_path: Path) -> None:
    plain = worksheet(inline(HEADER, SOMEBODY))
    prefixed = plain.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?")
    prefixed = prefixed.replace("xmlns=", "xmlns:x=")
    path = workbook(tmp_path / "f.xlsx", prefixed)
    assert cells(path) == list(SOMEBODY)


def test_columns_far_to_the_right_are_ignored(tmp_path: Path) -> None:
    row = inline(SOMEBODY).replace("</row>", '<c r="XFD2"><f>1</f><v>1</v></c></row>')
    path = workbook(tmp_path / "f.xlsx", worksheet(inline(HEADER) + row))
    assert list(read(path)) == [Row(2, list(SOMEBODY), ())]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_the_samples_read_as_two_other_readers_read_them(path: Path) -> None:
    ours = [[cell if cell is not None else "" for cell in row.cells] for row in read(path)]
    calamine = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert ours == [row for row in calamine[8:] if any(row)]
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    theirs = [["" if cell is None else cell for cell in row] for row in book.worksheets[0].values]
    book.close()
    assert ours == [row for row in theirs[8:] if any(row)]


@pytest.mark.parametrize("streamed", [True, False])
def test_what_a_spreadsheet_library_writes_is_read_back(tmp_path: Path, streamed: bool) -> None:
    path = tmp_path / "f.xlsx"
    day = datetime(2025, 12, 31, 10, 5)  # noqa: DTZ001 - cells know no time zone
    with xlsxwriter.Workbook(path, {"constant_memory": streamed}) as book:
        sheet = book.add_worksheet()
        dated = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(0, 0, [*HEADER, "waktu_dinilai"])
        sheet.write_row(1, 0, SOMEBODY)
        sheet.write_datetime(1, 4, day, dated)
        sheet.write_string(2, 0, "=1+1")
        sheet.write_formula(2, 1, "=1+1", value=2)
    first, second = read(path)
    assert list(first.cells) == [*SOMEBODY, day]
    assert (list(second.cells)[:2], second.formulas) == (["=1+1", 2], (1,))
