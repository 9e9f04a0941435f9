"""Where an export lies in the clear while it is read: a folder of the process's own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PREFIX: Final = "kinerja-export-"


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder nobody else may look into, gone at the end."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as folder:
        yield Path(folder)


def sweep() -> None:
    """Remove what killed processes left; called before this process has a folder itself."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and not _another_lives(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _another_lives(process: int) -> bool:
    """Whether another process has this number; in a container ours is the same after a restart."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it lives, and belongs to somebody else
        return True
    return True
