"""`make audit`: are weaknesses known of the packages we lock? Asked of PyPI by pip-audit.

Where PyPI's data cannot be had, pip-audit itself may find nothing and call that a success. Here it
is "not run". What came of it is kept in `build/audit.json`; the exit code says it too:

- 0: packages were looked at and nothing is known of them;
- 1: something is known: it is listed with the version that mends it;
- 3: not run, or not for every package.
"""

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Final

import msgspec

PROJECT: Final = Path(__file__).resolve().parents[1]
LOCK: Final = "requirements.lock"
KEPT: Final = PROJECT / "build" / "audit.json"
SECONDS: Final = 600


class Outcome(IntEnum):
    """What came of an audit; its number is the exit code."""

    CLEAN = 0
    KNOWN = 1
    NOT_RUN = 3


class Weakness(msgspec.Struct, frozen=True):
    """A weakness somebody has published; `fix_versions` are those that mend it."""

    id: str
    fix_versions: tuple[str, ...] = ()


class Package(msgspec.Struct, frozen=True):
    """What pip-audit says of a package; `skip_reason` where it could not be looked at."""

    name: str
    version: str = ""
    vulns: tuple[Weakness, ...] = ()
    skip_reason: str | None = None


class Report(msgspec.Struct, frozen=True):
    """pip-audit's answer, as far as it is used."""

    dependencies: tuple[Package, ...] = ()


class Verdict(msgspec.Struct, frozen=True):
    """What there is to say of an audit, for people and for the record."""

    outcome: str
    lock: str
    packages: int
    not_looked_at: tuple[str, ...]
    known: tuple[str, ...]
    at: str

    @property
    def code(self) -> Outcome:
        """The exit code."""
        if self.known:
            return Outcome.KNOWN
        return Outcome.NOT_RUN if self.not_looked_at or not self.packages else Outcome.CLEAN


def judge(report: Report, at: datetime) -> Verdict:
    """What an answer of pip-audit means."""
    skipped = tuple(one.name for one in report.dependencies if one.skip_reason)
    known = tuple(
        f"{one.name} {one.version}: {weakness.id}, mended in {_mended(weakness)}"
        for one in report.dependencies
        for weakness in one.vulns
    )
    packages = len(report.dependencies)
    return Verdict(
        _said(packages, len(skipped), len(known)), LOCK, packages, skipped, known, str(at)
    )


def _said(packages: int, skipped: int, known: int) -> str:
    if packages == skipped:
        return "not run: PyPI's data on weaknesses cannot be reached from here"
    found = f"known weaknesses: {known}" if known else "no weakness is known"
    return f"{packages - skipped} of {packages} packages looked at: {found}"


def _mended(weakness: Weakness) -> str:
    return " or ".join(weakness.fix_versions) or "no version yet"


def ask(command: Sequence[str]) -> Report:
    """Run pip-audit; an answer that is none, as where there is no network, is an empty report."""
    done = subprocess.run(  # noqa: S603  # a program of our own environment
        command, cwd=PROJECT, capture_output=True, timeout=SECONDS, check=False
    )
    try:
        return msgspec.json.decode(done.stdout, type=Report)
    except msgspec.DecodeError:
        return Report()


def main() -> None:
    """Audit the lock, keep what came of it, say it, and exit with what it means."""
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    # hashes pin everything: nothing need be installed, nor resolved, to be looked at
    command += ["--requirement", LOCK, "--require-hashes", "--disable-pip"]
    verdict = judge(ask(command), datetime.now(UTC))
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_bytes(msgspec.json.format(msgspec.json.encode(verdict), indent=2) + b"\n")
    for line in (f"{LOCK}: {verdict.outcome}", *verdict.known):
        print(line)
    sys.exit(verdict.code)


if __name__ == "__main__":
    main()
