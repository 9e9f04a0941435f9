"""The terminal: where answers and errors go, and its keyboard, ours alone while we run."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
from rich.console import Console

console: Final = Console(markup=False, highlight=False)
errors: Final = Console(markup=False, highlight=False, stderr=True)


def write(content: object) -> None:
    """Answer as JSON, for programs."""
    encoded = msgspec.json.format(msgspec.json.encode(content), indent=2)
    sys.stdout.write(f"{encoded.decode()}\n")


@contextmanager
def own_keyboard() -> Iterator[None]:
    """Take Ctrl-C alone where another program, such as make, started us from a terminal.

    The terminal sends it to the whole group in front, so make would die of it though we ended in
    good order. We form a group of our own and step in front of it, as a shell does for a program.
    """
    terminal = _terminal_we_share()
    if terminal is None:
        yield
        return
    group = os.getpgrp()
    # taking the keyboard from behind stops a program, and once stopped nobody could wake us
    ignored = (signal.SIGTTOU, signal.SIGTSTP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}
    os.setpgid(0, 0)
    os.tcsetpgrp(terminal, os.getpid())
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # the terminal was closed, or that group is gone
            os.tcsetpgrp(terminal, group)
            os.setpgid(0, group)
        os.close(terminal)
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminal_we_share() -> int | None:
    """The terminal, if our group is in front of it and led by somebody else."""
    if os.getpgrp() == os.getpid():
        return None
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    if os.tcgetpgrp(terminal) == os.getpgrp():
        return terminal
    os.close(terminal)
    return None
