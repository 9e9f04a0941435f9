"""How a consumer asks for more: few facts soon, many at once."""

import asyncio
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from aiokafka import TopicPartition

from shared.records import Record

IDLE_MS: Final = 500
"""How long to wait for records at a time."""
GATHER_SECONDS: Final = 0.05
"""For how long more are gathered where many come, but not as many as a batch holds: each batch
costs as much as a hundred facts, and whoever takes too small ones takes from all others."""
SOON_SECONDS: Final = 0.004
"""The same where few come, but more than one at a time; one alone is never waited for."""


class Pace:
    """Asks for the next records, and says whether meanwhile any are fetched ahead.

    aiokafka fetches on as soon as it has handed out what it had, and then no further before that is
    handed out too. Where few come, that fetch brings the one record that came first, and whatever
    came behind it waits for two batches instead of one. So nothing is fetched while few are
    handled: what came by then comes at once. Where many come, fetching ahead keeps both busy.
    """

    def __init__(self, batch: int) -> None:
        """`batch`: how many records at most."""
        self._batch = batch
        self._few = batch // 16
        self._came = 0
        """How many records came last."""
        self.held: AbstractSet[TopicPartition] = frozenset()
        """The partitions nothing is fetched of until the next records are asked for."""

    async def next(self, consumer: Any) -> Mapping[TopicPartition, Sequence[Record]]:
        """The next records, as soon as there are any; none after half a second without."""
        if 1 < self._came < self._batch // 2:
            await asyncio.sleep(SOON_SECONDS if self._came < self._few else GATHER_SECONDS)
        consumer.resume(*(self.held & consumer.assignment()))
        self.held = frozenset()
        found: Mapping[TopicPartition, Sequence[Record]]
        found = await consumer.getmany(timeout_ms=IDLE_MS, max_records=self._batch)
        self._came = sum(map(len, found.values()))
        if 0 < self._came < self._few:
            self.held = consumer.assignment() - consumer.paused()
            consumer.pause(*self.held)
        return found
