"""The topics: declared once, here, and applied by `kinerja topics apply`."""

from dataclasses import dataclass
from typing import Final

DAY_MS: Final = 86_400_000
UNPACKED: Final = {"compression.type": "uncompressed"}
"""The broker unpacks what comes compressed: a listener needs no codec, and a record that is small
only while packed is refused, not unpacked into a listener's memory."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic: one aggregate, so what must stay in order shares it and a key.

    Attributes:
        name: the topic's name on the wire.
        partitions: how many; a key's facts share one, so this bounds a service's processes.
        retention_ms: milliseconds a fact stays; ignored where the topic is compacted.
        compacted: the newest fact of a key stays for ever (Kafka `cleanup.policy=compact`).
        max_message_bytes: the largest record the topic takes, in bytes.
    """

    name: str
    partitions: int = 4
    retention_ms: int = 30 * DAY_MS
    compacted: bool = False
    max_message_bytes: int = 1_048_588

    @property
    def dead(self) -> "Topic":
        """Where facts nobody can handle are set aside, with a reason, until somebody looks."""
        return Topic(
            f"{self.name}.dead",
            partitions=1,
            retention_ms=90 * DAY_MS,
            max_message_bytes=2 * self.max_message_bytes,
        )

    @property
    def settings(self) -> dict[str, str]:
        """The topic's settings as Kafka names them."""
        kept = (
            {"cleanup.policy": "compact"}
            if self.compacted
            else {"cleanup.policy": "delete", "retention.ms": str(self.retention_ms)}
        )
        return kept | {"max.message.bytes": str(self.max_message_bytes)} | UNPACKED


EMPLOYEES: Final = Topic("workforce.employees.v1", compacted=True)
EVALUATIONS: Final = Topic("appraisal.evaluations.v1", retention_ms=365 * DAY_MS)
IMPORTS: Final = Topic("appraisal.imports.v1", partitions=1, retention_ms=365 * DAY_MS)
RECOMMENDATIONS: Final = Topic("training.recommendations.v1", retention_ms=365 * DAY_MS)

ALL: Final = (EMPLOYEES, EVALUATIONS, IMPORTS, RECOMMENDATIONS)
