"""`kinerja replay`: a service hears again what lies on its topics."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from deploy.cli.installation import is_production, this_stack
from deploy.cli.moments import moment
from deploy.cli.progress import Bar, Steps
from deploy.cli.terminal import console, errors, write
from deploy.cli.texts import say
from deploy.cli.trouble import Trouble
from deploy.local.environment import SERVICES
from deploy.local.folder import environment

IN_CONTAINER: Final = ("docker", "compose", "run", "--rm", "--no-deps", "-T")
"""The service's image, with its knobs and secrets, for this one job."""


def replay(
    service: Annotated[str, typer.Argument(help="training or notifications.")],
    since: Annotated[
        str | None, typer.Option(help="Only what was told since: 2h, 7d, 2026-11-24T08:00.")
    ] = None,
    employee: Annotated[
        UUID | None,
        typer.Option(help="Only what is about this employee; the service may go on meanwhile."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also what it has: puts back what is missing of it.")
    ] = False,
    to_end: Annotated[
        bool, typer.Option("--to-end", help="Also what it has not handled yet: without e-mails.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    compose: Annotated[
        bool, typer.Option("--compose", help="The service runs in containers of docker compose.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON.")] = False,
) -> None:
    """Let a service handle its topics again, after its database was lost or to mend it.

    No e-mail is sent of what is handled again, and nothing is told twice.
    """
    since_when = moment(since, datetime.now(UTC))
    options = [
        *(["--since", since_when.isoformat()] if since_when else []),
        *(["--employee", str(employee)] if employee else []),
        *(["--again"] if again else []),
        *(["--to-end"] if to_end else []),
    ]
    command, environ = _program(service, compose=compose)
    if not yes or dry_run:
        plan = _run([*command, service, *options, "--dry-run"], environ, say("replay.looking"))
        if not as_json:
            console.print(say("replay.plan", service=service, **plan), soft_wrap=True)
        if dry_run:
            if as_json:
                write(plan)
            return
        _confirm()
    done = _run([*command, service, *options], environ, say("replay.handling"))
    if as_json:
        write(done)
        return
    console.print(say("replay.done", service=service, **done), soft_wrap=True)
    for what in ("otherwise", "set_aside"):
        if done[what]:
            console.print(say(f"replay.{what}", count=done[what]), soft_wrap=True)


def _program(service: str, *, compose: bool) -> tuple[list[str], dict[str, str]]:
    """What runs a replay where the service's knobs are, and its environment."""
    if service not in SERVICES:
        raise Trouble(say("replay.unknown", service=service))
    if compose:
        return [*IN_CONTAINER, service, "shared.replay"], dict(os.environ)
    environ = dict(os.environ)
    address = f"{service.upper()}_DATABASE_URL"
    if not is_production(os.environ):
        environ = environment(this_stack(), os.environ, service)
    if address not in environ:
        raise Trouble(say("replay.elsewhere", setting=address))
    from sqlalchemy import make_url  # noqa: PLC0415  # most commands do without

    url = make_url(environ[address])
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise Trouble(say("replay.no_database", file=url.database))
    return [sys.executable, "-m", "shared.replay"], environ


def _confirm() -> None:
    if not sys.stdin.isatty():
        raise Trouble(say("replay.say_yes"))
    if not typer.confirm(say("replay.confirm")):
        raise typer.Exit(1)


def _run(command: Sequence[str], environ: Mapping[str, str], doing: str) -> dict[str, Any]:
    """Run a replay to its end; gives its result.

    Raises:
        Trouble: it was refused, or failed.
    """
    result: dict[str, Any] | None = None
    with Steps(errors).counting(doing) as bar:
        try:
            process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)  # noqa: S603  # ours
        except OSError as error:
            raise Trouble(say("replay.failed", reason=error.strerror)) from error
        with process:
            for said in _lines(process):
                result = _hear(said, bar) or result
    if process.returncode or result is None:
        raise Trouble(say("replay.failed", reason=process.returncode))
    return result


def _lines(process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    for line in process.stdout or ():
        try:
            found = json.loads(line)
        except ValueError:
            continue  # another program's, such as docker's
        if isinstance(found, dict):
            yield found


def _hear(said: dict[str, Any], bar: Bar) -> dict[str, Any] | None:
    if refused := said.get("refused"):
        raise Trouble(say(f"replay.refused_{refused}", members=said.get("members")))
    if progress := said.get("progress"):
        bar.move(progress["done"], progress["of"])
    result: dict[str, Any] | None = said.get("result")
    return result
