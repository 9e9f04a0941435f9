"""Files made by hand, good and hostile: what the reader is given in these tests."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

TYPES = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="xml" ContentType="application/xml"/></Types>"""
RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

HEADER = ("nip", "nama", "hasil_kerja", "perilaku_kerja")
SOMEBODY = ("198503152010011999", "Jaka Contoh", "SESUAI EKSPEKTASI", "SESUAI EKSPEKTASI")


def inline(*rows: Sequence[str]) -> str:
    """Rows of a worksheet with their texts in them."""
    return "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in row) + "</row>"
        for row in rows
    )


def worksheet(rows: str, *, before: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    )


def workbook(
    path: Path,
    *sheets: str,
    strings: str | None = None,
    styles: str | None = None,
    properties: str = "",
    others: Mapping[str, bytes] | None = None,
) -> Path:
    """An XLSX file of these worksheets, as small as one can be."""
    numbers = range(1, len(sheets) + 1)
    parts: dict[str, str] = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": _relations({"r0": ("officeDocument", "xl/workbook.xml")}),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATED}">{properties}<sheets>'
        + "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="s{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            {f"s{n}": ("worksheet", f"worksheets/sheet{n}.xml") for n in numbers}
            | ({"strings": ("sharedStrings", "/xl/sharedStrings.xml")} if strings else {})
            | ({"styles": ("styles", "styles.xml")} if styles else {})
        ),
    }
    parts |= {f"xl/worksheets/sheet{n}.xml": sheet for n, sheet in enumerate(sheets, 1)}
    parts |= {"xl/sharedStrings.xml": strings} if strings else {}
    parts |= {"xl/styles.xml": styles} if styles else {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        for name, data in (others or {}).items():
            archive.writestr(name, data)
    return path


def _relations(related: Mapping[str, tuple[str, str]]) -> str:
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + "".join(
            f'<Relationship Id="{name}" Type="{RELATED}/{kind}" Target="{target}"/>'
            for name, (kind, target) in related.items()
        )
        + "</Relationships>"
    )
