"""Training and notifications, and all bad input at once between good facts."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord

from deploy.local.environment import SERVICES
from shared.placing import partition_of
from tests.live.bad_input import kinds
from tests.live.bad_input.kinds import BOTH, LISTENERS, Told
from tests.live.engine import no_containers
from tests.live.ground import Real
from tests.live.real import Kafka, Postgres
from tests.live.running import Running, run
from tests.services.facts import registered, result

GOOD = 600
"""Facts told before, between and behind the bad ones."""
SECONDS = 60
"""Within which all must be over."""


@dataclass
class Outcome:
    """What was told, and what became of it."""

    running: Running
    told: list[Told]
    dead: list[ConsumerRecord]  # type: ignore[type-arg]  # aiokafka has no types
    good_seconds: float
    dead_seconds: float
    memory: dict[str, float]
    """By service, the most it ever had (MiB)."""

    @property
    def good(self) -> list[Told]:
        return [one for one in self.told if one.reason is None]

    @property
    def bad(self) -> list[Told]:
        return [one for one in self.told if one.reason is not None]

    def rows(self, service: str, query: str) -> list[tuple[object, ...]]:
        return self.running.ground.ask(service, query)


def all_told() -> list[Told]:
    """Good facts, and the bad spread between them; of one person's facts the order is kept."""
    good = [kinds.told("good", result("GOOD", number)) for number in range(GOOD)]
    good += [kinds.told("good", registered(number)) for number in range(100)]
    others = [
        *kinds.values(),
        *kinds.envelopes(),
        *kinds.kept_by_no_database(),
        *kinds.odd(),
        *kinds.twice(),
        *kinds.versions(9_030, 2, 1),
        *kinds.versions(9_031, 1, 4),
    ]
    apart = len(good) // len(others)
    for place, one in enumerate(others):
        good.insert(place * (apart + 1), one)
    return good


async def tell(servers: str, told: list[Told]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=servers, acks="all", max_request_size=2**21)
    await producer.start()
    try:
        sent = {}
        for number, one in enumerate(told):
            there = len(await producer.partitions_for(one.topic))
            partition = partition_of(one.key, there) if one.key else number % there
            if (before := sent.get((one.topic, partition))) is not None:
                await before
            sent[one.topic, partition] = asyncio.create_task(kinds.write(producer, one, partition))
        await asyncio.gather(*sent.values())
    finally:
        await producer.stop()


async def dead(servers: str) -> list[ConsumerRecord]:  # type: ignore[type-arg]  # the same
    """All that lies on dead topics now."""
    asker = AIOKafkaConsumer(
        *(f"{topic}.dead" for topic in LISTENERS),
        bootstrap_servers=servers,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=2**22,
    )
    await asker.start()
    found = []
    try:
        ends = await asker.end_offsets(asker.assignment())
        while any([await asker.position(one) < end for one, end in ends.items()]):
            for records in (await asker.getmany(timeout_ms=200)).values():
                found += records
    finally:
        await asker.stop()
    return found


def highest(running: Running, service: str) -> float:
    pid = running.processes.pids()[service]
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(one.split()[1]) for one in lines if one.startswith("VmHWM:")) / 1024


def known(running: Running, service: str) -> int:
    """How many facts a service has handled; records set aside are in its inbox too."""
    counts = (
        "select (select count(*) from inbox) - (select count(*) from told where topic ~ 'dead$')"
    )
    return int(running.ground.ask(service, counts)[0][0])


@pytest.fixture(scope="module")
def outcome(
    foundations: tuple[Kafka, Postgres] | None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outcome]:
    if foundations is None:
        pytest.skip(f"Apache Kafka: {no_containers()}")
    kafka, postgres = foundations
    asyncio.run(kafka.wipe())
    asyncio.run(postgres.create(*SERVICES))
    with run(
        tmp_path_factory.mktemp("bad") / "data", BOTH, on=lambda _stack: Real(kafka, postgres)
    ) as running:
        told = all_told()
        began = time.monotonic()
        asyncio.run(tell(kafka.servers, told))
        heard = {
            service: sum(one.reason is None and service in LISTENERS[one.topic] for one in told)
            for service in BOTH
        }
        letters = sum(len(one.by) for one in told)

        def handled() -> bool:
            return all(known(running, service) >= heard[service] for service in BOTH)

        running.wait(handled, seconds=SECONDS, what="good facts are handled")
        good_seconds = time.monotonic() - began

        def aside() -> bool:
            return len(asyncio.run(dead(kafka.servers))) >= letters

        running.wait(aside, seconds=SECONDS, what=f"{letters} are set aside")
        dead_seconds = time.monotonic() - began
        time.sleep(1)  # one too many would come now
        memory = {service: highest(running, service) for service in BOTH}
        found = asyncio.run(dead(kafka.servers))
        yield Outcome(running, told, found, good_seconds, dead_seconds, memory)
