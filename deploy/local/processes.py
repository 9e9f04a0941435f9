"""Runs the Procfile: every process with a log file of its own, watched, and ended in good order.

honcho, which reads the same file, keeps one Python process of 15 MB beside each process it
watches and kills after five seconds what is still finishing its work.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from deploy.local.environment import PROJECT

PROCFILE: Final = PROJECT / "Procfile"
FOUNDATIONS: Final = ("broker", "desk")
"""What the others stand on: started first, ended last."""
GRACE_SECONDS: Final = 30.0
"""How long a process may take to finish its work; services take up to 20."""
_LINE: Final = re.compile(r"([A-Za-z0-9_-]+):\s*(.+)")


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that ended though nobody asked it to; `code` is negative for a signal."""

    name: str
    code: int
    log: Path

    def last_lines(self, count: int = 10) -> list[str]:
        """The end of its log."""
        return self.log.read_text(errors="replace").splitlines()[-count:]


def commands(procfile: Path) -> dict[str, str]:
    """The shell command of each process, by name, in order."""
    lines = (_LINE.fullmatch(line.strip()) for line in procfile.read_text().splitlines())
    return {line[1]: line[2] for line in lines if line}


class Processes:
    """The stack's processes. Leaving the `with` block ends them all."""

    def __init__(
        self, logs: Path, environ: Mapping[str, str], *, procfile: Path = PROCFILE
    ) -> None:
        self._commands = commands(procfile)
        self._logs = logs
        scripts = str(Path(sys.executable).parent)  # so that `python` is the one we run on
        self._environ = dict(environ) | {"PATH": f"{scripts}{os.pathsep}{environ.get('PATH', '')}"}
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def names(self) -> tuple[str, ...]:
        """All processes of the Procfile, in order."""
        return tuple(self._commands)

    def log(self, name: str) -> Path:
        """Where a process writes what it has to say."""
        return self._logs / f"{name}.log"

    def pids(self) -> dict[str, int]:
        """The process ids of those started."""
        return {name: process.pid for name, process in self._running.items()}

    def start(self, *names: str) -> None:
        """Start processes, or start again; the log of the run before is kept as `.log.1`."""
        for name in names:
            log = self.log(name)
            if log.exists():
                log.replace(log.with_suffix(".log.1"))
            with log.open("wb") as output:
                self._running[name] = subprocess.Popen(  # noqa: S602  # Procfile lines are shell, and ours
                    self._commands[name],
                    shell=True,
                    cwd=PROJECT,
                    env=self._environ,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C reaches us, and we end them in order
                )

    def wait(self, name: str, *, seconds: float) -> None:
        """Wait until a process has ended; raises `subprocess.TimeoutExpired` if it does not."""
        self._running[name].wait(seconds)

    def ended(self) -> Ended | None:
        """A process that ended by itself, if one did."""
        for name, process in self._running.items():
            if (code := process.poll()) is not None:
                return Ended(name, code, self.log(name))
        return None

    def stop(self, *, grace: float = GRACE_SECONDS) -> None:
        """End all: those that stand on others first. An impatient second Ctrl-C kills the rest."""
        try:
            for wave in (set(self._running) - set(FOUNDATIONS), set(FOUNDATIONS)):
                self.signal(signal.SIGTERM, wave)
                self._wait(wave, seconds=grace)
        except KeyboardInterrupt:
            pass
        finally:
            self.signal(signal.SIGKILL, self._running)
            for process in self._running.values():
                process.wait()
            self._running.clear()

    def signal(self, number: signal.Signals, names: Iterable[str]) -> None:
        """Send a signal to processes and whatever they started."""
        for name in names:
            process = self._running.get(name)
            if process is not None and process.poll() is None:
                os.killpg(process.pid, number)

    def _wait(self, names: Iterable[str], *, seconds: float) -> None:
        ends = time.monotonic() + seconds
        waiting = [self._running[name] for name in names if name in self._running]
        while any(process.poll() is None for process in waiting) and time.monotonic() < ends:
            time.sleep(0.05)
