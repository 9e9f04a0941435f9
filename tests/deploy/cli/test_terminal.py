"""Ctrl-C from a real terminal, the way `make run` gets it."""

import os
import pty
import select
import subprocess
import sys
import time

import pytest

from deploy.local.environment import PROJECT

PROGRAM = """
import signal, sys, time
from deploy.cli.terminal import own_keyboard
def end(*_):
    print("ended in good order", flush=True)
    sys.exit(0)
signal.signal(signal.SIGINT, end)
with own_keyboard():
    print("ready", flush=True)
    time.sleep(20)
"""


def at_a_terminal(program: list[str], when: bytes, press: bytes) -> tuple[int, bytes]:
    """Run a program at a terminal of its own, press a key once it says `when`."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(PROJECT)
        os.execv(program[0], program)  # noqa: S606 - our own interpreter
    said, pressed, ends = b"", False, time.monotonic() + 20
    while time.monotonic() < ends:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            more = os.read(terminal, 4096)
        except OSError:
            break
        said += more
        if when in said and not pressed:
            os.write(terminal, press)
            pressed = True
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), said


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_who_started_us_does_not_die_of_our_ctrl_c() -> None:
    """A shell script dies of it as make does, unless only we get it."""
    line = f"{sys.executable} -c '{PROGRAM}'; echo it ended with $?"
    code, said = at_a_terminal(["/bin/sh", "-c", line], b"ready", b"\x03")
    assert b"ended in good order" in said
    assert b"it ended with 0" in said
    assert code == 0


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_started_from_the_shell_itself_nothing_changes() -> None:
    code, said = at_a_terminal([sys.executable, "-c", PROGRAM], b"ready", b"\x03")
    assert b"ended in good order" in said
    assert code == 0


def test_without_a_terminal_nothing_changes() -> None:
    line = f"{sys.executable} -c '{PROGRAM.replace('sleep(20)', 'sleep(0)')}'; exit $?"
    ran = subprocess.run(["/bin/sh", "-c", line], cwd=PROJECT, check=False, start_new_session=True)
    assert ran.returncode == 0
