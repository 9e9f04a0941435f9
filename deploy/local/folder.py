"""The data folder of the embedded stack: databases, logs, reports, and keys made once."""

import base64
import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from deploy.local.environment import Stack, agreed, own, without_proxy

SECRETS: Final = {
    "appraisal": ("APPRAISAL_SECRET_KEY", "appraisal.key"),
    "portal": ("PORTAL_SESSION_KEY", "portal.key"),
}
"""The variable and the file of each service's secret: made once, known to that service only."""
OF_THE_BROKER: Final = "KINERJA_KAFKA_"


def prepare(stack: Stack) -> None:
    """Make the folder and what lies in it; what is there stays.

    Raises:
        OSError: it cannot be written to.
    """
    for folder in (stack.data, stack.logs, stack.reports, stack.keys):
        folder.mkdir(parents=True, exist_ok=True)
    stack.keys.chmod(0o700)
    for _, file in SECRETS.values():
        kept_secret(stack.keys / file, _new_key)


def kept_secret(file: Path, make: Callable[[], bytes]) -> bytes:
    """What the file holds; made once, readable by its owner only, even when two ask at once."""
    with contextlib.suppress(FileNotFoundError):
        return file.read_bytes()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mode 0600
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as writing:
            writing.write(make())
        with contextlib.suppress(FileExistsError):
            file.hardlink_to(draft)  # whole or not at all; the first one wins
    finally:
        draft.unlink()
    return file.read_bytes()


def environment(stack: Stack, environ: Mapping[str, str], *names: str) -> dict[str, str]:
    """The whole environment of processes; secrets only where a named process needs them.

    What the caller says comes first. To a broker of the caller's own nothing is said of what the
    embedded one needs.
    """
    given = {key: value for key, value in environ.items() if value}
    knobs = agreed(stack)
    if "KINERJA_KAFKA_SERVERS" in given:
        knobs = {key: value for key, value in knobs.items() if not key.startswith(OF_THE_BROKER)}
    for name in names:
        knobs |= own(stack, name)
    for variable, file in (SECRETS[name] for name in names if name in SECRETS):
        if variable not in given:
            knobs[variable] = kept_secret(stack.keys / file, _new_key).decode()
    return knobs | given | without_proxy(given)


def _new_key() -> bytes:
    return base64.urlsafe_b64encode(secrets.token_bytes(48))
