"""Which partition a key belongs to: as every Kafka client reckons it, so that order holds.

A record sent by hand, by an agency's own program or by a Java client lies in the same partition
as ours of the same key (murmur2, `org.apache.kafka.common.utils.Utils`). aiokafka's own function
works byte by byte and takes longer than all the rest of sending a fact.
"""

import sys
from array import array
from collections.abc import Iterable
from functools import cache
from struct import Struct
from typing import Final

_REMEMBERED: Final = 16384
"""A fact's key is needed when it is told and again, soon after, when it is carried."""
_SEED: Final = 0x9747B28C
_FACTOR: Final = 0x5BD1E995
_WORD: Final = 0xFFFFFFFF
_WRITTEN_ID: Final = 36
"""Bytes of an id as a key, which nearly all keys are."""
_SEVERAL: Final = 8
"""From how many keys on it is faster to reckon them together."""

_remembered: dict[bytes, int] = {}


@cache
def _words_of(length: int) -> Struct:
    return Struct(f"<{length // 4}I")


def murmur2(key: bytes) -> int:
    """Kafka's hash of a key: 32 bits."""
    found = _remembered.get(key)
    if found is None:
        found = _murmur2(key)
        _remember({key: found})
    return found


def foresee(keys: Iterable[bytes]) -> None:
    """Reckon the hashes of many keys that will be asked for soon, in a fifth of the time."""
    if sys.byteorder != "little":
        return  # `_murmur2_of_ids` reads words as this machine has them
    new = [key for key in set(keys).difference(_remembered) if len(key) == _WRITTEN_ID]
    if len(new) >= _SEVERAL:
        _remember(dict(zip(new, _murmur2_of_ids(new), strict=True)))


def partition_of(key: bytes, partitions: int) -> int:
    """The place of a key's partition among so many, counted from 0."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def _remember(hashes: dict[bytes, int]) -> None:
    if len(_remembered) + len(hashes) > _REMEMBERED:
        _remembered.clear()
    _remembered.update(hashes)


def _murmur2(key: bytes) -> int:
    length = len(key)
    found = _SEED ^ length
    for word in _words_of(length).unpack_from(key):
        mixed = word * _FACTOR & _WORD
        mixed = (mixed ^ mixed >> 24) * _FACTOR & _WORD
        found = found * _FACTOR & _WORD ^ mixed
    if rest := key[length & ~3 :]:
        found = (found ^ int.from_bytes(rest, "little")) * _FACTOR & _WORD
    found = (found ^ found >> 13) * _FACTOR & _WORD
    return found ^ found >> 15


def _murmur2_of_ids(keys: list[bytes]) -> list[int]:
    """The same for all keys at once: each has a lane of 64 bits in one long number.

    A lane holds 32 bits, so that no product runs over into the next; `lanes` cuts off the rest.
    """
    words = array("I", b"".join(keys))
    ones = int.from_bytes(b"\1\0\0\0\0\0\0\0" * len(keys), "little")
    lanes = ones * _WORD
    found = ones * (_SEED ^ _WRITTEN_ID)
    for place in range(_WRITTEN_ID // 4):
        word = int.from_bytes(array("Q", words[place :: _WRITTEN_ID // 4]).tobytes(), "little")
        mixed = word * _FACTOR & lanes
        mixed = ((mixed ^ mixed >> 24) & lanes) * _FACTOR & lanes
        found = found * _FACTOR & lanes ^ mixed
    found = ((found ^ found >> 13) & lanes) * _FACTOR & lanes
    found = (found ^ found >> 15) & lanes
    return array("Q", found.to_bytes(8 * len(keys), "little")).tolist()
