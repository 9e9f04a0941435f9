"""Hostile packages: bombs and traps end in a refusal, quickly and in little memory."""

import tracemalloc
import zipfile
from pathlib import Path

import pytest

from services.appraisal.workbooks import ExportRefused, Refusal, read
from services.appraisal.workbooks.packages import MOST_PARTS
from tests.appraisal.workbooks.files import (
    HEADER,
    MAIN,
    SOMEBODY,
    inline,
    workbook,
    worksheet,
)

GOOD = worksheet(inline(HEADER, SOMEBODY))


def refusal(path: Path) -> Refusal:
    with pytest.raises(ExportRefused) as refused:
        list(read(path))
    return refused.value.code


def test_a_sheet_that_unpacks_to_far_more_than_it_weighs_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "bomb.xlsx", worksheet(inline(HEADER, SOMEBODY) + " " * (64 << 20)))
    assert path.stat().st_size < 100_000
    assert refusal(path) is Refusal.UNSAFE


def test_an_index_that_lies_about_sizes_changes_nothing(tmp_path: Path) -> None:
    path = workbook(tmp_path / "bomb.xlsx", worksheet(inline(HEADER, SOMEBODY) + " " * (64 << 20)))
    honest = path.read_bytes()
    size = (len(worksheet(inline(HEADER, SOMEBODY))) + (64 << 20)).to_bytes(4, "little")
    assert honest.count(size) == 2
    path.write_bytes(honest.replace(size, (1000).to_bytes(4, "little")))
    assert refusal(path) in {Refusal.UNSAFE, Refusal.DAMAGED}


@pytest.mark.parametrize(
    "entity",
    [
        '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE w SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_a_part_that_declares_a_document_type_is_refused(tmp_path: Path, entity: str) -> None:
    rows = inline(HEADER, SOMEBODY)
    assert refusal(workbook(tmp_path / "f.xlsx", worksheet(rows, before=entity))) is Refusal.UNSAFE
    strings = f'{entity}<sst xmlns="{MAIN}"><si><t>a</t></si></sst>'
    assert refusal(workbook(tmp_path / "f.xlsx", GOOD, strings=strings)) is Refusal.UNSAFE


def test_too_many_parts_are_refused(tmp_path: Path) -> None:
    others = {f"x/{number}": b"" for number in range(MOST_PARTS)}
    assert refusal(workbook(tmp_path / "f.xlsx", GOOD, others=others)) is Refusal.UNSAFE


def test_a_part_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", GOOD)
    with (
        zipfile.ZipFile(path, "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr("xl/worksheets/sheet1.xml", GOOD)
    assert refusal(path) is Refusal.UNSAFE


def test_a_packing_no_spreadsheet_uses_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", GOOD)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_LZMA) as archive:
        archive.writestr("xl/more.xml", "x")
    assert refusal(path) is Refusal.UNSAFE


def test_an_encrypted_part_is_told_as_that(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", GOOD)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(bytes(content))
    assert refusal(path) is Refusal.ENCRYPTED


@pytest.mark.parametrize(
    "rows",
    [
        "<a>" * 100,
        '<row r="1"><c><c></c></c></row>',
        '<row r="2"/><row r="1"/>',
        '<row r="1048577"/>',
        '<row r="x"/>',
        '<row><c r="B1"/><c r="A1"/></row>',
        '<row><c r="AAAA1"/></row>',
        '<row><c r="11"/></row>',
        '<row><c t="s"><v>0</v></c></row>',
        '<row><c t="s"><v>-1</v></c></row>',
        "<row><c></row>",
        f"<row><c t='inlineStr'><is><t>{'x' * (3 << 20)}</t></is></c></row>",
        f"<row a='{'x' * (3 << 20)}'/>",
    ],
)
def test_xml_no_spreadsheet_writes_is_refused(tmp_path: Path, rows: str) -> None:
    path = workbook(tmp_path / "f.xlsx", worksheet(rows))
    assert refusal(path) in {Refusal.DAMAGED, Refusal.UNSAFE}


def test_a_cell_in_the_last_corner_costs_nothing(tmp_path: Path) -> None:
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = workbook(tmp_path / "f.xlsx", worksheet(inline(HEADER, SOMEBODY) + corner))
    assert [row.number for row in read(path)] == [2]


def test_a_long_text_that_every_cell_repeats_is_held_once(tmp_path: Path) -> None:
    cells = '<c t="s"><v>0</v></c>' * 4
    strings = (
        f'<sst xmlns="{MAIN}">'
        + "".join(f"<si><t>{name}</t></si>" for name in ("x" * 30_000, *HEADER))
        + "</sst>"
    )
    header = "".join(f'<c t="s"><v>{number}</v></c>' for number in range(1, 5))
    path = workbook(
        tmp_path / "f.xlsx",
        worksheet(f"<row>{header}</row>" + f"<row>{cells}</row>" * 20_000),
        strings=strings,
    )
    tracemalloc.start()
    try:
        assert sum(1 for _ in read(path)) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_what_is_missing_inside_is_told_as_damage(tmp_path: Path) -> None:
    path = workbook(tmp_path / "f.xlsx", GOOD)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for name in ("xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"):
        with zipfile.ZipFile(path, "w") as archive:
            for other, content in parts.items():
                if other != name:
                    archive.writestr(other, content)
        assert refusal(path) is Refusal.DAMAGED
