"""Looks into the databases, with its own queries and its own idea of what must be there."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

TO_COACH = {"NEEDS_IMPROVEMENT", "POOR", "VERY_POOR"}
LOW = {"POOR", "VERY_POOR"}
SERVICES = ("appraisal", "training", "notifications")

Ask = Callable[[str, str], list[tuple[Any, ...]]]
"""Puts a query to a service's database; the engines may write ids and JSON in their own ways."""


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(query).fetchall()


def in_folder(folder: Path) -> Ask:
    """Asks the SQLite files of the embedded stack."""
    return lambda service, query: rows(folder / f"{service}.db", query)


def finalised(ask: Ask) -> dict[str, dict[str, Any]]:
    """What was finalised, first versions only, by evaluation."""
    found = ask("appraisal", "select result from evaluation_version where version = 1")
    read = (result if isinstance(result, dict) else json.loads(result) for (result,) in found)
    return {data["evaluation_id"]: data for data in read if data}


def evaluations(appraisal: Path) -> dict[str, dict[str, Any]]:
    """The same from a file."""
    return finalised(in_folder(appraisal.parent))


def what_is_wrong(folder: Path) -> list[str]:
    """The same as `wrong_by`, in the embedded stack's folder."""
    return wrong_by(in_folder(folder))


def wrong_by(ask: Ask) -> list[str]:
    """Everything that is missing, too much or still waiting; empty when all is as promised."""
    wrong: list[str] = []
    told = finalised(ask)
    found = ask(
        "training", "select evaluation_id, evaluation_version, size from recommendation_set"
    )
    sets = {_id(evaluation): (version, size) for evaluation, version, size in found}
    if len(sets) != len(found):
        wrong.append(f"{len(found) - len(sets)} recommendation sets too many")
    named = {_id(evaluation) for evaluation in told}
    if named != sets.keys():
        wrong.append(
            f"{len(named - sets.keys())} evaluations without a recommendation set, "
            f"{len(sets.keys() - named)} sets without an evaluation"
        )
    wrong += _wrong_notices(ask, told, sets)
    for service in SERVICES:
        [(waiting,)] = ask(service, "select count(*) from outbox")
        if waiting:
            wrong.append(f"{service}: {waiting} facts wait to be told")
        [(dead,)] = ask(service, "select count(*) from told where topic like '%.dead'")
        if dead:
            wrong.append(f"{service}: {dead} facts set aside")
    return wrong


def _wrong_notices(
    ask: Ask, told: dict[str, dict[str, Any]], sets: dict[str, tuple[int, int]]
) -> list[str]:
    expected: Counter[tuple[str, str, str]] = Counter()
    for evaluation, data in told.items():
        about = _id(evaluation)
        employee = _id(data["employee_id"])
        expected[employee, "result_ready", about] += 1
        reviewer = _id(data["reviewer_id"] or "")
        if data["predicate"] in TO_COACH and reviewer and reviewer != employee:
            expected[reviewer, "coaching_needed", about] += 1
        if sets.get(about, (0, 0))[1]:
            expected[employee, "training_recommended", about] += 1
    actual = Counter(
        (_id(recipient), kind, _id(about))
        for recipient, kind, about in ask(
            "notifications", "select recipient_id, kind, about from notice where about is not null"
        )
    )
    wrong = []
    if missing := expected - actual:
        kinds = Counter(kind for _, kind, _ in missing.elements())
        wrong.append(f"{missing.total()} notices are missing: {dict(kinds)}")
    if surplus := actual - expected:
        kinds = Counter(kind for _, kind, _ in surplus.elements())
        wrong.append(f"{surplus.total()} notices too many: {dict(kinds)}")
    low = {_id(data["import_id"]) for data in told.values() if data["predicate"] in LOW}
    digests = Counter(
        _id(import_id)
        for (import_id,) in ask(
            "notifications", "select import_id from notice where kind = 'low_results_digest'"
        )
    )
    if digests != Counter(low):
        wrong.append(f"{digests.total()} digests for {len(low)} imports with low results")
    return wrong


def _id(value: object) -> str:
    """An id without dashes: SQLite keeps none, and PostgreSQL gives no text."""
    return str(value).replace("-", "")
