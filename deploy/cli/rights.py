"""What each user may do on Kafka, as `deploy/kafka/acls.toml` declares it."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

from deploy.local.environment import PROJECT

FILE: Final = PROJECT / "deploy" / "kafka" / "acls.toml"


class Kind(IntEnum):
    """What a right is about, as Kafka numbers it (ResourceType)."""

    TOPIC = 2
    GROUP = 3


class Operation(IntEnum):
    """What may be done, as Kafka numbers it (AclOperation); to read or write is to describe too."""

    READ = 3
    WRITE = 4
    CREATE = 5
    DESCRIBE = 8
    DESCRIBE_CONFIGS = 10
    ALTER_CONFIGS = 11


WORDS: Final[Mapping[str, tuple[Kind, Sequence[Operation]]]] = {
    "reads": (Kind.TOPIC, [Operation.READ]),
    "rereads": (Kind.TOPIC, [Operation.READ]),
    "writes": (Kind.TOPIC, [Operation.WRITE]),
    "joins": (Kind.GROUP, [Operation.READ]),
    "watches": (Kind.GROUP, [Operation.DESCRIBE]),
    "manages": (
        Kind.TOPIC,
        [Operation.CREATE, Operation.DESCRIBE_CONFIGS, Operation.ALTER_CONFIGS],
    ),
}
"""What the file's words grant."""


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One right: this user may do this to that one topic or group, from any host."""

    user: str
    kind: Kind
    name: str
    operation: Operation

    @property
    def principal(self) -> str:
        """The user, as Kafka writes it."""
        return f"User:{self.user}"

    def __str__(self) -> str:
        return f"{self.user}: {self.operation.name} {self.kind.name.lower()} {self.name}"


def declared(file: Path = FILE) -> Mapping[str, frozenset[Right]]:
    """The rights in the file, by user.

    Raises:
        ValueError: a word is none of the file's.
    """
    found = {}
    for user, granted in tomllib.loads(file.read_text()).items():
        if unknown := granted.keys() - WORDS.keys():
            raise ValueError(f"{file}: {user} has {', '.join(sorted(unknown))}")
        found[user] = frozenset(
            Right(user, kind, name, operation)
            for word, names in granted.items()
            for kind, operations in [WORDS[word]]
            for name in names
            for operation in operations
        )
    return found
