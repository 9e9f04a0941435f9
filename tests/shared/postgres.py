"""A private PostgreSQL from this machine's own programs: on a unix socket, gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL

USER = "kinerja"
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "listen_addresses": "",
}
"""It need not outlive the tests."""


@dataclass(frozen=True)
class Server:
    """A running server: the folder its socket lies in, and its process."""

    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, database: str = "postgres") -> str:
        return URL.create(
            "postgresql+asyncpg",
            username=USER,
            database=database,
            query={"host": str(self.folder)},
        ).render_as_string(hide_password=False)


def programs() -> Path | None:
    """Where the newest PostgreSQL's programs lie; None where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).parent if named else None


def _version(initdb: Path) -> float:
    return float(initdb.parent.parent.name)


@contextmanager
def running(bin_folder: Path) -> Iterator[Server]:
    """A server that runs as somebody who is not root: PostgreSQL refuses root."""
    owner = _owner()
    folder = Path(tempfile.mkdtemp(prefix="kinerja-pg-", dir="/tmp"))  # sockets need short paths
    if owner:
        shutil.chown(folder, owner, owner)
    data = folder / "data"
    initdb: list[Path | str] = [
        bin_folder / "initdb",
        "-D",
        data,
        "-U",
        USER,
        "-A",
        "trust",
        "--no-sync",
    ]
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    subprocess.run(  # the machine's own program
        [*initdb, "--encoding=UTF8", "--locale=C"], check=True, user=owner, group=owner, **quiet
    )
    knobs = [part for name, value in QUICK.items() for part in ("-c", f"{name}={value}")]
    process = subprocess.Popen(  # the same
        [bin_folder / "postgres", "-D", data, "-k", folder, *knobs],
        user=owner,
        group=owner,
        **quiet,
    )
    try:
        _await_answer(bin_folder, folder, process)
        yield Server(folder, process)
    finally:
        process.send_signal(signal.SIGINT)  # do not wait for those still connected
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _owner() -> str | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _await_answer(bin_folder: Path, folder: Path, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended with code {process.returncode}")
        asked: list[Path | str] = [bin_folder / "pg_isready", "-q", "-h", folder]
        if subprocess.run(asked, check=False).returncode == 0:  # the same
            return
        time.sleep(0.1)
    raise TimeoutError("PostgreSQL does not answer")
