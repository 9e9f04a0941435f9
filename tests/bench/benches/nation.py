"""A whole nation's evaluations through the pipeline in one go."""

import time
from collections.abc import Iterator
from itertools import islice
from typing import Final
from uuid import UUID

from tests.bench import facts, machine, talk
from tests.bench.done import conditions
from tests.bench.knobs import Knobs
from tests.bench.once import switch_email_off
from tests.bench.production import Production
from tests.bench.programs import Ours
from tests.bench.results import Row, figure
from tests.bench.site import Site

STEP: Final = 50_000
CORES: Final = 16
PARTITIONS: Final = 4
COPIES: Final = 3
"""What a larger installation has: brokers that each keep every fact."""
MIB: Final = 1024**2


def nation(site: Site, knobs: Knobs) -> Iterator[Row]:
    """Topics are filled first; then one process a service takes all of it."""
    if not isinstance(site, Production):
        return
    site.fresh()
    program, stages = Ours(), ("training", "notifications")
    for stage in stages:
        site.skip(program.group(stage), program.heard(stage))
    told = site.bus.count(program.out)
    fed = _fill(site, knobs.nation)
    cpu = (site.database_cpu(), site.broker_cpu())
    began = time.monotonic()
    with program.started(site, stages) as running:
        for true in conditions(site, program, stages, told=told, n=knobs.nation):
            while not true():
                running.check()
                time.sleep(1)
        seconds = time.monotonic() - began
        apps = {s: machine.cpu_seconds([p]) for s, p in zip(stages, running.pids, strict=True)}
        peaks = {s: machine.peak_mib(p) for s, p in zip(stages, running.pids, strict=True)}
    database, broker = site.database_cpu() - cpu[0], site.broker_cpu() - cpu[1]
    yield figure(
        "nation: one process a service",
        site.name,
        seconds,
        "s",
        evaluations=knobs.nation,
        events_per_s=round(knobs.nation / seconds),
        **{f"cpu_s_{name}": round(used) for name, used in apps.items()},
        cpu_s_database=round(database),
        cpu_s_broker=round(broker),
        **{f"peak_mib_{name}": round(used) for name, used in peaks.items()},
        **{f"disk_mib_{name}": round(_size(site, name)) for name in stages},
        disk_mib_evaluations_topic=round(fed / MIB),
    )
    yield figure(
        f"nation: derived for {COPIES} brokers and {CORES} cores",
        site.name,
        on_more_cores(apps, database=database, broker=broker),
        "s",
        processes_a_service=PARTITIONS,
    )


def on_more_cores(apps: dict[str, float], *, database: float, broker: float) -> float:
    """Seconds where every service has a process a partition, and every fact is kept three times.

    No process can use more than a core, and all together no more than there are.
    """
    slowest = max(apps.values()) / PARTITIONS
    everything = (sum(apps.values()) + database + COPIES * broker) / CORES
    return max(slowest, everything)


def _fill(site: Site, count: int) -> int:
    """Tell all results, and note that nobody wants e-mail; gives the bytes told."""
    found = facts.results(count, seed=9)
    fed = 0
    while chunk := list(islice(found, STEP)):
        messages = [facts.message(fact, facts.APPRAISAL) for fact in chunk]
        people: list[UUID] = [fact.data.employee_id for fact in chunk]
        site.bus.feed(messages)
        switch_email_off(site, people)
        fed += sum(facts.size(one) for one in messages)
    talk.line(f"{site.name} nation: {count:,} results are told")
    return fed


def _size(site: Production, service: str) -> float:
    [row] = site.ask(service, "select pg_database_size(current_database())")
    return float(row[0]) / MIB
