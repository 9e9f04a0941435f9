"""Doors for operators: how far services are behind, and whether all is well."""

import math
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table

from deploy.cli import lag
from deploy.cli.broker import Servers, client_of, reaching
from deploy.cli.doctor.findings import Finding, Level
from deploy.cli.doctor.site import Site
from deploy.cli.moments import lasting
from deploy.cli.progress import Steps
from deploy.cli.terminal import console, errors, write
from deploy.cli.texts import say

Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]


def show_lag(
    max_seconds: Annotated[
        float | None,
        typer.Option(help="Exit with 1 where a service is further behind than this.", min=0),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Show partitions that are not behind, too.")
    ] = False,
    servers: Servers = None,
    json: Json = False,
) -> None:
    """Show how far services are behind: messages and seconds, by service and partition."""
    client = client_of(servers)
    found = reaching(client, lambda: lag.measure(client))
    worst = lag.worst(found)
    late = max_seconds is not None and worst > max_seconds
    if json:
        write(
            {
                "measured_at": datetime.now(UTC),
                "messages": sum(one.messages for one in found),
                "seconds": worst if math.isfinite(worst) else None,
                "late": late,
                "partitions": found,
            }
        )
    else:
        _show_behind(found, every=every)
    if late:
        raise typer.Exit(1)


def _show_behind(found: Sequence[lag.Behind], *, every: bool) -> None:
    table = Table()
    for name in ("service", "partition", "committed", "end", "messages", "seconds"):
        right = name not in {"service", "partition"}
        table.add_column(say(f"lag.{name}"), justify="right" if right else "left", overflow="fold")
    for one in found:
        if every or one.messages:
            committed = "-" if one.committed is None else str(one.committed)
            place = f"{one.topic}/{one.partition}"
            numbers = (committed, str(one.end), f"{one.messages:,}")
            table.add_row(one.service, place, *numbers, lasting(one.seconds))
    if table.row_count:
        console.print(table)
    for service in dict.fromkeys(one.service for one in found):
        mine = [one for one in found if one.service == service]
        worst = lag.worst(mine)
        console.print(
            say(
                "lag.sum",
                service=service,
                messages=f"{sum(one.messages for one in mine):,}",
                lasting=lasting(worst if math.isfinite(worst) else None),
            ),
            soft_wrap=True,
        )
        if expired := sum(one.expired for one in mine):
            console.print(say("lag.expired", service=service, count=expired), soft_wrap=True)
    if not found:
        console.print(say("lag.nothing"), soft_wrap=True)


def examine(
    strict: Annotated[bool, typer.Option("--strict", help="Warnings exit with 1 too.")] = False,
    brief: Annotated[bool, typer.Option("--brief", help="Only what is not well.")] = False,
    url: Annotated[
        list[str] | None, typer.Option(help="A service that answers HTTP; may be repeated.")
    ] = None,
    servers: Servers = None,
    json: Json = False,
) -> None:
    """Examine the installation and say what to do; exits with 1 if something is wrong."""
    from deploy.cli.doctor import examination  # noqa: PLC0415  # most commands do without

    site = Site.of(os.environ, client_of(servers), urls=url or ())
    with Steps(errors).waiting(say("doctor.looking")):
        found = examination.examine(site)
    if json:
        levels = {level: sum(one.level is level for one in found) for level in Level}
        write({"counts": levels, "findings": [one.as_json() for one in found]})
    else:
        _show_findings(found, brief=brief)
    bad = {Level.PROBLEM, Level.WARNING} if strict else {Level.PROBLEM}
    if any(one.level in bad for one in found):
        raise typer.Exit(1)


STYLES = {Level.PROBLEM: "bold red", Level.WARNING: "yellow", Level.NOTE: "cyan", Level.OK: "green"}


def _show_findings(found: Sequence[Finding], *, brief: bool) -> None:
    for one in found:
        if brief and one.level in {Level.OK, Level.NOTE}:
            continue
        console.print(say(f"level.{one.level}"), style=STYLES[one.level], end="  ")
        console.print(one.text, soft_wrap=True)
        if one.remedy:
            console.print(f"      → {one.remedy}", soft_wrap=True)
    counts = {level.value: sum(one.level is level for one in found) for level in Level}
    console.print(say("doctor.sum", **counts), soft_wrap=True)
