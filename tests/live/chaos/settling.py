"""After the storm: wait until nothing is under way any more."""

import time
from collections.abc import Sequence

import asyncpg
import pytest

from tests.live.chaos.poison import LISTENERS
from tests.live.chaos.storm import Storm
from tests.live.checker import SERVICES, Ask

SECONDS = 150


def settle(storm: Storm, imports: Sequence[str], poison: int, seconds: float = SECONDS) -> None:
    """Wait until all imports are done, and all that was told of them is heard."""
    ends = time.monotonic() + seconds
    left: dict[str, object] = {"the databases": "do not answer"}
    while time.monotonic() < ends:
        storm.watch()
        try:
            left = _under_way(storm.ground.ask, imports, poison)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            time.sleep(1)
        if not left:
            return
        time.sleep(1)
    logs = "\n".join(f"== {name}\n{_end_of(storm, name)}" for name in SERVICES)
    pytest.fail(f"not within {seconds} s: {left}\n{storm.story()}\n{logs}")


def _under_way(ask: Ask, imports: Sequence[str], poison: int) -> dict[str, object]:
    """What is not at its end yet, by what it is."""
    done = ask("appraisal", "select count(*) from import where state = 'done'")
    found: dict[str, object] = {"imports": len(imports) - done[0][0]}
    told: dict[str, int] = {}
    dead: dict[str, int] = {}
    for service in SERVICES:
        [(waiting,)] = ask(service, "select count(*) from outbox")
        found[f"outbox of {service}"] = waiting
        counts: dict[str, int] = dict(
            ask(service, "select topic, count(*) from told group by topic")
        )
        dead[service] = sum(n for topic, n in counts.items() if topic.endswith(".dead"))
        told |= {topic: n for topic, n in counts.items() if not topic.endswith(".dead")}
    for service in ("training", "notifications"):
        heard = [topic for topic, who in LISTENERS.items() if service in who]
        [(seen,)] = ask(service, "select count(*) from inbox")
        expected = sum(told.get(topic, 0) for topic in heard) + dead[service]
        found[f"{service} has not heard"] = expected - seen
    found["poison not set aside"] = poison - sum(dead.values())
    found["digests"] = ask("notifications", "select count(*) from import_digest where not told")[0][
        0
    ]
    return {name: count for name, count in found.items() if count}


def _end_of(storm: Storm, name: str) -> str:
    return "\n".join(storm.running.log(name).read_text(errors="replace").splitlines()[-8:])
