"""`python -m tests.bench`: run benches, write build/bench.json, show the table."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from deploy.local.environment import PROJECT
from tests.bench import machine, page, results, servers, talk
from tests.bench.benches import ONLY_WHEN_NAMED, REGISTER
from tests.bench.embedded import Embedded
from tests.bench.knobs import FULL, STANDARD, Knobs
from tests.bench.production import Production
from tests.bench.results import Row
from tests.bench.site import Site
from tests.bench.table import show
from tests.live.conftest import free_ports

FILE: Final = PROJECT / "build" / "bench.json"
PAGE: Final = PROJECT / "docs" / "performance.md"
STACKS: Final = (Production.name, Embedded.name)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", default="", help=f"some of: {', '.join(REGISTER)}")
    parser.add_argument("--stack", choices=STACKS, help="one stack instead of both")
    parser.add_argument("--full", action="store_true", help="the sizes goals are set for")
    parser.add_argument("--docs", action="store_true", help="renew docs/performance.md")
    parser.add_argument("--out", type=Path, default=FILE)
    for knob in fields(Knobs):
        parser.add_argument(f"--{knob.name.replace('_', '-')}", type=int)
    return parser.parse_args()


def _knobs(given: argparse.Namespace) -> Knobs:
    named = {knob.name: getattr(given, knob.name) for knob in fields(Knobs)}
    chosen = {name: value for name, value in named.items() if value is not None}
    return replace(FULL if given.full else STANDARD, **chosen)


def _benches(only: str) -> list[str]:
    names = [name for name in only.replace(",", " ").split() if name]
    if unknown := sorted(set(names) - set(REGISTER)):
        sys.exit(f"There is no bench {', '.join(unknown)}; there are {', '.join(REGISTER)}")
    return names or [name for name in REGISTER if name not in ONLY_WHEN_NAMED]


@contextmanager
def _site(stack: str, folder: Path) -> Iterator[Site | None]:
    """A stack of its own, gone afterwards; None where it cannot run here."""
    with ExitStack() as ending:
        if stack == Embedded.name:
            yield ending.enter_context(closing(Embedded(folder, free_ports(60))))
            return
        found = ending.enter_context(servers.running(os.environ))
        if found is None:
            yield None
            return
        yield ending.enter_context(closing(Production(found, folder, free_ports(60))))


def main() -> None:
    """Run what is asked for."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends what it started, too
    given = _arguments()
    knobs, names = _knobs(given), _benches(given.only)
    rows: list[Row] = []
    ran_on: list[str] = []
    talk.line(machine.describe())
    for stack in [given.stack] if given.stack else STACKS:
        folder = Path(tempfile.mkdtemp(prefix="kinerja-bench-"))
        try:
            with _site(stack, folder) as site:
                if site is None:
                    talk.line(
                        f"{stack}: neither a container engine nor BENCH_KAFKA and BENCH_POSTGRES; "
                        "left out"
                    )
                    continue
                talk.line(f"{stack}: {site.what}")
                ran_on.append(site.what)
                rows += _run(site, names, knobs, given.out)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    _tell(rows, ran_on, given)


def _run(site: Site, names: Sequence[str], knobs: Knobs, out: Path) -> list[Row]:
    """Run benches; each row is kept at once: what fails later loses none."""
    rows: list[Row] = []
    for name in names:
        for row in REGISTER[name](site, knobs):
            rows.append(row)
            results.write(out, results.merged(results.read(out), [row]))
    return rows


def _tell(rows: Sequence[Row], ran_on: Sequence[str], given: argparse.Namespace) -> None:
    console = Console(width=None if sys.stdout.isatty() else 160)
    show(console, rows)
    talk.line(f"written: {given.out}")
    if given.docs and rows:
        page.renew(PAGE, results.read(given.out), ran_on, datetime.now(UTC).date())
        talk.line(f"renewed: {PAGE}")


if __name__ == "__main__":
    main()
