"""What years of use change: full tables, and memory over many facts and dead ones."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

from shared import months
from tests.bench import facts, machine, talk
from tests.bench.facts import Message
from tests.bench.knobs import Knobs
from tests.bench.once import once, switch_email_off
from tests.bench.production import Production
from tests.bench.programs import Ours
from tests.bench.results import Row, figure
from tests.bench.site import Site

HERE: Final = Path(__file__).parents[1]
SMALL: Final = 10_000
RATE_GOAL: Final = (">=", 0.9)
MEMORY_GOAL: Final = ("<=", 300.0)
STEP: Final = 50_000
MONTHS: Final = 10
FILLED: Final = ("training", "notifications")
"""Whose tables are filled; `fill/` has what with, and the ids all of it has."""


def growth(site: Site, knobs: Knobs) -> Iterator[Row]:
    """Events/s of the pipeline on full tables against almost empty ones; memory of a consumer."""
    if isinstance(site, Production):
        few, many = _rates(site, knobs)
        yield figure(
            f"growth: pipeline at {knobs.table_rows:,} rows against {SMALL:,}",
            site.name,
            many / few,
            "of the rate",
            RATE_GOAL,
            few_events_per_s=round(few),
            many_events_per_s=round(many),
            reps=knobs.reps,
        )
    yield from _memory(site, knobs)


def _rates(site: Production, knobs: Knobs) -> tuple[float, float]:
    """The medians on almost empty tables and on full ones, by turns; the first turn is short."""
    site.fresh()
    _fill(site, knobs.table_rows)
    site.lay_aside(FILLED)
    few, many = list[float](), list[float]()
    for number in range(knobs.reps + 1):
        work = facts.evaluations(knobs.table_events // (1 if number else 10), seed=50 + number)
        site.fresh()
        _fill(site, SMALL)
        few.append(_rate(site, work, SMALL))
        site.take_back(FILLED)
        many.append(_rate(site, work, knobs.table_rows))
        site.lay_aside(FILLED)
    return median(few[1:]), median(many[1:])


def _fill(site: Production, rows: int) -> None:
    """Let tables hold so many rows, analysed as they would be."""
    for service in FILLED:
        site.ask(service, *_past_months())
        parts = [(HERE / "fill" / f"{name}.sql").read_text() for name in ("ids", service)]
        script = "\n".join(parts).replace(":rows", str(rows))
        site.ask(service, *(one for one in script.split(";\n") if one.strip()))
        site.ask(service, "vacuum analyze")
    site.ask("training", "checkpoint")


def _rate(site: Production, work: facts.Work, rows: int) -> float:
    switch_email_off(site, work.people)
    found = once(site, Ours(), ("training", "notifications"), work, fresh=False)
    talk.line(
        f"{site.name} growth, {rows:,} rows: {found.events_per_s:,.0f} events/s, "
        f"{found.app:.0f} + {found.database:.0f} + {found.broker:.0f} us"
    )
    return found.events_per_s


def _past_months() -> Iterator[str]:
    """Partitions for the months that are filled, such as months of use would have left."""
    this = months.month_of(datetime.now(UTC))
    yield "drop table told_before"
    for month in range(this - MONTHS, this):
        for table in months.KEYS:
            yield from months.making(table, month)


def _memory(site: Site, knobs: Knobs) -> Iterator[Row]:
    """A training process hears many facts, of which some are nobody's to handle."""
    site.fresh()
    every = max(2, knobs.memory_events // max(1, knobs.dead))
    with Ours().started(site, ("training",)) as running:
        sizes = [machine.resident_mib(running.pids[0])]
        for begin in range(0, knobs.memory_events, STEP):
            count = min(STEP, knobs.memory_events - begin)
            work = facts.evaluations(count, seed=1000 + begin)
            site.bus.feed(_with_dead(work.messages(""), every))
            done = site.count("training", "inbox")
            while site.count("training", "inbox") < begin + count or done == 0:
                running.check()
                done = 1
            sizes.append(machine.resident_mib(running.pids[0]))
            talk.line(f"{site.name} memory after {begin + count:,} facts: {sizes[-1]:.0f} MiB")
        yield figure(
            f"growth: memory of training over {knobs.memory_events:,} facts",
            site.name,
            machine.peak_mib(running.pids[0]),
            "MiB at most",
            MEMORY_GOAL,
            at_start=round(sizes[0]),
            after_first_step=round(sizes[1]),
            at_end=round(sizes[-1]),
            dead=site.count("training", "told where topic like '%.dead'"),
        )


def _with_dead(messages: Iterator[Message], every: int) -> Iterator[Message]:
    """Every so often a value that is no JSON."""
    for number, one in enumerate(messages):
        yield replace(one, value=b"{" + one.value) if number % every == 0 else one
