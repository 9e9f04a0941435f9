"""`python -m tests.bench.floor STAGE`: one process of the floor, until it is ended."""

import argparse
import asyncio
import gc
import random
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec
from confluent_kafka import Consumer, Producer

from tests.bench.floor import ASSIGNED, work
from tests.bench.floor.disk import Disk, Postgres, Sqlite

_pack = msgspec.json.Encoder().encode


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=("training", "notifications"))
    parser.add_argument("--kafka", required=True)
    parser.add_argument("--database", required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--topics", nargs="+", required=True)
    parser.add_argument("--out", default="")
    parser.add_argument("--answers", type=Path)
    parser.add_argument("--batch", type=int, default=2000)
    parser.add_argument("--soon", action="store_true", help="take what is there, gather nothing")
    return parser.parse_args()


def _clients(given: argparse.Namespace) -> tuple[Consumer, Producer]:
    consumer = Consumer(
        {
            "bootstrap.servers": given.kafka,
            "group.id": given.group,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 50,
            "queued.min.messages": 20_000,
            "fetch.queue.backoff.ms": 2,  # else it rests a second when its queue is full
        }
    )
    producer = Producer(
        {
            "bootstrap.servers": given.kafka,
            "linger.ms": 1,
            "acks": "all",
            "partitioner": "murmur2_random",
            "batch.num.messages": 10_000,
            "queue.buffering.max.messages": 200_000,
        }
    )
    return consumer, producer


async def _run(given: argparse.Namespace) -> None:
    postgres = given.database.startswith("postgres")
    disk: Disk = await Postgres.open(given.database) if postgres else Sqlite(given.database)
    consumer, producer = _clients(given)
    signal.signal(signal.SIGTERM, _end)
    consumer.subscribe(given.topics, on_assign=_say)
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    try:
        if given.stage == "training":
            await _train(given, consumer, producer, disk, work.Training(work.load(given.answers)))
        else:
            await _notify(given, consumer, disk, work.Notifications())
    finally:
        consumer.close()  # leaves its group, so that the next one need not wait


def _taken(given: argparse.Namespace, consumer: Consumer, seconds: float) -> list[Any]:
    """A batch; `consume` waits as long as it may for a whole one."""
    if not given.soon:
        return consumer.consume(given.batch, seconds)
    first = consumer.poll(seconds)
    return [] if first is None else [first, *consumer.consume(given.batch - 1, 0)]


def _say(_consumer: Consumer, partitions: list[Any]) -> None:
    print(ASSIGNED, len(partitions), flush=True)  # noqa: T201  # the bench waits for it


def _end(*_: object) -> None:
    raise KeyboardInterrupt


async def _train(
    given: argparse.Namespace, consumer: Consumer, producer: Producer, disk: Disk, stage: Any
) -> None:
    gone = None
    at = random.SystemRandom().getrandbits(22) << 40  # ranges of processes stay apart
    while True:
        found = _taken(given, consumer, 0.5 if gone is None else 0.02)
        if not found and gone:
            await disk.keep(gone, {})
            gone = None
        if not found:
            continue
        done = [stage(one.value(), one.headers()) for one in found]
        await disk.keep(
            gone,
            {
                "inbox": [(one[0],) for one in done],
                "recommendation_set": [one[1] for one in done],
                "outbox": [
                    (at + place, given.out, key, value, _pack(headers))
                    for place, (_, _, key, value, headers) in enumerate(done)
                ],
            },
        )
        for _, _, key, value, headers in done:
            producer.produce(given.out, value, key, headers=headers)
        producer.flush()
        gone = (at, at + len(done))
        at += len(done)
        consumer.commit(asynchronous=True)


async def _notify(given: argparse.Namespace, consumer: Consumer, disk: Disk, stage: Any) -> None:
    while True:
        found = _taken(given, consumer, 0.5)
        if not found:
            continue
        done = [stage(one.value(), one.headers()) for one in found]
        await disk.keep(
            None,
            {
                "inbox": [(one[0],) for one in done],
                "notice": [row for one in done for row in one[1]],
            },
        )
        consumer.commit(asynchronous=True)


if __name__ == "__main__":
    try:
        asyncio.run(_run(_arguments()))
    except KeyboardInterrupt:
        sys.exit(0)
