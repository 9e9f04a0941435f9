"""Dead letters: what services set aside, read from the dead topics, and which were sent back.

A letter that was sent back stays where it is; a mark behind it on the same topic says so: a record
without value whose header `redriven_id` names the letter. See docs/decisions/0012.
"""

import hashlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared import reading
from shared.envelope import Record
from shared.events import topics

SUFFIX: Final = ".dead"
MARK_ID: Final = "redriven_id"
MARK_TIME: Final = "redriven_time"
OURS: Final = ("dead_", "redriven_")
"""How headers begin that are not the letter's own."""
TOPICS: Final = tuple(topic.dead.name for topic in topics.ALL)
UNKNOWN: Final = "?"
"""What a foreign record on a dead topic does not say."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A record a service set aside.

    Attributes:
        id: twelve hex digits, made of what was set aside and where it stood: the same for every
            service that set it aside, and still the same after a dead topic was filled again.
        topic: the topic it came from, and goes back to.
        reason: a code of `shared.envelope`, or `handler:` and an exception's class name.
        origin: topic/partition/offset it stood at.
        place: topic/partition/offset of the dead record itself.
        time: when it was set aside; None where the record does not say so.
        headers: its own envelope, as it came.
        redriven: when it was last sent back; None if it never was.
    """

    id: str
    topic: str
    reason: str
    service: str
    origin: str
    place: str
    time: datetime | None
    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    redriven: datetime | None = None

    @property
    def type(self) -> str:
        """The fact's type, as its envelope says."""
        return self._told("ce_type") or UNKNOWN

    @property
    def fact_id(self) -> str:
        """The fact's id, as its envelope says."""
        return self._told("ce_id")

    def _told(self, name: str) -> str:
        return dict(self.headers).get(name, b"").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Mark:
    """Says that a letter was sent back."""

    id: str
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are meant; what is empty or None excludes nothing.

    Attributes:
        topic: with or without `.dead`.
        reason: `handler` also means every `handler:…`.
        since, until: from when on, and before when, they were set aside.
        ids: the beginnings of letters' ids, or facts' whole ids.
    """

    topic: str | None = None
    reason: str | None = None
    type: str | None = None
    service: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[str, ...] = ()

    @property
    def is_everything(self) -> bool:
        """Whether nothing is excluded."""
        return self == Selection()

    def takes(self, letter: Letter) -> bool:
        """Whether this letter is meant."""
        if self.topic and self.topic.removesuffix(SUFFIX) != letter.topic:
            return False
        if self.reason and self.reason not in {letter.reason, letter.reason.partition(":")[0]}:
            return False
        if self.type and self.type != letter.type:
            return False
        if self.service and self.service != letter.service:
            return False
        if self.ids and not any(_names(one, letter) for one in self.ids):
            return False
        return self._in_time(letter.time)

    def _in_time(self, time: datetime | None) -> bool:
        if time is None:
            return self.since is None and self.until is None
        return not (self.since and time < self.since) and not (self.until and time >= self.until)


def _names(asked: str, letter: Letter) -> bool:
    return letter.id.startswith(asked.lower()) or asked.lower() == letter.fact_id.lower()


def read(record: Record, at: datetime | None = None) -> Letter | Mark:
    """A record of a dead topic; `at` is the time the broker has for it."""
    named = {name: value or b"" for name, value in record.headers}
    if MARK_ID in named:
        return Mark(_text(named[MARK_ID]), _time(named.get(MARK_TIME)) or at)
    topic = record.topic.removesuffix(SUFFIX)
    stood = [_text(named.get(f"dead_{name}", b"?")) for name in ("topic", "partition", "offset")]
    own = tuple((name, value or b"") for name, value in record.headers if not name.startswith(OURS))
    value = record.value or b""
    return Letter(
        id=_id("/".join(stood), record.key, named.get("ce_id", b""), value),
        topic=topic,
        reason=_text(named.get("dead_reason", b"")) or UNKNOWN,
        service=_text(named.get("dead_service", b"")) or UNKNOWN,
        origin="/".join(stood),
        place=f"{record.topic}/{record.partition}/{record.offset}",
        time=_time(named.get("dead_time")) or at,
        key=record.key,
        value=value,
        headers=own,
    )


def _id(origin: str, key: bytes | None, fact_id: bytes, value: bytes) -> str:
    """The place alone would not do: a topic lost and filled again has another record there."""
    made = hashlib.blake2b(digest_size=6)
    for part in (origin.encode(), key or b"", fact_id, value):
        made.update(len(part).to_bytes(8))
        made.update(part)
    return made.hexdigest()


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _time(value: bytes | None) -> datetime | None:
    try:
        found = datetime.fromisoformat(_text(value or b""))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def every(
    consumer: AIOKafkaConsumer, where: Sequence[TopicPartition]
) -> AsyncGenerator[Letter]:
    """All letters on these dead topics, oldest first, each once a service, one in memory at a time.

    Read twice: marks lie behind what they are about.
    """
    marks: dict[str, datetime | None] = {}
    async for record in reading.records(consumer, where):
        if isinstance(found := read(record, _at(record)), Mark):
            marks[found.id] = found.time
    seen: set[tuple[str, str]] = set()
    async for record in reading.records(consumer, where):
        letter = read(record, _at(record))
        if isinstance(letter, Letter) and (letter.id, letter.service) not in seen:
            seen.add((letter.id, letter.service))
            yield marked(letter, marks)


def marked(letter: Letter, marks: Mapping[str, datetime | None]) -> Letter:
    """The letter with when it was sent back, if it was."""
    if letter.id not in marks:
        return letter
    return replace(letter, redriven=marks[letter.id] or datetime.fromtimestamp(0, UTC))


def _at(record: Any) -> datetime:
    return datetime.fromtimestamp(max(record.timestamp, 0) / 1000, UTC)
