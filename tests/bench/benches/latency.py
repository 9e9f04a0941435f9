"""Waits: from a result told to the inbox rows it leads to, at steady rates and after a burst."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from confluent_kafka import Producer

from shared.events import EvaluationFinalized, Fact
from tests.bench import facts, talk
from tests.bench.knobs import Knobs
from tests.bench.once import switch_email_off
from tests.bench.programs import Ours, Running
from tests.bench.results import Goals, Row, latency
from tests.bench.seen import Watch, watching
from tests.bench.site import Site

RATES: Final = (50, 500)
GOALS: Final[dict[tuple[str, int], Goals]] = {
    ("kafka-postgres", 50): {"p50_ms": ("<=", 10), "p99_ms": ("<=", 30)},
    ("kafka-postgres", 500): {"p50_ms": ("<=", 25), "p99_ms": ("<=", 80)},
    ("embedded", 50): {"p50_ms": ("<=", 25), "p99_ms": ("<=", 80)},
}
BURST_GOAL: Final[Goals] = {"max_ms": ("<=", 5000)}
WARM_SECONDS: Final = 10
"""Before a rate counts: how soon the broker's code is compiled is not what is asked."""
PATIENCE_SECONDS: Final = 120


def latencies(site: Site, knobs: Knobs) -> Iterator[Row]:
    """Services run once; each rate gets people of its own."""
    site.fresh()
    with Ours().started(site, ("training", "notifications")) as running, watching(site) as watch:
        for number, rate in enumerate(RATES):
            _told(site, running, watch, seed=100 + number, rate=rate, seconds=WARM_SECONDS)
            yield from _steady(site, running, watch, rate=rate, seconds=knobs.seconds)
        yield from _burst(site, running, watch, size=knobs.burst)


def _steady(
    site: Site, running: Running, watch: Watch, *, rate: int, seconds: int
) -> Iterator[Row]:
    told = _told(site, running, watch, seed=rate, rate=rate, seconds=seconds)
    for row in _rows(site, watch, told, rate, GOALS.get((site.name, rate))):
        talk.line(f"{site.name} {row['name']} at {rate}/s: {row['p50_ms']} / {row['p99_ms']} ms")
        yield row


def _burst(site: Site, running: Running, watch: Watch, *, size: int) -> Iterator[Row]:
    """So many at once, then on at the lower rate: when is the last of them seen."""
    found = list(facts.results(size, seed=7))
    switch_email_off(site, [fact.data.employee_id for fact in found])
    producer = _producer(site)
    began = datetime.now(UTC)
    for fact in found:
        _tell(producer, replace_time(fact, began))
    producer.flush()
    _told(site, running, watch, seed=8, rate=RATES[0], seconds=WARM_SECONDS)
    told = {fact.data.evaluation_id: began for fact in found}
    watch.wait(told, seconds=PATIENCE_SECONDS)
    for row in _rows(site, watch, told, size, BURST_GOAL, prefix="burst: "):
        talk.line(f"{site.name} {row['name']} of {size}: the last after {row['max_ms']} ms")
        yield row


def _told(
    site: Site, running: Running, watch: Watch, *, seed: int, rate: int, seconds: int
) -> dict[UUID, datetime]:
    """Tell results one by one at a steady pace; gives when each was told, once all are seen."""
    found = list(facts.results(rate * seconds, seed=seed))
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


def _rows(
    site: Site,
    watch: Watch,
    told: dict[UUID, datetime],
    rate: int,
    goals: Goals | None,
    prefix: str = "",
) -> Iterator[Row]:
    for kind, name in (
        ("result_ready", "result → inbox row"),
        ("training_recommended", "result → recommendation → inbox row"),
    ):
        waits = [
            (seen - told[about]).total_seconds() * 1000
            for about, seen in watch.seen(kind).items()
            if about in told
        ]
        yield latency(prefix + name, site.name, rate, waits, goals)


def replace_time(fact: Fact[EvaluationFinalized], at: datetime) -> Fact[EvaluationFinalized]:
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


def _tell(producer: Producer, fact: Fact[EvaluationFinalized]) -> None:
    one = facts.message(fact, facts.APPRAISAL)
    producer.produce(one.topic, one.value, one.key, headers=one.headers)
