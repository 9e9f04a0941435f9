"""What a replay would read: from where, up to where, and who is in its way."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared import reading
from shared.reading import Client


@dataclass(frozen=True, slots=True)
class Selection:
    """Which facts to handle again.

    Attributes:
        since: only what was told since; None: from the oldest there is.
        employee: only what is about this employee.
        again: also what this database's inbox knows; else only what is missing in it.
        to_end: also what the service's group has not handled; else no more than that.
    """

    since: datetime | None = None
    employee: UUID | None = None
    again: bool = False
    to_end: bool = False

    @property
    def harmless(self) -> bool:
        """Whether the service may run meanwhile: what it adds is about somebody else, or newer."""
        return self.employee is not None

    def takes(self, key: bytes | None) -> bool:
        """Whether a record of this key is meant."""
        return self.employee is None or key == str(self.employee).encode()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a broker knows of a service's group and topics.

    Attributes:
        cluster: the broker's own id.
        members: processes that are in the group now.
        spans: by partition the offset to begin at, and where the log ends.
        borders: by partition where the group stands; a replay goes no further.
    """

    cluster: str
    members: int
    spans: Mapping[TopicPartition, tuple[int, int]] = field(default_factory=dict)
    borders: Mapping[TopicPartition, int] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """How many records will be read, about."""
        return sum(
            max(0, self.borders.get(one, end) - first) for one, (first, end) in self.spans.items()
        )


async def look(
    client: Client, group: str, topics: Collection[str], selection: Selection
) -> Outlook:
    """Ask the broker what lies before a service's group."""
    where = await reading.partitions(client, topics)
    admin = AIOKafkaAdminClient(**client)
    try:
        await admin.start()
        cluster = str((await admin.describe_cluster())["cluster_id"])
        members = await _members(admin, group)
        borders = {} if selection.to_end else await _committed(admin, group, where)
    finally:
        await admin.close()
    async with reading.reader(client) as consumer:
        spans = await _since(consumer, await reading.extents(consumer, where), selection.since)
    return Outlook(cluster, members, spans, borders)


async def _members(admin: AIOKafkaAdminClient, group: str) -> int:
    [answer] = await admin.describe_consumer_groups([group])
    return sum(len(one["members"]) for one in answer.to_object()["groups"])


async def _committed(
    admin: AIOKafkaAdminClient, group: str, where: Collection[TopicPartition]
) -> dict[TopicPartition, int]:
    """Where the group stands; at 0 on a partition it never took anything from."""
    if not where:
        return {}
    told = await admin.list_consumer_group_offsets(group, partitions=list(where))
    return {one: max(0, told[one].offset) for one in where}


async def _since(
    consumer: AIOKafkaConsumer,
    spans: Mapping[TopicPartition, tuple[int, int]],
    since: datetime | None,
) -> dict[TopicPartition, tuple[int, int]]:
    """The same partitions, each from the first record that was told since."""
    if since is None or not spans:
        return dict(spans)
    at = int(since.timestamp() * 1000)
    found: Mapping[TopicPartition, Any] = await consumer.offsets_for_times(dict.fromkeys(spans, at))
    return {
        one: (max(first, found[one].offset), end)
        for one, (first, end) in spans.items()
        if found.get(one) is not None
    }
