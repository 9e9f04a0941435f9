"""What processes used of this machine, by /proc; and what machine it is."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Final

TICKS: Final = os.sysconf("SC_CLK_TCK")
MIB: Final = 1024


def cpu_seconds(roots: Iterable[int]) -> float:
    """CPU seconds of these processes, of all below them, and of those below that have ended."""
    return sum(_used(pid) for pid in _with_children(roots))


def peak_mib(pid: int) -> float:
    """The most memory a process has had resident so far, in MiB."""
    return _status(pid, "VmHWM") / MIB


def resident_mib(pid: int) -> float:
    """The memory a process has resident now, in MiB."""
    return _status(pid, "VmRSS") / MIB


def describe() -> str:
    """Processor, cores, memory and kernel in one line."""
    model = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if "model name" in line),
        platform.machine(),
    )
    memory = int(next(line.split()[1] for line in _lines("/proc/meminfo") if "MemTotal" in line))
    return (
        f"{model}, {os.cpu_count()} cores, {memory / MIB**2:.0f} GiB, "
        f"Linux {platform.release()}, Python {platform.python_version()}"
    )


def idle_share(seconds_before: tuple[float, float]) -> float:
    """Which part of all cores was idle since `busy_and_idle` was asked."""
    busy, idle = busy_and_idle()
    busy, idle = busy - seconds_before[0], idle - seconds_before[1]
    return idle / max(busy + idle, 1e-9)


def busy_and_idle() -> tuple[float, float]:
    """Seconds all cores together worked and waited since the machine started."""
    fields = [int(field) / TICKS for field in _lines("/proc/stat")[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return sum(fields) - idle, idle


def _with_children(roots: Iterable[int]) -> list[int]:
    found = list(dict.fromkeys(roots))
    for pid in found:  # grows while it is walked: children of children too
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            found += [int(child) for child in _text(task).split() if int(child) not in found]
    return found


def _used(pid: int) -> float:
    """Its own seconds, and those of its children that were waited for."""
    stat = _text(Path(f"/proc/{pid}/stat"))
    if not stat:
        return 0.0
    fields = stat[stat.rindex(")") + 2 :].split()
    return sum(int(ticks) for ticks in fields[11:15]) / TICKS


def _status(pid: int, name: str) -> float:
    for line in _text(Path(f"/proc/{pid}/status")).splitlines():
        if line.startswith(f"{name}:"):
            return float(line.split()[1])
    return 0.0


def _lines(path: str) -> list[str]:
    return _text(Path(path)).splitlines()


def _text(path: Path) -> str:
    """What it holds; nothing where its process has just ended."""
    try:
        return path.read_text()
    except OSError:
        return ""
