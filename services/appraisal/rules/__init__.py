"""What appraisal knows: pure decisions, no wire, no disk, no clock.

`assess(sheet, today=…)` judges a whole export: good rows, findings, counts. Under it, one module a
question: `nip` (is this number well formed), `ratings` (what does this word mean), `regimes` (which
predicate follows, by which law), `periods`, `positions`, `agencies`. Beside it, `explain(…)` says
why an evaluation has its predicate, and `departures(…)` how a unit's spread departs from the
guideline.
"""

from services.appraisal.rules.agencies import Agency, agency_id, agency_named, read_agencies
from services.appraisal.rules.assessment import assess
from services.appraisal.rules.distribution import (
    Departure,
    OrganisationPredicate,
    Unusual,
    departures,
)
from services.appraisal.rules.explanations import Explanation, explain
from services.appraisal.rules.findings import Code, Finding, Kind
from services.appraisal.rules.nip import Nip, parse_nip
from services.appraisal.rules.sheets import (
    COLUMNS,
    Assessment,
    Counts,
    GoodRow,
    RawRow,
    Sheet,
)

__all__ = [
    "COLUMNS",
    "Agency",
    "Assessment",
    "Code",
    "Counts",
    "Departure",
    "Explanation",
    "Finding",
    "GoodRow",
    "Kind",
    "Nip",
    "OrganisationPredicate",
    "RawRow",
    "Sheet",
    "Unusual",
    "agency_id",
    "agency_named",
    "assess",
    "departures",
    "explain",
    "parse_nip",
    "read_agencies",
]
