"""Which agency an export is from.

Three code systems disagree on the regions of Jambi (Kemendagri, BPS, BKN), so all three are kept;
BKN's is the one agencies are known by here.
"""

import re
from collections.abc import Iterable
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec


class Agency(msgspec.Struct, frozen=True, kw_only=True):
    """An agency (instansi).

    Attributes:
        bkn: BKN's code (kodeCepat), as "5500".
        kemendagri, bps: the region's codes in the other two systems.
        name: as exports write it.
        aliases: other spellings of the region.
    """

    bkn: str
    kemendagri: str
    bps: str
    name: str
    aliases: tuple[str, ...] = ()


def read_agencies(table: bytes) -> tuple[Agency, ...]:
    """The agencies in a JSON table (`data/agencies.json`).

    Raises:
        msgspec.ValidationError: the table is not one.
    """
    return msgspec.json.decode(table, type=tuple[Agency, ...])


def agency_id(agency: Agency) -> UUID:
    """An agency's opaque id, the same in every service (UUIDv5 of its BKN code)."""
    return uuid5(NAMESPACE_URL, f"urn:kinerja:agency:{agency.bkn}")


def agency_named(instansi: str, agencies: Iterable[Agency]) -> Agency | None:
    """The agency an export's "Instansi" line names, in any usual spelling; None if none of them."""
    wanted = _plain(instansi)
    for agency in agencies:
        if wanted in {_plain(agency.name), *map(_plain, agency.aliases)}:
            return agency
    return None


_SHORT = {
    "pemerintah": "",
    "pemprov": "provinsi",
    "pemkab": "kabupaten",
    "pemkot": "kota",
    "prov": "provinsi",
    "kab": "kabupaten",
    "pem": "",
}


def _plain(name: str) -> str:
    words = re.findall(r"[a-z]+", name.casefold())
    return " ".join(filter(None, (_SHORT.get(word, word) for word in words)))
