"""Lists and details over HTTP while a lot is kept: an even stream of requests, whoever is slow."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from os import urandom
from random import Random
from typing import Any, Final
from uuid import UUID

import httpx

from deploy.cli.synthetic import FIRST_NAMES, LAST_NAMES
from deploy.local.environment import HOST
from shared.events import EvaluationFinalized, Fact, encode
from shared.http import cursor
from tests.bench import facts, talk
from tests.bench.desk import desk
from tests.bench.knobs import Knobs
from tests.bench.programs import Ours
from tests.bench.results import Row, figure, quantile
from tests.bench.site import Site

RATE: Final = 50
GOAL: Final = ("<=", 50.0)
STEP: Final = 20_000
EMPLOYEE: Final = (
    "employee_id", "agency_id", "nip_hash", "nip_sealed", "version", "name", "employment_kind",
    "position_kind", "position_title", "unit", "root_unit", "reviewer_id",
)  # fmt: skip
EVALUATION: Final = (
    "evaluation_id", "employee_id", "agency_id", "reviewer_id", "import_id", "period_kind",
    "period_year", "period_number", "period_end", "version", "predicate", "root_unit", "acting",
)  # fmt: skip
VERSION: Final = ("evaluation_id", "version", "import_id", "row", "finalised_at", "result")


def lists(site: Site, knobs: Knobs) -> Iterator[Row]:
    """Appraisal's lists and details, asked as a personnel officer."""
    site.fresh()
    found = facts.results(knobs.evaluations)
    known: list[tuple[str, str]] = []
    while chunk := list(islice(found, STEP)):
        _keep(site, chunk)
        known += [(str(f.data.evaluation_id), str(f.data.employee_id)) for f in chunk[::50]]
    with desk(site) as token, Ours().started(site, ("appraisal",)) as running:
        url = f"http://{HOST}:{running.ports['appraisal']}"
        asked = asyncio.run(_ask(url, token("personnel_officer"), known, knobs.seconds))
    for kind, waits in sorted(asked.items()):
        p95 = quantile(waits, 0.95)
        talk.line(f"{site.name} HTTP {kind}: p95 {p95:.1f} ms")
        yield figure(
            f"HTTP: {kind}",
            site.name,
            p95,
            "ms p95",
            GOAL,
            median_ms=round(quantile(waits, 0.5), 1),
            slowest_ms=round(max(waits), 1),
            kept=knobs.evaluations,
            requests=len(waits),
        )


async def _ask(
    url: str, headers: dict[str, str], known: list[tuple[str, str]], seconds: int
) -> dict[str, list[float]]:
    """Ask at the rate, each request at its own time; a slow answer holds up no later one."""
    dice = Random(3)
    waits: dict[str, list[float]] = {}

    async def ask(client: httpx.AsyncClient, kind: str, path: str, due: float) -> None:
        answer = await client.get(path)
        waits.setdefault(kind, []).append((time.monotonic() - due) * 1000)
        answer.raise_for_status()

    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        for _ in range(RATE):  # connections and plans are made
            await ask(client, "warm", "/evaluations", time.monotonic())
        waits.clear()
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for number in range(RATE * seconds):
                due = began + number / RATE
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                evaluation, employee = dice.choice(known)
                after = f"&after={cursor(UUID(evaluation))}"  # a page anywhere in the list
                kind, path = (
                    ("list", f"/evaluations?limit=50{after}"),
                    ("list by predicate", f"/evaluations?limit=50&predicate=POOR{after}"),
                    ("evaluation", f"/evaluations/{evaluation}"),
                    ("employee", f"/employees/{employee}"),
                )[number % 4]
                group.create_task(ask(client, kind, path, due))
    return waits


def _keep(site: Site, found: list[Fact[EvaluationFinalized]]) -> None:
    """As an import would have kept it; numbers that are nobody's in place of NIPs."""
    dice = Random(str(found[0].id))
    for table, columns, rows in (
        ("employee", EMPLOYEE, (_employee(fact, dice) for fact in found)),
        ("evaluation", EVALUATION, map(_evaluation, found)),
        ("evaluation_version", VERSION, (_version(n, fact) for n, fact in enumerate(found))),
    ):
        _insert(site, table, columns, rows)


def _insert(site: Site, table: str, columns: tuple[str, ...], rows: Iterable[Any]) -> None:
    site.insert("appraisal", table, columns, rows)


def _employee(fact: Fact[EvaluationFinalized], dice: Random) -> tuple[Any, ...]:
    one = fact.data
    name = f"{dice.choice(FIRST_NAMES)} {dice.choice(LAST_NAMES)}"
    work = (one.position_title, one.unit, one.root_unit, one.reviewer_id)
    who = (one.employee_id, one.agency_id, urandom(32), urandom(64), 1, name)
    return (*who, one.employment_kind, one.position_kind, *work)


def _evaluation(fact: Fact[EvaluationFinalized]) -> tuple[Any, ...]:
    one = fact.data
    period = (one.period.kind, one.period.year, one.period.number, one.period.end)
    ids = (one.evaluation_id, one.employee_id, one.agency_id, one.reviewer_id, one.import_id)
    return (*ids, *period, one.version, one.predicate, one.root_unit, one.acting)


def _version(number: int, fact: Fact[EvaluationFinalized]) -> tuple[Any, ...]:
    one = fact.data
    return one.evaluation_id, one.version, one.import_id, number, fact.time, encode(one)
