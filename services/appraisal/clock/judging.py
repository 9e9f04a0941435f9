"""A file becomes a verdict on each of its rows; the same every time, for the day it came in."""

import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from services.appraisal import data, rules, workbooks
from services.appraisal.models import Import
from shared.i18n import LANGUAGES, catalogue

TEXTS: Final = catalogue(Path(__file__).parent.parent / "locales")
AGENCIES: Final = rules.read_agencies(data.agencies())


class OtherAgency(Exception):
    """The export names another agency than the one it was handed in for; the text is its name."""


class Judged(msgspec.Struct, frozen=True):
    """An export judged, with the workbooks of its rejected rows by language."""

    assessment: rules.Assessment
    reports: dict[str, bytes]

    @property
    def distribution(self) -> dict[str, dict[str, int]]:
        """Headcounts by root unit and predicate; acting posts are outside headcounts."""
        counts: dict[str, dict[str, int]] = {}
        for row in self.assessment.good:
            if not row.acting:
                unit = counts.setdefault(row.root_unit, {})
                unit[row.predicate] = unit.get(row.predicate, 0) + 1
        return counts


def judge(path: Path, job: Import) -> Judged:
    """Judge a file.

    Raises:
        ExportRefused: it is no export.
        OtherAgency: it is another agency's.
    """
    export = workbooks.read(path)
    named = rules.agency_named(export.labels.get("instansi", ""), AGENCIES)
    if named is not None and rules.agency_id(named) != job.agency_id:
        raise OtherAgency(named.name)
    assessment = rules.assess(export, today=job.created_at.date())
    rejected: dict[int, list[rules.Finding]] = defaultdict(list)
    for finding in assessment.findings:
        if finding.kind is rules.Kind.REJECTED:
            rejected[finding.row].append(finding)
    languages = LANGUAGES if rejected else ()
    return Judged(
        assessment, {language: _report(export, rejected, language) for language in languages}
    )


def _report(
    export: workbooks.Export, rejected: Mapping[int, Sequence[rules.Finding]], language: str
) -> bytes:
    """The workbook of rejected rows, ready to be corrected and imported again."""
    book = io.BytesIO()
    workbooks.rejected_rows(
        book,
        export,
        {
            row: [
                workbooks.Reason(
                    TEXTS.text(language, found.reason, **found.params),
                    TEXTS.text(language, found.remedy, **found.params),
                )
                for found in findings
            ]
            for row, findings in rejected.items()
        },
        headings=workbooks.Headings(
            TEXTS.text(language, "report.reason"), TEXTS.text(language, "report.remedy")
        ),
    )
    return book.getvalue()
