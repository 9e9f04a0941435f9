"""From a file somebody sent to an export, or to one clear refusal."""

import contextlib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.appraisal import workbooks
from services.appraisal.workbooks import ExportRefused, Refusal, read
from shared.i18n import LANGUAGES, catalogue
from tests.appraisal.workbooks.files import HEADER, SOMEBODY, inline, workbook, worksheet

SAMPLE = Path(__file__).parents[3] / "samples/laporan-penilaian-skp-2025.xlsx"
TEXTS = catalogue(Path(__file__).parents[3] / "services/appraisal/locales")
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)


def refusal(path: Path) -> ExportRefused:
    """Why a file is refused, at the latest when it is walked."""
    with pytest.raises(ExportRefused) as refused:
        list(read(path))
    return refused.value


def test_the_sample_is_an_export_with_its_title_lines_and_columns() -> None:
    export = read(SAMPLE)
    assert export.title == "Laporan Penilaian SKP Periode Tahunan Tahun 2025"
    assert export.labels["instansi"] == "Pemerintah Provinsi Jambi"
    assert export.labels["ditarik pada"] == "2026-02-02 09:00:00"
    assert export.header == 8
    assert export.columns[:3] == ("no", "nip", "nama")
    rows = list(export)
    assert (rows[0].number, rows[-1].number, len(rows)) == (9, 611, 603)
    assert {len(row.cells) for row in rows} == {21}


def test_an_export_can_be_walked_again() -> None:
    export = read(SAMPLE)
    assert list(export) == list(export)


def test_the_content_decides_what_a_file_is_not_its_name(tmp_path: Path) -> None:
    path = tmp_path / "laporan.csv"
    path.write_bytes(SAMPLE.read_bytes())
    assert len(list(read(path))) == 603


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", Refusal.EMPTY),
        (b" \r\n", Refusal.EMPTY),
        (b"\xef\xbb\xbf \n", Refusal.EMPTY),
        (OLE, Refusal.OLD_EXCEL),
        (OLE + "EncryptedPackage".encode("utf-16-le"), Refusal.ENCRYPTED),
        (b"\n<!DOCTYPE html><html><body>Login</body></html>", Refusal.HTML),
        (b"<TABLE><tr><td>nip</td></tr></TABLE>", Refusal.HTML),
        (b'<?xml version="1.0"?><Workbook/>', Refusal.NOT_EXPORT),
        (b"%PDF-1.7\n\x00\x01", Refusal.NOT_EXPORT),
        (b"PK\x05\x06" + bytes(18), Refusal.NOT_EXPORT),
        (b"PK\x03\x04 and nothing more", Refusal.CUT_OFF),
        (b"nama,unit\nJaka,Bidang\n", Refusal.NOT_EXPORT),
    ],
)
def test_what_people_send_by_mistake_is_named(
    tmp_path: Path, content: bytes, code: Refusal
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert refusal(path).code is code


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_workbook_that_is_cut_off_is_named(tmp_path: Path, share: float) -> None:
    path = tmp_path / "cut.xlsx"
    content = SAMPLE.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert refusal(path).code is Refusal.CUT_OFF


def test_a_file_over_the_limit_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(workbooks.MOST_BYTES + 1)
    refused = refusal(path)
    assert refused.code is Refusal.TOO_LARGE
    assert refused.params == {"megabytes": "200"}


def test_a_package_of_something_else_is_no_export(tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "nip")
    assert refusal(path).code is Refusal.NOT_EXPORT


@pytest.mark.parametrize(
    ("sheets", "code", "params"),
    [
        ((inline(["nama"], ["Jaka"]),), Refusal.NOT_EXPORT, {}),
        ((inline(*[["judul"]] * 20, HEADER, SOMEBODY),), Refusal.NOT_EXPORT, {}),
        ((inline(HEADER),), Refusal.NO_ROWS, {}),
        ((inline(HEADER, [" ", ""]),), Refusal.NO_ROWS, {}),
        (
            (inline(["nip", "nama", "hasil_kerja"], SOMEBODY),),
            Refusal.MISSING_COLUMNS,
            {"columns": "perilaku_kerja"},
        ),
        (
            (inline([*HEADER, "Hasil Kerja"], SOMEBODY),),
            Refusal.COLUMN_TWICE,
            {"columns": "hasil_kerja"},
        ),
        ((inline(HEADER, HEADER, SOMEBODY),), Refusal.TWO_HEADERS, {"first": "1", "second": "2"}),
        (
            (inline(["judul"], HEADER, *[SOMEBODY] * 40, ["NIP ", "Nama"]),),
            Refusal.TWO_HEADERS,
            {"first": "2", "second": "43"},
        ),
        ((inline(HEADER, SOMEBODY), inline(HEADER, SOMEBODY)), Refusal.TWO_SHEETS, {}),
    ],
)
def test_a_sheet_that_is_no_whole_export_is_named(
    tmp_path: Path, sheets: tuple[str, ...], code: Refusal, params: dict[str, str]
) -> None:
    refused = refusal(workbook(tmp_path / "f.xlsx", *map(worksheet, sheets)))
    assert (refused.code, refused.params) == (code, params)


def test_sheets_without_a_header_do_not_matter(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "f.xlsx",
        worksheet(inline(["Petunjuk"])),
        worksheet(inline(HEADER, SOMEBODY)),
        worksheet(""),
    )
    assert [list(row.cells) for row in read(path)] == [list(SOMEBODY)]


def test_columns_come_in_any_order_case_and_spacing(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "f.xlsx",
        worksheet(
            inline(["Catatan", " Perilaku  Kerja", "HASIL_KERJA", "NIP "], ["x", "a", "b", "c"])
        ),
    )
    export = read(path)
    assert export.columns == ("catatan", "perilaku_kerja", "hasil_kerja", "nip")


@pytest.mark.parametrize("code", Refusal)
def test_every_refusal_says_what_it_is_and_what_to_do(code: Refusal) -> None:
    refused = ExportRefused(code, columns="nip", first="1", second="2", megabytes="200")
    for language in LANGUAGES:
        for message in (refused.text, refused.remedy):
            assert "{" not in TEXTS.text(language, message, **refused.params)
    assert str(refused) == code


def read_whole(path: Path) -> None:
    with contextlib.suppress(ExportRefused):
        list(read(path))


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], Path]:
    path = tmp_path_factory.mktemp("files") / "file"

    def write(content: bytes) -> Path:
        path.write_bytes(content)
        return path

    return write


BEGINNINGS = st.sampled_from(
    [
        b"",
        b"PK\x03\x04",
        b"PK\x05\x06",
        OLE[:8],
        b"\xef\xbb\xbf",
        b"nip,hasil_kerja,perilaku_kerja\n",
    ]
)


@given(beginning=BEGINNINGS, content=st.binary(max_size=400))
def test_random_bytes_are_read_or_refused_and_nothing_else(
    scratch: Callable[[bytes], Path], beginning: bytes, content: bytes
) -> None:
    read_whole(scratch(beginning + content))


@given(
    damage=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=20
    )
)
def test_a_damaged_workbook_is_read_or_refused_and_nothing_else(
    scratch: Callable[[bytes], Path], damage: list[tuple[float, int]]
) -> None:
    content = bytearray(workbook(scratch(b""), worksheet(inline(HEADER, SOMEBODY))).read_bytes())
    for place, byte in damage:
        content[int(place * len(content))] = byte
    read_whole(scratch(bytes(content)))


@given(st.text(alphabet='<>/="&;crowvtisf0123A!-[]?x \n', max_size=80))
def test_any_xml_in_a_sheet_is_read_or_refused_and_nothing_else(
    scratch: Callable[[bytes], Path], xml: str
) -> None:
    path = scratch(b"")
    read_whole(workbook(path, worksheet(inline(HEADER, SOMEBODY) + xml)))
