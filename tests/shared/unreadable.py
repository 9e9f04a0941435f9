"""Record batches that no client of good manners would write."""

import gzip

from aiokafka.record.util import calc_crc32c

LENGTH = slice(8, 12)
CRC = slice(17, 21)
COVERED = 21
"""From here on a batch is covered by its checksum."""
CODEC = 22
RECORDS = 61


def with_names_that_are_no_text(batch: bytes, name: bytes) -> bytes:
    """A batch in which a header of this name has a name that is no UTF-8, of the same length."""
    changed = batch.replace(name, b"\xff\xfe\xed\xa0"[: len(name)])
    assert changed != batch
    return _sealed(bytearray(changed))


def zipped(batch: bytes) -> bytes:
    """The same records, compressed."""
    changed = bytearray(batch[:RECORDS] + gzip.compress(batch[RECORDS:]))
    changed[LENGTH] = (len(changed) - LENGTH.stop).to_bytes(4)
    changed[CODEC] |= 1
    return _sealed(changed)


def _sealed(batch: bytearray) -> bytes:
    batch[CRC] = calc_crc32c(bytes(batch[COVERED:])).to_bytes(4)
    return bytes(batch)
