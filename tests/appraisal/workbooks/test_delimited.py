"""Reading CSV: the same columns, however they are separated and encoded."""

from pathlib import Path

import pytest

from services.appraisal.workbooks import ExportRefused, Refusal, Row, read
from tests.appraisal.workbooks.files import HEADER, SOMEBODY


def write(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "laporan.csv"
    path.write_bytes(text.encode(encoding))
    return path


def lines(*rows: tuple[str, ...], delimiter: str = ",", end: str = "\n") -> str:
    return "".join(delimiter.join(row) + end for row in rows)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_commas_semicolons_and_tabs_separate(tmp_path: Path, delimiter: str, end: str) -> None:
    text = lines(("Laporan, Tahunan 2025; x",), HEADER, SOMEBODY, delimiter=delimiter, end=end)
    export = read(write(tmp_path, text.replace("Laporan, Tahunan 2025; x", '"Laporan, 2025; x"')))
    assert export.title == "Laporan, 2025; x"
    assert list(export) == [Row(3, list(SOMEBODY))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_names_with_accents_survive_their_encoding(tmp_path: Path, encoding: str) -> None:
    somebody = (SOMEBODY[0], "Andr\u00e9 Contoh", *SOMEBODY[2:])
    [row] = read(write(tmp_path, lines(HEADER, somebody), encoding))
    assert row.cells[1] == "Andr\u00e9 Contoh"


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path: Path) -> None:
    text = lines(("Judul",), ("",), HEADER) + "\n" + lines(SOMEBODY) + ";;\n" + lines(SOMEBODY)
    rows = list(read(write(tmp_path, text.replace(";;", ",,,"))))
    assert [row.number for row in rows] == [5, 7]


def test_a_cell_may_hold_a_line_break_and_a_quote(tmp_path: Path) -> None:
    text = lines(HEADER) + '198503152010011999,"Jaka\n""Contoh""",a,b\n' + lines(SOMEBODY)
    first, second = read(write(tmp_path, text))
    assert first.cells[1] == 'Jaka\n"Contoh"'
    assert second.number == 3


def test_formulas_are_noted_and_a_quoted_text_is_none(tmp_path: Path) -> None:
    somebody = ('="198503152010011999"', "=1+1", "a", '=""')
    [row] = read(
        write(
            tmp_path, lines(HEADER, tuple(f'"{c.replace(chr(34), chr(34) * 2)}"' for c in somebody))
        )
    )
    assert (list(row.cells), row.formulas) == (["198503152010011999", None, "a", None], (1,))


def test_short_and_long_rows_are_brought_to_the_headers_width(tmp_path: Path) -> None:
    short, long = read(write(tmp_path, lines(HEADER, SOMEBODY[:1], (*SOMEBODY, "x", "y"))))
    assert list(short.cells) == [SOMEBODY[0], None, None, None]
    assert list(long.cells) == list(SOMEBODY)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (lines(HEADER) + '198503152010011999,"Jaka\n', Refusal.DAMAGED),
        (lines(HEADER) + '198503152010011999,"Jaka"x,a,b\n', Refusal.DAMAGED),
        (lines(HEADER) + f"{'x' * 140_000},a,b,c\n", Refusal.DAMAGED),
        (lines(HEADER) + "a\0b\n", Refusal.NOT_EXPORT),
        (lines(HEADER), Refusal.NO_ROWS),
        (lines(HEADER, HEADER, SOMEBODY), Refusal.TWO_HEADERS),
        ("nip|nama\n1|2\n", Refusal.NOT_EXPORT),
    ],
)
def test_broken_text_is_refused(tmp_path: Path, text: str, code: Refusal) -> None:
    with pytest.raises(ExportRefused) as refused:
        list(read(write(tmp_path, text)))
    assert refused.value.code is code


def test_bytes_that_are_text_in_no_encoding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(lines(HEADER, SOMEBODY).encode() + b"\x81\xff\n")
    with pytest.raises(ExportRefused) as refused:
        read(path)
    assert refused.value.code is Refusal.NOT_EXPORT
