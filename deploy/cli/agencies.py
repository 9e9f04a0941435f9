"""Agencies by their ids, and the one an export is of."""

from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5


def agency_id(code: str) -> UUID:
    """An agency's id, from its BKN code."""
    return uuid5(NAMESPACE_URL, f"urn:kinerja:agency:{code}")


def agency_in(file: Path) -> UUID | None:
    """The agency an export names; None if it names none we know, or is no export at all.

    Where it is no export appraisal says better why.
    """
    from services.appraisal import data, rules, workbooks  # noqa: PLC0415  # most commands do without

    try:
        export = workbooks.read(file)
    except (workbooks.ExportRefused, OSError):
        return None
    named = rules.agency_named(
        export.labels.get("instansi", ""), rules.read_agencies(data.agencies())
    )
    return None if named is None else agency_id(named.bkn)
