"""`python -m shared.replay SERVICE`, or in a service's image just `shared.replay`.

It says what it does as JSON lines: `plan`, then `progress`, then `result`, or `refused`. `kinerja
replay` makes sentences of them.
"""

import argparse
import asyncio
import importlib
import sys
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from shared import telemetry
from shared.broker import client_settings
from shared.main import Listening as Named
from shared.replay.outlook import Selection
from shared.replay.work import Work
from shared.service import Made


def say(**what: object) -> None:
    """One line for whoever started us."""
    sys.stdout.write(f"{msgspec.json.encode(what).decode()}\n")
    sys.stdout.flush()


async def replay(service: str, selection: Selection, *, dry_run: bool) -> bool:
    """Replay one service's topics; False if that was refused."""
    package = importlib.import_module(f"services.{service}")
    made: Made = importlib.import_module(f"services.{service}.app").app.state.made
    telemetry.set_up_logs(service, "WARNING")
    tells = {kind.topic.name for kind in package.TELLS}
    client = client_settings(f"{service}-replay", made.settings.common)
    try:
        return await Work(service, made, tells, client, say).replay(selection, dry_run=dry_run)
    finally:
        await made.database.close()


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
