"""Waits: from a result told to the inbox rows it leads to, at steady rates and after a burst."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from confluent_kafka import Producer

from shared.events import EvaluationFinalized, Fact
from tests.bench import facts, talk
from tests.bench.knobs import Knobs
from tests.bench.once import switch_email_off
from tests.bench.programs import Floor, Ours, Program, Running, write_answers
from tests.bench.results import Goals, Row, latency, quantile
from tests.bench.seen import Watch, watching
from tests.bench.site import Site

RATES: Final = (50, 500)
STAGES: Final = ("training", "notifications")
PROGRAMS: Final[tuple[Program, ...]] = (Floor(soon=True), Ours())
KINDS: Final = {
    "result_ready": "result → inbox row",
    "training_recommended": "result → recommendation → inbox row",
}
GOALS: Final[dict[tuple[str, int], Goals]] = {
    ("kafka-postgres", 50): {"p50_ms": ("<=", 10), "p99_ms": ("<=", 30)},
    ("kafka-postgres", 500): {"p50_ms": ("<=", 25), "p99_ms": ("<=", 80)},
    ("embedded", 50): {"p50_ms": ("<=", 25), "p99_ms": ("<=", 80)},
}
BURST_GOAL: Final[Goals] = {"max_ms": ("<=", 5000)}
WARM_SECONDS: Final = 10
"""Before a rate counts: how soon the broker's code is compiled is not what is asked."""
PATIENCE_SECONDS: Final = 120
Result = Fact[EvaluationFinalized]
Waits = Mapping[str, Sequence[float]]
"""By kind of notice, how long each took (ms)."""


@dataclass(frozen=True, slots=True)
class Waited:
    """What a program's run showed: at the steady rate, and after a burst if there was one."""

    steady: Waits
    burst: Waits


def latencies(site: Site, knobs: Knobs) -> Iterator[Row]:
    """At each rate first the floor, then the services; at the end of the last a burst."""
    for number, rate in enumerate(RATES):
        last = number == len(RATES) - 1
        floor, ours = (
            _measured(site, program, rate, seconds=knobs.seconds, burst=knobs.burst * last)
            for program in PROGRAMS
        )
        yield from _rows(site, rate, floor.steady, ours.steady, GOALS.get((site.name, rate)))
        if last and knobs.burst:
            yield from _rows(
                site, knobs.burst, floor.burst, ours.burst, BURST_GOAL, prefix="burst: "
            )


def _measured(site: Site, program: Program, rate: int, *, seconds: int, burst: int) -> Waited:
    """Start a program on empty databases, let it get warm, tell it results at a rate."""
    site.fresh()
    coming = [*_warm(rate), *_steady(rate, seconds), *_at_once(burst), *_after()]
    write_answers(site.folder / "answers.json", coming)
    for stage in STAGES:
        site.skip(program.group(stage), program.heard(stage))
    with program.started(site, STAGES) as running, watching(site, program) as watch:
        _told(site, running, watch, _warm(rate), rate=rate)
        told = _told(site, running, watch, _steady(rate, seconds), rate=rate)
        steady = _waits(watch, told)
        after = _waits(watch, _burst(site, running, watch, size=burst)) if burst else {}
    for kind, waits in steady.items():
        talk.line(f"{site.name} {program.name} {kind} at {rate}/s: {quantile(waits, 0.5):.1f} ms")
    return Waited(steady, after)


def _warm(rate: int) -> Sequence[Result]:
    return list(facts.results(rate * WARM_SECONDS, seed=100 + rate))


def _steady(rate: int, seconds: int) -> Sequence[Result]:
    return list(facts.results(rate * seconds, seed=rate))


def _at_once(size: int) -> Sequence[Result]:
    return list(facts.results(size, seed=7))


def _after() -> Sequence[Result]:
    return list(facts.results(RATES[0] * WARM_SECONDS, seed=8))


def _burst(site: Site, running: Running, watch: Watch, *, size: int) -> dict[UUID, datetime]:
    """So many at once, then on at the lower rate; gives when each was told, once all are seen."""
    found = _at_once(size)
    switch_email_off(site, [fact.data.employee_id for fact in found])
    producer = _producer(site)
    began = datetime.now(UTC)
    for fact in found:
        _tell(producer, replace_time(fact, began))
    producer.flush()
    _told(site, running, watch, _after(), rate=RATES[0])
    told = {fact.data.evaluation_id: began for fact in found}
    watch.wait(told, seconds=PATIENCE_SECONDS)
    return told


def _told(
    site: Site, running: Running, watch: Watch, found: Sequence[Result], *, rate: int
) -> dict[UUID, datetime]:
    """Tell results one by one at a steady pace; gives when each was told, once all are seen."""
    switch_email_off(site, [fact.data.employee_id for fact in found])
    producer = _producer(site)
    told: dict[UUID, datetime] = {}
    began = time.monotonic()
    for number, fact in enumerate(found):
        while (wait := began + number / rate - time.monotonic()) > 0:
            producer.poll(wait)  # returns early, whenever something was delivered
        running.check()
        now = datetime.now(UTC)
        _tell(producer, replace_time(fact, now))
        told[fact.data.evaluation_id] = now
    producer.flush()
    watch.wait(told, seconds=PATIENCE_SECONDS)
    return told


def _waits(watch: Watch, told: dict[UUID, datetime]) -> Waits:
    return {
        kind: [
            (seen - told[about]).total_seconds() * 1000
            for about, seen in watch.seen(kind).items()
            if about in told
        ]
        for kind in KINDS
    }


def _rows(
    site: Site, rate: int, floor: Waits, ours: Waits, goals: Goals | None, prefix: str = ""
) -> Iterator[Row]:
    for kind, name in KINDS.items():
        yield latency(prefix + name, site.name, rate, ours[kind], goals, floor[kind])


def replace_time(fact: Result, at: datetime) -> Result:
    """The same fact, told now."""
    return Fact(fact.id, fact.data, at, fact.traceparent)


def _producer(site: Site) -> Producer:
    return Producer(
        {
            "bootstrap.servers": site.bus.servers,
            "acks": "all",
            "linger.ms": 0,
            "partitioner": "murmur2_random",
            "log_level": 2,
        }
    )


def _tell(producer: Producer, fact: Result) -> None:
    one = facts.message(fact, facts.APPRAISAL)
    producer.produce(one.topic, one.value, one.key, headers=one.headers)
