"""Appraisal's way with spreadsheets: reading exports, writing rejected rows back.

`read(path)` finds the export in an XLSX or CSV file, or refuses it with `ExportRefused`; walking
the `Export` gives its rows, each with its number, cells and formulas. `rejected_rows(…)` writes the
rows that were rejected as a workbook that can be corrected and imported again.
"""

from services.appraisal.workbooks.export import Export, Row
from services.appraisal.workbooks.reading import MOST_BYTES, read
from services.appraisal.workbooks.refusals import ExportRefused, Refusal
from services.appraisal.workbooks.rejected import Headings, Reason, rejected_rows

__all__ = [
    "MOST_BYTES",
    "Export",
    "ExportRefused",
    "Headings",
    "Reason",
    "Refusal",
    "Row",
    "read",
    "rejected_rows",
]
