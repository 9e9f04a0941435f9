"""What kind of position and employment a row speaks of.

Kinds: UU 5/2014 and UU 20/2023 (managerial and non-managerial positions); the words are SIASN's
`jenisJabatan`, where "Fungsional Umum" is an executor (pelaksana). Among managers
("Struktural") the title decides as far as it can; what it cannot decide stays UNKNOWN.
"""

import re
from functools import lru_cache
from typing import Final

from services.appraisal.rules.cells import Cell, text_of
from shared.events.words import EmploymentKind, PositionKind

_KINDS: Final = {
    "fungsional": PositionKind.FUNCTIONAL,
    "fungsional tertentu": PositionKind.FUNCTIONAL,
    "jabatan fungsional": PositionKind.FUNCTIONAL,
    "jabatan fungsional tertentu": PositionKind.FUNCTIONAL,
    "jf": PositionKind.FUNCTIONAL,
    "jft": PositionKind.FUNCTIONAL,
    "2": PositionKind.FUNCTIONAL,
    "pelaksana": PositionKind.EXECUTOR,
    "jabatan pelaksana": PositionKind.EXECUTOR,
    "fungsional umum": PositionKind.EXECUTOR,
    "jabatan fungsional umum": PositionKind.EXECUTOR,
    "jfu": PositionKind.EXECUTOR,
    "4": PositionKind.EXECUTOR,
    "administrator": PositionKind.ADMINISTRATOR,
    "jabatan administrator": PositionKind.ADMINISTRATOR,
    "pengawas": PositionKind.SUPERVISOR,
    "jabatan pengawas": PositionKind.SUPERVISOR,
    "jpt": PositionKind.SENIOR_EXECUTIVE,
    "jpt utama": PositionKind.SENIOR_EXECUTIVE,
    "jpt madya": PositionKind.SENIOR_EXECUTIVE,
    "jpt pratama": PositionKind.SENIOR_EXECUTIVE,
    "jabatan pimpinan tinggi": PositionKind.SENIOR_EXECUTIVE,
    "jabatan pimpinan tinggi madya": PositionKind.SENIOR_EXECUTIVE,
    "jabatan pimpinan tinggi pratama": PositionKind.SENIOR_EXECUTIVE,
}
_MANAGERS: Final = frozenset({"struktural", "jabatan struktural", "manajerial", "1", ""})

_SUPERVISORS: Final = (
    "kepala subbagian",
    "kepala sub bagian",
    "kepala subbidang",
    "kepala sub bidang",
    "kepala seksi",
    "kasubbag",
    "kasubbid",
    "kasi",
    "lurah",
    "sekretaris lurah",
    "sekretaris kelurahan",
)
_ADMINISTRATORS: Final = (
    "kepala bidang",
    "kepala bagian",
    "kepala cabang dinas",
    "kabid",
    "kabag",
    "camat",
    "sekretaris camat",
    "sekretaris kecamatan",
    "sekretaris dinas",
    "sekretaris badan",
    "inspektur pembantu",
)
_SENIOR_EXECUTIVES: Final = (
    "kepala dinas",
    "kepala badan",
    "kepala biro",
    "kepala satuan polisi pamong praja",
    "inspektur",
    "sekretaris daerah",
    "sekretaris dewan",
    "sekretaris dprd",
    "asisten",
    "staf ahli",
)
_TITLES: Final = (
    (_SUPERVISORS, PositionKind.SUPERVISOR),
    (_ADMINISTRATORS, PositionKind.ADMINISTRATOR),
    (_SENIOR_EXECUTIVES, PositionKind.SENIOR_EXECUTIVE),
)
"""How titles of managers begin, from practice of provinces and regencies. Heads of technical
units (UPTD) and hospitals differ by class and region, so they are not in it. The order matters: an
"inspektur pembantu" is no "inspektur"."""

_EMPLOYMENT: Final = {
    "pns": EmploymentKind.PNS,
    "cpns": EmploymentKind.PNS,
    "pppk": EmploymentKind.PPPK,
    "p3k": EmploymentKind.PPPK,
    "pppk paruh waktu": EmploymentKind.PPPK,
    "pppk penuh waktu": EmploymentKind.PPPK,
}

_ACTING: Final = re.compile(r"(?:plt|plh|pjs?)\b\.?\s*", re.IGNORECASE)


@lru_cache(maxsize=4096, typed=True)
def position_of(kind: Cell, title: str) -> PositionKind:
    """The position's kind, from what the export calls it; of managers, or if unsaid, by title."""
    kind, title = text_of(kind).casefold(), _ACTING.sub("", title, count=1).casefold()
    if kind not in _MANAGERS:
        return _KINDS.get(kind, PositionKind.UNKNOWN)
    words = f"{title} "
    return next(
        (
            found
            for beginnings, found in _TITLES
            if words.startswith(tuple(f"{beginning} " for beginning in beginnings))
        ),
        PositionKind.UNKNOWN,
    )


@lru_cache(maxsize=1024, typed=True)
def employment_of(cell: Cell) -> EmploymentKind | None:
    """PNS or PPPK as the export says; None where it says neither."""
    return _EMPLOYMENT.get(text_of(cell).casefold())


@lru_cache(maxsize=4096)
def acting_title(title: str) -> bool:
    """Whether a title begins as those of acting posts do (Plt., Plh., Pj., Pjs.)."""
    return _ACTING.match(title) is not None
