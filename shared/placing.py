"""Which partition a key belongs to: as every Kafka client reckons it, so that order holds.

A record sent by hand, by an agency's own program or by a Java client lies in the same partition
as ours of the same key (murmur2, `org.apache.kafka.common.utils.Utils`). aiokafka's own function
works byte by byte and takes longer than all the rest of sending a fact.
"""

import sys
from array import array
from collections.abc import Sequence
from functools import cache
from struct import Struct
from typing import Final

_SEED: Final = 0x9747B28C
_FACTOR: Final = 0x5BD1E995
_WORD: Final = 0xFFFFFFFF
_ID: Final = 36
"""Bytes of an id as a key: almost all keys are ids."""
_SIDE_BY_SIDE: Final = 16
"""Keys from which on it pays to reckon side by side."""


def partitions_of(keys: Sequence[bytes], partitions: int) -> list[int]:
    """The places of keys' partitions among so many, counted from 0."""
    if len(keys) < _SIDE_BY_SIDE or sys.byteorder != "little" or {*map(len, keys)} != {_ID}:
        return [partition_of(key, partitions) for key in keys]
    return [(found & 0x7FFFFFFF) % partitions for found in _of_ids(keys)]


def partition_of(key: bytes, partitions: int) -> int:
    """The place of a key's partition among so many, counted from 0."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


@cache
def _words_of(length: int) -> Struct:
    return Struct(f"<{length // 4}I")


def murmur2(key: bytes) -> int:
    """Kafka's hash of a key: 32 bits."""
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


def _of_ids(keys: Sequence[bytes]) -> Sequence[int]:
    """`murmur2` of ids, all at once, in a tenth of the time.

    One long number holds a word of every key, each in 64 bits of its own: a product of two words
    never reaches its neighbour, and what a shift lets in from there is masked away.
    """

    def each(word: int) -> int:
        return int.from_bytes(word.to_bytes(8, "little") * len(keys), "little")

    words = memoryview(b"".join(keys)).cast("I")
    whole, found = each(_WORD), each(_SEED ^ _ID)
    for place in range(_ID // 4):
        spread = bytearray(8 * len(keys))
        memoryview(spread).cast("I")[::2] = words[place :: _ID // 4]
        mixed = int.from_bytes(spread, "little") * _FACTOR & whole
        mixed = (mixed ^ mixed >> 24 & each(_WORD >> 24)) * _FACTOR & whole
        found = found * _FACTOR & whole ^ mixed
    found = (found ^ found >> 13 & each(_WORD >> 13)) * _FACTOR & whole
    found ^= found >> 15 & each(_WORD >> 15)
    return array("Q", found.to_bytes(8 * len(keys), "little"))
