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
TRAININGS: Final = ("training", "training-2", "training-3")
ROUND: Final = (
    *((target, how) for target in SERVERS for how in ENDS),
    *((("postgres", How.CUT), ("kafka", How.CUT)) * 2),
    ("kafka", How.SHUT),
    *((("kafka", How.POISON),) * 3),
)
"""What every round brings, in an order that chance gives, with `MORE` of the first fifteen."""
MORE: Final = 5
GAP: Final = (0.3, 2.0)
"""Seconds from one blow to the next, at least."""
LASTING: Final = (0.5, 4.0)
"""Seconds a target is away for."""
AT_ONCE: Final = 0.3
"""How many blows fall while what the one before did still shows; the others wait for work."""


@dataclass(frozen=True, slots=True)
class Blow:
    """One blow.

    Attributes:
        target: who is hit.
        how: with what.
        gap: seconds after the blow before, at least.
        lasting: seconds until the target comes back.
        waits: whether it falls only once work goes on after the blow before.
        processes: how many there are from now on, where `how` is to scale.
    """

    target: str
    how: How
    gap: float
    lasting: float = 0
    waits: bool = False
    processes: int = 0

    def __str__(self) -> str:
        lasting = f" for {self.lasting:.1f} s" if self.lasting else ""
        to = f" to {self.processes}" if self.how is How.SCALE else ""
        return f"{self.how} {self.target}{to}{lasting}"


def blows(seed: int) -> Iterator[Blow]:
    """A storm without an end, in rounds; the same seed brings the same one.

    Training has three processes in the middle third of every round, one before and after that.
    """
    chance = random.Random(seed)
    while True:
        hits = list(ROUND) + chance.choices(ROUND[: len(SERVERS) * len(ENDS)], k=MORE)
        chance.shuffle(hits)
        more, fewer = len(hits) // 3, 2 * len(hits) // 3
        for number, (service, how) in enumerate(hits):
            processes = 3 if more <= number < fewer else 1
            if number in (more, fewer):
                gap = chance.uniform(*GAP)
                yield Blow("training", How.SCALE, gap, waits=True, processes=processes)
            yield Blow(
                chance.choice(TRAININGS[:processes]) if service == "training" else service,
                how,
                gap=chance.uniform(*GAP),
                lasting=0 if how in (How.CUT, How.POISON) else chance.uniform(*LASTING),
                waits=chance.random() > AT_ONCE,
            )
