"""What a service told before its database was lost, noted anew from the topics it lies on.

So it is not told again, and should the broker lose its topics they can still be filled from here.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from shared import envelope, postmark
from shared.database import Database
from shared.delivery import dead_id
from shared.outbox import Row, Told, note, shard_of, told_before, told_position

SUFFIX: Final = ".dead"


class Record(envelope.Record, Protocol):
    """A record, and when it was told."""

    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970."""


class Memory:
    """Knows what a service told, and what it set aside.

    Attributes:
        aside: ids of the records it set aside. They lie on dead topics until somebody sends them
            back, so a replay leaves them alone where they stood.
        noted: how many facts were noted that its database knew nothing of.
    """

    def __init__(self, service: str, database: Database, cluster: str) -> None:
        self.aside: set[UUID] = set()
        self.noted = 0
        self._service = service
        self._source = f"urn:kinerja:{service}".encode()
        self._database = database
        self._cluster = cluster

    async def note(self, records: Sequence[Record], *, keep: bool = True) -> None:
        """Remember what these records, from topics the service tells on, say it told or set aside.

        `keep`: in its database as well.
        """
        own = [(row, record) for record in records if (row := self._row(record)) is not None]
        if not own or not keep:
            return
        async with self._database.begin() as session:
            before = await told_before(session, [row for row, _ in own])
            rows = {
                row[1]: (row, datetime.fromtimestamp(record.timestamp / 1000, UTC))
                for row, record in own
                if row[1] not in before
            }
            await note(session, list(rows.values()))
            await self._note_places(session, [record for _, record in own])
        self.noted += len(rows)

    def _row(self, record: Record) -> Row | None:
        """The row the service told this record from; None if others did, or nobody could."""
        named = dict(record.headers)
        fact = None
        if record.topic.endswith(SUFFIX):
            if named.get("dead_service") != self._service.encode():
                return None
            names = ("dead_topic", "dead_partition", "dead_offset")
            place = "/".join((named.get(name) or b"").decode("utf-8", "replace") for name in names)
            identity = dead_id(self._service, record, place)
            self.aside.add(identity)
        else:
            read = envelope.read(record, datetime.now(UTC))
            if named.get("ce_source") != self._source or isinstance(read, envelope.Refused):
                return None
            fact, identity = read.fact, read.fact.id
        told_headers = {
            name: (value or b"").decode("utf-8", "replace") for name, value in record.headers
        }
        row = (shard_of(record.key), identity, record.topic, record.key, record.value or b"")
        if fact is not None:
            kept = Told(0, *row, postmark.of_fact(fact, f"urn:kinerja:{self._service}"))
            if postmark.headers_of(kept) == list(record.headers):
                return (*row, kept.headers)
        return (*row, postmark.of_record(told_headers))

    async def _note_places(self, session: AsyncSession, records: Sequence[Record]) -> None:
        """How far the topics reach at least; what a relay knows better stays."""
        places = {(record.topic, record.partition): record.offset for record in records}
        dialect = postgresql if self._database.is_postgres else sqlite
        reached = dialect.insert(told_position)
        await (await session.connection()).execute(
            reached.on_conflict_do_update(
                index_elements=["topic", "partition"],
                set_={"offset": reached.excluded.offset},
                where=(told_position.c.cluster == reached.excluded.cluster)
                & (told_position.c.offset < reached.excluded.offset),
            ),
            [
                {"topic": topic, "partition": number, "offset": offset, "cluster": self._cluster}
                for (topic, number), offset in sorted(places.items())
            ],
        )
