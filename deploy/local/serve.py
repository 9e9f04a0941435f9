"""One process of the embedded stack: `python -m deploy.local.serve appraisal`.

Used by the Procfile. It gives the process its environment and becomes it.
"""

import contextlib
import ctypes
import importlib
import os
import signal
import sys
from typing import Final

from deploy.local.environment import HOST, SERVICES, Stack
from deploy.local.folder import environment, prepare

OWN_MAIN: Final = ("broker", "desk")
SERVED: Final = (*SERVICES, "portal")
PR_SET_PDEATHSIG: Final = 1
"""Linux: the signal a process gets when the one that started it ends (prctl(2))."""


def main(arguments: list[str]) -> None:
    """Run one process until it ends."""
    if len(arguments) != 1 or arguments[0] not in OWN_MAIN + SERVED:
        sys.exit(f"Name one of: {', '.join(OWN_MAIN + SERVED)}")
    name = arguments[0]
    end_with_parent()
    stack = Stack.of(os.environ)
    prepare(stack)
    os.environ.update(environment(stack, os.environ, name))
    if name in OWN_MAIN:
        importlib.import_module(f"deploy.local.{name}").main()
        return
    from shared.main import serve  # noqa: PLC0415  # the broker's process does without

    serve(name, HOST, stack.port(name))


def end_with_parent() -> None:
    """Be told to end when whoever started this process is killed, so that nothing is left over.

    Where the system knows no such thing (macOS), what is left over holds its port.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1:])
