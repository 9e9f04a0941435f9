"""`kinerja dead`: look at what services set aside, and send it back once its cause is mended."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated

import typer

from deploy.cli import redrive
from deploy.cli.broker import Client, Servers, client_of, reaching
from deploy.cli.letterbox import as_json, details, groups, letters, readable
from deploy.cli.letters import TOPICS, Letter, Selection, every
from deploy.cli.moments import moment
from deploy.cli.progress import Bar, Steps
from deploy.cli.tally import Tally
from deploy.cli.terminal import console, errors, write
from deploy.cli.texts import say
from deploy.cli.trouble import Trouble
from shared import reading

app = typer.Typer(no_args_is_help=True, help="What services could not handle and set aside.")

Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
Topic = Annotated[str | None, typer.Option(help="Only of this topic.")]
Reason = Annotated[
    str | None, typer.Option(help="Only for this reason; `handler` means all `handler:…`.")
]
Type = Annotated[str | None, typer.Option("--type", help="Only facts of this type.")]
Service = Annotated[str | None, typer.Option(help="Only what this service set aside.")]
Since = Annotated[str | None, typer.Option(help="Set aside since: 2h, 7d, 2026-11-24T08:00.")]
Until = Annotated[str | None, typer.Option(help="Set aside before: 2h, 7d, 2026-11-24T08:00.")]


@app.command("list")
def show_list(
    topic: Topic = None,
    reason: Reason = None,
    kind: Type = None,
    service: Service = None,
    since: Since = None,
    until: Until = None,
    each: Annotated[bool, typer.Option("--each", help="Letter by letter, with ids.")] = False,
    limit: Annotated[int, typer.Option(help="Letters shown with --each.", min=1)] = 50,
    servers: Servers = None,
    json: Json = False,
) -> None:
    """Count what was set aside, by topic, reason, type and service; or name each."""
    selection = _selection(topic, reason, kind, service, since, until)
    client = client_of(servers)
    tally = Tally(limit if each else 0)
    reaching(client, lambda: _count(client, selection, tally))
    if json:
        write(tally.as_json(each=each))
        return
    if not tally.groups:
        console.print(say("dead.none"))
        return
    console.print(*([letters(tally.first)] if each else groups(tally.sorted())))
    console.print(say("dead.counts", count=tally.count, redriven=tally.redriven), soft_wrap=True)
    if each and tally.count > limit:
        console.print(say("dead.more", count=tally.count - limit), soft_wrap=True)


@app.command("show")
def show_one(
    letter_id: Annotated[str, typer.Argument(help="The id, its beginning, or the fact's id.")],
    payload: Annotated[
        bool,
        typer.Option("--payload", help="Show what it says too: it may hold personal values."),
    ] = False,
    servers: Servers = None,
    json: Json = False,
) -> None:
    """Show a letter: its envelope, why it was set aside, by whom, and where it stood."""
    client = client_of(servers)
    found: list[Letter] = reaching(client, lambda: _find(client, letter_id))
    if not found:
        raise Trouble(say("dead.unknown", id=letter_id))
    if len({one.id for one in found}) > 1:
        raise Trouble(say("dead.ambiguous", id=letter_id), tuple(sorted({o.id for o in found})))
    if json:
        write([as_json(one, payload=payload) for one in found])
        return
    for one in found:
        console.print(details(one))
    if payload:
        console.print(say("dead.personal"), style="bold", soft_wrap=True)
        console.print(readable(found[0].value) or say("dead.empty"), soft_wrap=True)
    else:
        console.print(say("dead.payload_kept", count=len(found[0].value)), soft_wrap=True)


@app.command("redrive")
def send_back(
    ids: Annotated[list[str] | None, typer.Argument(help="Ids, or their beginnings.")] = None,
    topic: Topic = None,
    reason: Reason = None,
    kind: Type = None,
    service: Service = None,
    since: Since = None,
    until: Until = None,
    everything: Annotated[bool, typer.Option("--all", help="All there are.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also those sent back before.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be sent back.")
    ] = False,
    servers: Servers = None,
    json: Json = False,
) -> None:
    """Send facts back to their topics, as they came; every service that listens gets them again.

    A service that handled one before knows it by its id and does nothing.
    """
    selection = _selection(topic, reason, kind, service, since, until, ids or ())
    if selection.is_everything and not everything:
        raise Trouble(say("dead.choose"))
    client = client_of(servers)
    plan = Tally(0)
    reaching(client, lambda: _plan(client, selection, plan, again=again))
    sent = 0
    if plan.count and not dry_run:
        with Steps(errors).counting(say("dead.sending")) as bar:
            sent = reaching(client, lambda: _send(client, selection, plan.count, bar, again=again))
    if json:
        write(plan.as_json() | {"dry_run": dry_run, "sent": sent})
        return
    if not plan.count:
        console.print(say("dead.nothing"), soft_wrap=True)
        return
    console.print(*groups(plan.sorted()))
    ending = "dead.would_send" if dry_run else "dead.sent"
    console.print(say(ending, count=plan.count if dry_run else sent), soft_wrap=True)


def _selection(
    topic: str | None,
    reason: str | None,
    kind: str | None,
    service: str | None,
    since: str | None,
    until: str | None,
    ids: Sequence[str] = (),
) -> Selection:
    now = datetime.now(UTC)
    if topic is not None and topic.removesuffix(".dead") + ".dead" not in TOPICS:
        raise Trouble(say("dead.no_topic", topic=topic), TOPICS)
    from_, to = moment(since, now), moment(until, now)
    return Selection(topic, reason, kind, service, from_, to, tuple(ids))


async def _count(client: Client, selection: Selection, tally: Tally) -> None:
    async with aclosing(_every(client)) as found:
        async for letter in found:
            if selection.takes(letter):
                tally.add(letter)


async def _find(client: Client, letter_id: str) -> list[Letter]:
    asked = Selection(ids=(letter_id,))
    async with aclosing(_every(client)) as found:
        return [letter async for letter in found if asked.takes(letter)]


async def _every(client: Client) -> AsyncGenerator[Letter]:
    async with reading.reader(client) as consumer:
        where = await reading.partitions(client, TOPICS)
        async for letter in every(consumer, where):
            yield letter


async def _plan(client: Client, selection: Selection, plan: Tally, *, again: bool) -> None:
    async with aclosing(redrive.chosen(client, selection, again=again)) as found:
        async for letter in found:
            plan.add(letter)


async def _send(client: Client, selection: Selection, of: int, bar: Bar, *, again: bool) -> int:
    async with aclosing(redrive.chosen(client, selection, again=again)) as found:
        return await redrive.send_back(client, found, lambda done: bar.move(done, of))
