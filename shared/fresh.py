"""What this process has just told: its relay, which mostly tells it on, need not read it back."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, Protocol

BYTES: Final = 8 * 1024 * 1024
"""The most that is held; what was told before that is read back."""


class Parcel(Protocol):
    """Facts told together."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def size(self) -> int:
        """Bytes of all payloads."""

    @property
    def shard(self) -> int:
        """Its shard."""

    @property
    def rows(self) -> Sequence[Any]:
        """The facts."""


class Fresh:
    """Parcels by number, the oldest let go where there are too many."""

    def __init__(self, most: int = BYTES) -> None:
        self._most = most
        self._parcels: dict[int, Parcel] = {}
        self._held = 0

    def add(self, parcels: Iterable[Parcel]) -> None:
        """Hold parcels whose transaction is kept."""
        for one in parcels:
            self._parcels[one.id] = one
            self._held += one.size
        while self._held > self._most:
            self.take(next(iter(self._parcels)))

    def take(self, number: int) -> Sequence[Any] | None:
        """A parcel's facts, held no longer; None where they have to be read."""
        found = self._parcels.pop(number, None)
        if found is None:
            return None
        self._held -= found.size
        return found.rows

    def shards(self) -> list[int]:
        """The shards of what is held."""
        return sorted({one.shard for one in self._parcels.values()})

    def let_go(self, shards: Collection[int]) -> None:
        """Hold nothing of these shards: whoever carries them knows what waits there."""
        for number in [one.id for one in self._parcels.values() if one.shard in shards]:
            self.take(number)
