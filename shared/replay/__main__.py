"""`python -m shared.replay SERVICE`, or in a service's image just `shared.replay`.

It says what it does as JSON lines: `plan`, then `progress`, then `result`, or `refused`. `kinerja
replay` makes sentences of them.
"""

import argparse
import asyncio
import importlib
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import asdict
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from shared import reading, telemetry
from shared.delivery import dead_id
from shared.main import Listening as Named
from shared.replay.handling import Counting, Redelivery, Taker, finish
from shared.replay.memory import SUFFIX, Memory, Record
from shared.replay.outlook import Outlook, Selection, look
from shared.service import Made, client_settings

PROGRESS: Final = 2000
"""After how many records to say how far it is."""


def say(**what: object) -> None:
    """One line for whoever started us."""
    sys.stdout.write(f"{msgspec.json.encode(what).decode()}\n")
    sys.stdout.flush()


async def replay(service: str, selection: Selection, *, dry_run: bool) -> bool:
    """Replay one service's topics; False if that was refused."""
    package = importlib.import_module(f"services.{service}")
    made: Made = importlib.import_module(f"services.{service}.app").app.state.made
    telemetry.set_up_logs(service, "WARNING")
    if made.listening is None:
        say(refused="listens_to_nothing")
        return False
    client = client_settings(f"{service}-replay", made.settings.common)
    try:
        outlook = await look(client, service, made.listening.topics, selection)
        say(plan={"members": outlook.members, "records": outlook.records})
        if outlook.members and not selection.harmless and not dry_run:
            say(refused="members", members=outlook.members)
            return False
        memory = Memory(service, made.database, outlook.cluster)
        tells = {kind.topic.name for kind in package.TELLS}
        dead = {topic + SUFFIX for topic in made.listening.topics}
        keep = not dry_run and selection.employee is None
        await _remember(client, memory, (tells if keep else set()) | dead, keep=keep)
        taker: Taker = Counting(made.listening, made.database)
        if not dry_run:
            taker = Redelivery(made.listening, made.database, again=selection.again)
        spans = _spans(client, outlook, memory, service)
        await _hand_over(spans, selection, taker, made.settings.batch, outlook.records)
        if not dry_run:
            await finish(made.database, made.after_replay)
        said = {"members": outlook.members, "noted": memory.noted, "dry_run": dry_run}
        say(result=asdict(taker.counts) | said)
    finally:
        await made.database.close()
    return True


async def _remember(
    client: reading.Client, memory: Memory, topics: set[str], *, keep: bool
) -> None:
    async with reading.reader(client) as consumer:
        where = await reading.partitions(client, topics)
        batch: list[Record] = []
        async for record in reading.records(consumer, where):
            batch.append(record)
            if len(batch) >= reading.RECORDS:
                await memory.note(batch, keep=keep)
                batch = []
        await memory.note(batch, keep=keep)


async def _spans(
    client: reading.Client, outlook: Outlook, memory: Memory, service: str
) -> AsyncGenerator[Record | None]:
    """Every record in the way; None in place of one the service set aside where it stands."""
    async with reading.reader(client) as consumer:
        found = reading.between(consumer, outlook.spans, borders=outlook.borders)
        async with aclosing(found):
            async for record in found:
                aside = memory.aside and dead_id(service, record) in memory.aside
                yield None if aside else record


async def _hand_over(
    records: AsyncGenerator[Record | None], selection: Selection, taker: Taker, size: int, of: int
) -> None:
    batch: list[Record] = []
    done = 0
    async with aclosing(records):
        async for record in records:
            done += 1
            if record is not None and selection.takes(record.key):
                batch.append(record)
            if len(batch) >= size:
                await taker.take(batch)
                batch = []
            if done % PROGRESS == 0:
                say(progress={"done": done, "of": max(done, of)})
    if batch:
        await taker.take(batch)
    say(progress={"done": done, "of": done})


def arguments(given: Sequence[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m shared.replay", description=__doc__)
    named = Named().service
    parser.add_argument("service", nargs="?", default=named, help="which one; in an image its own")
    parser.add_argument("--since", type=_moment, help="only what was told since (ISO 8601, zone)")
    parser.add_argument("--employee", type=UUID, help="only what is about this employee; --again")
    parser.add_argument("--again", action="store_true", help="also what was handled before")
    parser.add_argument(
        "--to-end", action="store_true", help="also what the service has not handled yet, quietly"
    )
    parser.add_argument("--dry-run", action="store_true", help="only count")
    found = parser.parse_args(given)
    if not found.service.isidentifier():
        parser.error("name one service")
    return found


def _moment(said: str) -> datetime:
    at = datetime.fromisoformat(said)
    if at.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return at


def main(given: Sequence[str]) -> None:
    """Replay what is asked for; exits with 1 if that was refused."""
    asked = arguments(given)
    selection = Selection(
        since=asked.since,
        employee=asked.employee,
        again=asked.again or asked.employee is not None,
        to_end=asked.to_end,
    )
    if not asyncio.run(replay(asked.service, selection, dry_run=asked.dry_run)):
        sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
