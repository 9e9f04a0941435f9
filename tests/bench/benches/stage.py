"""Throughput: a stage alone, and the pipeline of both, beside the floor."""

from collections.abc import Iterator, Sequence
from statistics import median

from tests.bench import facts
from tests.bench.facts import Work
from tests.bench.knobs import Knobs
from tests.bench.once import Reading, once
from tests.bench.programs import Floor, Ours, Program, write_answers
from tests.bench.results import PIPELINE_GOALS, STAGE_GOALS, Row, compared
from tests.bench.site import Site
from tests.bench.talk import say

PROGRAMS: tuple[Program, ...] = (Floor(), Ours())
NOISE = 0.97
"""Two medians that differ by less are the same."""
WARM_PART = 5
"""A first turn with this part of the work is not counted: caches fill, the broker's code warms."""


def stages(site: Site, knobs: Knobs) -> Iterator[Row]:
    """Each stage by itself, one process."""
    n = _size(site, knobs)
    for name, give in (
        ("training", facts.evaluations),
        ("notifications", facts.evaluations_with_answers),
    ):
        floor, ours = by_turns(site, knobs.reps, (name,), give(n), warm=give(n // WARM_PART))
        yield compared(f"stage: {name}", site.name, floor, ours, STAGE_GOALS)


def pipelines(site: Site, knobs: Knobs) -> Iterator[Row]:
    """Evaluation → recommendation → inbox rows; one process a service, then two."""
    n = _size(site, knobs)
    work, warm = facts.evaluations(n), facts.evaluations(n // WARM_PART)
    both = ("training", "notifications")
    floor, ours = by_turns(site, knobs.reps, both, work, warm=warm)
    yield compared("pipeline: 1 process a service", site.name, floor, ours, PIPELINE_GOALS)
    if not site.tells_members:
        return  # SQLite has one writer: a second process has nothing to gain
    single = median(one.events_per_s for one in ours)
    floor, ours = by_turns(site, knobs.reps, both * 2, work, warm=warm)
    row = compared("pipeline: 2 processes a service", site.name, floor, ours, {})
    yield row | _no_slower(row, round(NOISE * single))


def by_turns(
    site: Site, reps: int, names: Sequence[str], work: Work, *, warm: Work
) -> tuple[list[Reading], list[Reading]]:
    """Floor and product by turns over the same work, each time on empty databases."""
    write_answers(site.folder / "answers.json", work.facts)
    readings: dict[str, list[Reading]] = {program.name: [] for program in PROGRAMS}
    for number in range(reps + 1):
        for program in PROGRAMS:
            found = once(site, program, names, work if number else warm)
            if number:
                readings[program.name].append(found)
            say(site, names, program, found, counted=bool(number))
    return readings["floor"], readings["ours"]


def _size(site: Site, knobs: Knobs) -> int:
    return knobs.n if site.tells_members else knobs.n_embedded


def _no_slower(row: Row, limit: float) -> Row:
    met = row["ours"]["events_per_s"] >= limit
    return {"goals": {"events_per_s": {"goal": f">= {limit:g}", "met": met}}}
