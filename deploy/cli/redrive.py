"""Sends dead letters back to their topics, exactly as they came, and marks that this was done."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from deploy.cli.broker import Client
from deploy.cli.letters import MARK_ID, MARK_TIME, SUFFIX, TOPICS, Letter, Selection, every
from shared import reading

AT_ONCE: Final = 200
BYTES_AT_ONCE: Final = 8 * 1024 * 1024
"""What is on its way unacknowledged at most."""
PRODUCER: Final[dict[str, Any]] = {
    "acks": "all",
    # a fact that is sent twice is handled once, so that any broker will do
    "enable_idempotence": False,
    "max_request_size": 4 * 1024 * 1024,
    "request_timeout_ms": 20_000,
}


async def chosen(
    client: Client, selection: Selection, *, again: bool = False
) -> AsyncGenerator[Letter]:
    """The letters a selection means, each record once, without those sent back before.

    `again`: with them too. A record that several services set aside goes back once: every service
    that listens gets it.
    """
    seen: set[str] = set()
    async with reading.reader(client) as consumer:
        where = await reading.partitions(client, TOPICS)
        async for letter in every(consumer, where):
            if letter.id in seen or not selection.takes(letter):
                continue
            if letter.redriven is None or again:
                seen.add(letter.id)
                yield letter


async def send_back(
    client: Client, letters: AsyncIterator[Letter], progress: Callable[[int], None]
) -> int:
    """Send letters back in their order; gives how many, `progress` hears how many so far.

    A letter is marked only once the broker has the fact: whatever dies in between, it is sent
    again rather than lost.
    """
    sent = 0
    producer = AIOKafkaProducer(**client, **PRODUCER)
    await producer.start()
    try:
        batch: list[Letter] = []
        size = 0
        async for letter in letters:
            batch.append(letter)
            size += len(letter.value)
            if len(batch) >= AT_ONCE or size >= BYTES_AT_ONCE:
                sent += await _send(producer, batch)
                progress(sent)
                batch, size = [], 0
        sent += await _send(producer, batch)
        progress(sent)
    finally:
        await producer.stop()
    return sent


async def _send(producer: AIOKafkaProducer, batch: list[Letter]) -> int:
    await asyncio.gather(
        *[
            await producer.send(one.topic, one.value, key=one.key, headers=list(one.headers))
            for one in batch
        ]
    )
    now = datetime.now(UTC).isoformat().encode()
    await asyncio.gather(
        *[
            await producer.send(
                one.topic + SUFFIX,
                b"",
                key=one.key,
                headers=[(MARK_ID, one.id.encode()), (MARK_TIME, now)],
            )
            for one in batch
        ]
    )
    return len(batch)
