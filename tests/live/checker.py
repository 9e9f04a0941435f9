"""Looks into the databases, with its own queries and its own idea of what must be there."""

import json
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

TO_COACH = {"NEEDS_IMPROVEMENT", "POOR", "VERY_POOR"}
LOW = {"POOR", "VERY_POOR"}


def rows(database: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(query).fetchall()


def evaluations(appraisal: Path) -> dict[str, dict[str, Any]]:
    """What was finalised, first versions only, by evaluation."""
    found = rows(appraisal, "select result from evaluation_version where version = 1")
    return {data["evaluation_id"]: data for (result,) in found if (data := json.loads(result))}


def what_is_wrong(folder: Path) -> list[str]:
    """Everything that is missing, too much or still waiting; empty when all is as promised."""
    wrong: list[str] = []
    finalised = evaluations(folder / "appraisal.db")
    sets = {
        evaluation.replace("-", ""): (version, size)
        for evaluation, version, size in rows(
            folder / "training.db",
            "select evaluation_id, evaluation_version, size from recommendation_set",
        )
    }
    named = {evaluation.replace("-", "") for evaluation in finalised}
    if named != sets.keys():
        wrong.append(
            f"{len(named - sets.keys())} evaluations without a recommendation set, "
            f"{len(sets.keys() - named)} sets without an evaluation"
        )
    wrong += _wrong_notices(folder, finalised, sets)
    for service in ("appraisal", "training", "notifications"):
        [(waiting,)] = rows(folder / f"{service}.db", "select count(*) from outbox")
        if waiting:
            wrong.append(f"{service}: {waiting} facts wait to be told")
        [(dead,)] = rows(
            folder / f"{service}.db", "select count(*) from told where topic like '%.dead'"
        )
        if dead:
            wrong.append(f"{service}: {dead} facts set aside")
    return wrong


def _wrong_notices(
    folder: Path, finalised: dict[str, dict[str, Any]], sets: dict[str, tuple[int, int]]
) -> list[str]:
    expected: Counter[tuple[str, str, str]] = Counter()
    for evaluation, data in finalised.items():
        about = evaluation.replace("-", "")
        employee = data["employee_id"].replace("-", "")
        expected[employee, "result_ready", about] += 1
        reviewer = (data["reviewer_id"] or "").replace("-", "")
        if data["predicate"] in TO_COACH and reviewer and reviewer != employee:
            expected[reviewer, "coaching_needed", about] += 1
        if sets.get(about, (0, 0))[1]:
            expected[employee, "training_recommended", about] += 1
    actual = Counter(
        (recipient, kind, about)
        for recipient, kind, about in rows(
            folder / "notifications.db",
            "select recipient_id, kind, about from notice where about is not null",
        )
    )
    wrong = []
    if missing := expected - actual:
        kinds = Counter(kind for _, kind, _ in missing.elements())
        wrong.append(f"{missing.total()} notices are missing: {dict(kinds)}")
    if surplus := actual - expected:
        kinds = Counter(kind for _, kind, _ in surplus.elements())
        wrong.append(f"{surplus.total()} notices too many: {dict(kinds)}")
    low = Counter(data["import_id"] for data in finalised.values() if data["predicate"] in LOW)
    digests = Counter(
        import_id
        for (import_id,) in rows(
            folder / "notifications.db",
            "select import_id from notice where kind = 'low_results_digest'",
        )
    )
    if digests != Counter({import_id.replace("-", ""): 1 for import_id in low}):
        wrong.append(f"{digests.total()} digests for {len(low)} imports with low results")
    return wrong
