"""How a run is seen to be done, from outside, without costing what is measured."""

from collections.abc import Callable, Iterator, Sequence

from tests.bench.programs import Program
from tests.bench.site import Site


def conditions(
    site: Site, program: Program, stages: Sequence[str], *, told: int, n: int
) -> Iterator[Callable[[], bool]]:
    """What must hold, one after the other, until stages have done their work of `n` events.

    `told`: how many answers the program's topic held before.
    """
    for stage in dict.fromkeys(stages):
        if site.tells_members:
            yield from _by_offsets(site, program, stage, told=told, n=n)
        else:
            events = 2 * n if stage == "notifications" and "training" in stages else n
            yield from _by_rows(site, program, stage, events)


def _by_offsets(
    site: Site, program: Program, stage: str, *, told: int, n: int
) -> Iterator[Callable[[], bool]]:
    """The group committed all there is, and every answer lies in the topic."""
    targets = site.bus.targets(program.heard(stage))
    yield lambda: site.bus.reached(program.group(stage), targets)
    if stage == "training":
        yield lambda: site.bus.count(program.out) - told >= n


def _by_rows(site: Site, program: Program, stage: str, events: int) -> Iterator[Callable[[], bool]]:
    """Every fact has its inbox row: the embedded broker counts batches where others count facts."""
    database = program.database(stage)
    yield lambda: site.count(database, "inbox") >= events
    if stage == "training":
        yield lambda: site.count(database, "outbox") == 0
