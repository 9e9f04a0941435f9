"""One replay from beginning to end."""

import contextlib
from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Final

from shared import reading
from shared.alone import Claim
from shared.delivery import Listening, dead_id
from shared.replay.finding import quick_to_find
from shared.replay.handling import Counting, Redelivery, Taker, finish
from shared.replay.memory import SUFFIX, Memory, Record
from shared.replay.outlook import Outlook, Selection, look
from shared.service import Made

PROGRESS: Final = 2000
"""After how many records to say how far it is."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is replayed, and where.

    Attributes:
        service: its name, which is its group's too.
        made: what it is made of.
        tells: the topics it tells on.
        client: how to reach the broker.
        say: hears what goes on.
    """

    service: str
    made: Made
    tells: Collection[str]
    client: reading.Client
    say: Callable[..., None]

    async def replay(self, selection: Selection, *, dry_run: bool = False) -> bool:
        """Do it, or only count; False if that was refused."""
        listening, database = self.made.listening, self.made.database
        if listening is None:
            self.say(refused="listens_to_nothing")
            return False
        outlook = await look(self.client, self.service, listening.topics, selection)
        members = outlook.members
        if self.made.settings.common.kafka_alone:  # then it is in no group
            members = int(Claim.beside(database).is_taken)
        self.say(plan={"members": members, "records": outlook.records})
        if members and not selection.harmless and not dry_run:
            self.say(refused="members", members=members)
            return False
        memory = Memory(self.service, database, outlook.cluster)
        taker: Taker = Counting(listening, database)
        async with contextlib.AsyncExitStack() as ending:
            if not dry_run:
                await ending.enter_async_context(quick_to_find(database))
                taker = Redelivery(listening, database, again=selection.again)
            await self._remember(memory, listening, selection, keep=not dry_run)
            await self._hand_over(self._records(outlook, memory), selection, taker, outlook.records)
        if not dry_run:
            await finish(database, self.made.after_replay)
        said = {"members": members, "noted": memory.noted, "dry_run": dry_run}
        self.say(result=asdict(taker.counts) | said)
        return True

    async def _remember(
        self, memory: Memory, listening: Listening, selection: Selection, *, keep: bool
    ) -> None:
        """What it set aside and, where it is to be kept, what it told of those selected."""
        dead = {topic + SUFFIX for topic in listening.topics}
        topics = dead | set(self.tells) if keep else dead
        async with reading.reader(self.client) as consumer:
            where = await reading.partitions(self.client, topics)
            batch: list[Record] = []
            async for record in reading.records(consumer, where):
                if record.topic in dead or selection.takes(record.key):
                    batch.append(record)
                if len(batch) >= reading.RECORDS:
                    await memory.note(batch, keep=keep)
                    batch = []
            await memory.note(batch, keep=keep)

    async def _records(self, outlook: Outlook, memory: Memory) -> AsyncGenerator[Record | None]:
        """Each record to read; None in place of one that was set aside where it stands."""
        async with reading.reader(self.client) as consumer:
            found = reading.between(consumer, outlook.spans, borders=outlook.borders)
            async with aclosing(found):
                async for record in found:
                    aside = memory.aside and dead_id(self.service, record) in memory.aside
                    yield None if aside else record

    async def _hand_over(
        self,
        records: AsyncGenerator[Record | None],
        selection: Selection,
        taker: Taker,
        of: int,
    ) -> None:
        batch: list[Any] = []
        done = 0
        async with aclosing(records):
            async for record in records:
                done += 1
                if record is not None and selection.takes(record.key):
                    batch.append(record)
                if len(batch) >= self.made.settings.batch:
                    await taker.take(batch)
                    batch = []
                if done % PROGRESS == 0:
                    self.say(progress={"done": done, "of": max(done, of)})
        if batch:
            await taker.take(batch)
        self.say(progress={"done": done, "of": done})
