"""Before anything is installed or started: can it run here? If not, one line says what to do.

Run by whatever Python a machine has, so it keeps to the standard library and to words that
Python 3.6 knows: an old Python must reach the line that says it is too old.
"""

import os
import socket
import sys
import tempfile
from pathlib import Path

OLDEST = (3, 11)
PROJECT = Path(__file__).resolve().parent.parent.parent
LISTENERS = (
    (0, "portal"),
    (1, "appraisal"),
    (2, "training"),
    (3, "notifications"),
    (4, "desk"),
    (25, "mail sink"),
)
"""Who listens how far above KINERJA_PORT_BASE."""
LOWEST_PORT = 1024
HIGHEST_PORT = 65535


class ObstacleError(Exception):
    """Why it cannot run here and what to do, in one line."""


def check_python(version: "tuple[int, ...]") -> None:
    """Python is new enough.

    Raises:
        ObstacleError: it is older than 3.11.
    """
    if version[:2] < OLDEST:
        raise ObstacleError(
            f"Kinerja needs Python {OLDEST[0]}.{OLDEST[1]} or newer, this is "
            f"{version[0]}.{version[1]}: install one, or say where it is: make … PYTHON=/path/to/it"
        )


def check_folder(folder: Path, variable: str = "") -> None:
    """The folder, or the one it will be made in, can be written to.

    Raises:
        ObstacleError: it cannot.
    """
    there = next(place for place in (folder, *folder.parents) if place.is_dir())
    try:
        with tempfile.TemporaryFile(dir=str(there)):
            pass
    except OSError:
        cure = f"let {variable} name" if variable else "move the project to"
        raise ObstacleError(
            f"The folder {there} cannot be written to: {cure} one that can"
        ) from None


def check_ports(base: int, kafka: int) -> None:
    """Nobody listens where the stack will.

    Raises:
        ObstacleError: somebody does.
    """
    for port, name, variable in wanted(base, kafka):
        if taken(port):
            other = (kafka if name == "Kafka" else base) + 100
            raise ObstacleError(
                f"Port {port} (for {name}) is taken: stop what listens there, "
                f"or choose others: {variable}={other} make run"
            )


def wanted(base: int, kafka: int) -> "list[tuple[int, str, str]]":
    """Each port the embedded stack listens on, for what, and the variable that moves it."""
    doors = [(base + offset, name, "KINERJA_PORT_BASE") for offset, name in LISTENERS]
    return [*doors, (kafka, "Kafka", "KINERJA_KAFKA_PORT")]


def taken(port: int) -> bool:
    """Whether somebody on this machine listens on the port."""
    with socket.socket() as caller:
        caller.settimeout(1)
        if caller.connect_ex(("127.0.0.1", port)) == 0:
            return True
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def port_from(said: "str | None", name: str, usual: int) -> int:
    """The port a variable gives, or the usual one.

    Raises:
        ObstacleError: what it gives is no port, or leaves no room for those above it.
    """
    if not said:
        return usual
    highest = HIGHEST_PORT - LISTENERS[-1][0]
    if not said.isdigit() or not LOWEST_PORT <= int(said) <= highest:
        raise ObstacleError(f"{name}={said}: give a number from {LOWEST_PORT} to {highest}")
    return int(said)


def main(arguments: "list[str]") -> int:
    """Check what can be checked now; ports too where `--ports` says something will listen."""
    knobs = os.environ
    try:
        check_python(sys.version_info[:2])
        check_folder(PROJECT)
        if knobs.get("KINERJA_DATA"):
            check_folder(Path(knobs["KINERJA_DATA"]).resolve(), "KINERJA_DATA")
        if "--ports" in arguments:
            check_ports(
                port_from(knobs.get("KINERJA_PORT_BASE"), "KINERJA_PORT_BASE", 8100),
                port_from(knobs.get("KINERJA_KAFKA_PORT"), "KINERJA_KAFKA_PORT", 19092),
            )
    except ObstacleError as obstacle:
        sys.stderr.write(f"{obstacle}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
