"""`kinerja up`: the embedded stack from nothing to the summary of an import, until Ctrl-C."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console

from deploy.cli import importing, summary, topics
from deploy.cli.agencies import agency_in
from deploy.cli.broker import client_of
from deploy.cli.installation import Installation, this_stack
from deploy.cli.progress import Steps
from deploy.cli.report import write_json
from deploy.cli.terminal import own_keyboard
from deploy.cli.texts import say
from deploy.cli.trouble import Trouble
from deploy.local import folder
from deploy.local.environment import PROJECT, SERVICES, Stack
from deploy.local.processes import Processes

SAMPLE: Final = PROJECT / "samples" / "laporan-penilaian-skp-2025.xlsx"
START_SECONDS: Final = 90.0
"""How long the stack may take to be ready."""
POLL_SECONDS: Final = 0.1
LOOK_SECONDS: Final = 0.5
"""How often to look after the processes once all is done."""

SAME_WISH_SECONDS: Final = 1.0


class _ToldToEnd(KeyboardInterrupt):
    """Ctrl-C, or a signal that means the same."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the stack: where it is, what runs, and how it talks to us."""

    stack: Stack
    processes: Processes
    steps: Steps
    began: float

    def check(self) -> None:
        """Raise `Trouble`, with the end of its log, where a process has ended."""
        ended = self.processes.ended()
        if ended is None:
            return
        lines = tuple(ended.last_lines())
        line = say("process.ended", name=ended.name, code=ended.code, log=_near(ended.log))
        raise Trouble(line, lines)

    def wait_for(self, what: str, true: Callable[[], bool]) -> None:
        """Wait until something holds, saying what is waited for."""
        ends = time.monotonic() + START_SECONDS
        with self.steps.waiting(what):
            while not true():
                self.check()
                if time.monotonic() > ends:
                    raise Trouble(
                        say(
                            "up.late", what=what, seconds=START_SECONDS, logs=_near(self.stack.logs)
                        )
                    )
                time.sleep(POLL_SECONDS)


def up(console: Console, file: Path, *, once: bool, save_summary: Path | None) -> None:
    """Start everything, import `file`, say what came of it; stay until told to end."""
    began = time.monotonic()
    importing.require(file)
    stack = this_stack()
    try:
        folder.prepare(stack)
        environ = folder.environment(stack, os.environ)
    except OSError as error:
        reason = error.strerror
        raise Trouble(say("file.unwritable", file=stack.data, reason=reason)) from error
    try:
        with _signals(), own_keyboard(), Processes(stack.logs, environ) as processes:
            run = Run(stack, processes, Steps(console), began)
            try:
                _start(run)
                _do_the_main_job(run, console, file, save_summary)
            except Trouble:
                run.check()  # a process that ended explains it better than who missed it
                raise
            if once:
                return
            console.print(say("up.ctrl_c"))
            while True:
                run.check()
                time.sleep(LOOK_SECONDS)
    except _ToldToEnd:
        console.print(say("up.ended"))


def migrate(stack: Stack) -> None:
    """Bring the services' databases up to date."""
    log = stack.logs / "migrations.log"
    with log.open("wb") as output:
        done = subprocess.run(  # noqa: S603  # our own module
            [sys.executable, "-m", "shared.migrations", *SERVICES],
            cwd=PROJECT,
            env=folder.environment(stack, os.environ, *SERVICES),
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        lines = log.read_text(errors="replace").splitlines()[-10:]
        raise Trouble(say("up.not_migrated", log=_near(log)), tuple(lines))


def _start(run: Run) -> None:
    early = [name for name in run.processes.names if name not in SERVICES]
    run.processes.start(*early)  # they need no database
    with run.steps.waiting(say("up.migrating")):
        migrate(run.stack)
    client = client_of(run.stack.kafka_servers)
    run.wait_for(say("up.broker"), lambda: asyncio.run(topics.reachable(client)))
    asyncio.run(topics.apply(client))
    run.processes.start(*SERVICES)
    services = Installation.embedded(run.stack, "operator")
    for name in ("desk", *SERVICES, "portal"):
        run.wait_for(say("up.service", name=name), partial(services.ready, name))


def _do_the_main_job(run: Run, console: Console, file: Path, save_summary: Path | None) -> None:
    agency = None if file == SAMPLE else agency_in(file)
    services = Installation.embedded(run.stack, "personnel_officer", agency=agency)
    import_id = importing.begin(services, file)
    with run.steps.counting(say("import.reading", file=file.name)) as bar:

        def on_rows(now: importing.Import) -> None:
            run.check()
            bar.move(now.rows_done, now.rows)

        done = importing.follow(services, import_id, on_rows)
    with run.steps.counting(say("up.telling")) as bar:

        def on_told(now: summary.Told) -> None:
            run.check()
            if (kept := min(now.training.sets, now.notices.inbox)) < done.told:
                bar.move(kept, done.told)
                return
            mails = now.notices.email
            bar.describe(say("up.mailing"))
            bar.move(mails.sent + mails.failed, mails.sent + mails.failed + mails.waiting)

        told = summary.await_told(services, done, on_told)
    report = run.stack.reports / f"{import_id}.xlsx"
    kept = importing.save_rejected(services, done, report)
    found = summary.summarise(done, told, time.monotonic() - run.began)
    summary.show(console, found, told.notices.email.failed, _near(report) if kept else None)
    _show_addresses(console, run.stack)
    if save_summary is not None:
        write_json(save_summary, found)


def _show_addresses(console: Console, stack: Stack) -> None:
    lines = [(say("address.portal"), stack.url("portal"))]
    lines += [(say("address.api", name=name), f"{stack.url(name)}/docs") for name in SERVICES]
    lines += [(say("address.mail"), f"{stack.url('desk')}/mail")]
    lines += [(say("address.logs"), str(_near(stack.logs)))]
    width = max(len(name) for name, _ in lines)
    for name, address in lines:
        console.print(f"{name:<{width}}  {address}", soft_wrap=True)


def _near(path: Path) -> Path:
    """The path as it is shortest to type from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


@contextmanager
def _signals() -> Iterator[None]:
    """Take Ctrl-C, an end asked for, and a closed terminal alike: end in good order.

    The same wish often comes twice at once, to the group and from make: that is no impatience.
    """
    told = float("-inf")

    def end(_number: int, _frame: object) -> None:
        nonlocal told
        if time.monotonic() - told > SAME_WISH_SECONDS:
            told = time.monotonic()
            raise _ToldToEnd

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
