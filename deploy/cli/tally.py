"""Counts letters by what they have in common."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.cli.letters import Letter


@dataclass(slots=True)
class Group:
    """Letters of one topic, reason, type and service."""

    topic: str
    reason: str
    type: str
    service: str
    count: int = 0
    redriven: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None

    def add(self, letter: Letter) -> None:
        """Count one more."""
        self.count += 1
        self.redriven += letter.redriven is not None
        if letter.time is not None:
            self.oldest = min(self.oldest or letter.time, letter.time)
            self.newest = max(self.newest or letter.time, letter.time)


@dataclass(slots=True)
class Tally:
    """All groups, and the first `keep` letters as they are."""

    keep: int
    groups: dict[tuple[str, ...], Group] = field(default_factory=dict)
    first: list[Letter] = field(default_factory=list)

    def add(self, letter: Letter) -> None:
        """Count a letter."""
        key = (letter.topic, letter.reason, letter.type, letter.service)
        self.groups.setdefault(key, Group(*key)).add(letter)
        if len(self.first) < self.keep:
            self.first.append(letter)

    @property
    def count(self) -> int:
        """How many letters there are."""
        return sum(group.count for group in self.groups.values())

    @property
    def redriven(self) -> int:
        """How many of them were sent back."""
        return sum(group.redriven for group in self.groups.values())

    def sorted(self) -> list[Group]:
        """The largest group first."""
        return sorted(self.groups.values(), key=lambda one: (-one.count, one.topic, one.reason))

    def as_json(self, *, each: bool = False) -> dict[str, Any]:
        """The counts, and with `each` the first letters too."""
        found: dict[str, Any] = {
            "count": self.count,
            "redriven": self.redriven,
            "groups": self.sorted(),
        }
        return found | ({"letters": [self.letter(one) for one in self.first]} if each else {})

    @staticmethod
    def letter(one: Letter) -> dict[str, Any]:
        """What may be told of a letter without showing what it says."""
        return {
            "id": one.id,
            "topic": one.topic,
            "reason": one.reason,
            "type": one.type,
            "service": one.service,
            "fact_id": one.fact_id,
            "set_aside_at": one.time,
            "redriven_at": one.redriven,
        }
