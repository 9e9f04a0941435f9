"""What is said while benches run: one line a run, so that nobody waits in the dark."""

import sys
import time
from collections.abc import Sequence
from typing import Final

from tests.bench.once import Reading
from tests.bench.programs import Program
from tests.bench.site import Site

BEGAN: Final = time.monotonic()


def say(
    site: Site, names: Sequence[str], program: Program, found: Reading, *, counted: bool
) -> None:
    """Say what a run of a stage took."""
    line(
        f"{site.name} {'+'.join(names)} {program.name}{'' if counted else ' (warms up)'}: "
        f"{found.events_per_s:,.0f} events/s, {found.cpu:.1f} us "
        f"= {found.app:.1f} app + {found.database:.1f} database + {found.broker:.1f} broker, "
        f"cores {100 * found.idle:.0f} % idle"
    )


def line(text: str) -> None:
    """Say something, with the time since all began."""
    minutes, seconds = divmod(int(time.monotonic() - BEGAN), 60)
    sys.stdout.write(f"{minutes:3d}:{seconds:02d}  {text}\n")
    sys.stdout.flush()
