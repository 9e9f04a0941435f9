"""Which blows fall, on whom, and when: all of it follows from the seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class How(StrEnum):
    """What is done to a target."""

    KILL = "kill"
    """`kill -9`, and started again after a while."""
    TERMINATE = "terminate"
    """The signal an operator stops it with, and started again after a while."""
    PAUSE = "pause"
    """SIGSTOP, and SIGCONT after a while: all connections stay open."""
    CUT = "cut"
    """All connections to it are cut at once."""
    SHUT = "shut"
    """Nothing gets through to it for a while, with all connections open."""
    POISON = "poison"
    """Something nobody can read is put on one of its topics."""
    SCALE = "scale"
    """There are more, or fewer, processes of it from now on."""


ENDS: Final = (How.KILL, How.TERMINATE, How.PAUSE)
SERVERS: Final = ("appraisal", "training", "notifications", "kafka", "postgres")
ROUND: Final = (
    *((target, how) for target in SERVERS for how in ENDS),
    *((("postgres", How.CUT), ("kafka", How.CUT)) * 2),
    ("kafka", How.SHUT),
    *((("kafka", How.POISON),) * 3),
)
"""What every round brings, in an order that chance gives, with `MORE` of the first fifteen."""
MORE: Final = 5
GAP: Final = (0.4, 2.6)
"""Seconds from one blow to the next."""
LASTING: Final = (0.5, 4.0)
"""Seconds a target is away for."""


@dataclass(frozen=True, slots=True)
class Blow:
    """One blow; times in seconds, `at` since the storm began."""

    at: float
    target: str
    how: How
    lasting: float = 0
    processes: int = 0

    def __str__(self) -> str:
        lasting = f" for {self.lasting:.1f} s" if self.lasting else ""
        to = f" to {self.processes}" if self.how is How.SCALE else ""
        return f"{self.at:6.1f} {self.how} {self.target}{to}{lasting}"


def blows(seed: int) -> Iterator[Blow]:
    """A storm without an end, in rounds; the same seed brings the same one.

    Nobody is hit again before he is back. Training has three processes in the middle third of
    every round, one before and after that.
    """
    chance = random.Random(seed)
    clock = 0.0
    back: dict[str, float] = {}
    while True:
        hits = list(ROUND) + chance.choices(ROUND[: len(SERVERS) * len(ENDS)], k=MORE)
        chance.shuffle(hits)
        more, fewer = len(hits) // 3, 2 * len(hits) // 3
        processes = 1
        for number, (service, how) in enumerate(hits):
            if number in (more, fewer):
                processes = 3 if number == more else 1
                clock = max(clock, *(back.get(one, 0) for one in _trainings(3)))
                yield Blow(clock, "training", How.SCALE, processes=processes)
                clock += chance.uniform(*GAP)
            target = service
            if service == "training":
                target = chance.choice(_trainings(processes))
            lasting = 0.0 if how in (How.CUT, How.POISON) else chance.uniform(*LASTING)
            clock = max(clock, back.get(target, 0))
            yield Blow(clock, target, how, lasting)
            back[target] = clock + lasting + GAP[0]
            clock += chance.uniform(*GAP)


def _trainings(processes: int) -> list[str]:
    return ["training", "training-2", "training-3"][:processes]
