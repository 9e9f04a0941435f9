"""On Apache Kafka and PostgreSQL: nothing lost and nothing double, whatever dies.

`KINERJA_CHAOS_SEED` repeats the blows of a run, `KINERJA_CHAOS_MINUTES` goes on for longer.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.live.chaos.audit import Audit
from tests.live.chaos.clerk import Clerk
from tests.live.chaos.letters import wrong_letters
from tests.live.chaos.papers import ROWS, papers
from tests.live.chaos.plan import ENDS, Blow, blows
from tests.live.chaos.poison import LISTENERS, Poisoner
from tests.live.chaos.post import Post
from tests.live.chaos.settling import settle
from tests.live.chaos.storm import Storm
from tests.live.gate import Gate
from tests.live.ground import Real
from tests.live.real import Kafka, Postgres
from tests.live.running import free_ports, run

MINUTES = float(os.environ.get("KINERJA_CHAOS_MINUTES") or 0)
SEED = int(os.environ.get("KINERJA_CHAOS_SEED") or secrets.randbelow(1_000_000))
BLOWS = 20
"""How often somebody is killed, terminated or paused, at least."""

pytestmark = [pytest.mark.live, pytest.mark.timeout(600 + MINUTES * 120)]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Say something to whoever looks on."""

    def aloud(what: str) -> None:
        with capsys.disabled():
            print(f"\n{what}", end="", flush=True)  # noqa: T201  # it is meant for the terminal

    return aloud


def until(ends: float, endless: Iterator[Blow]) -> Iterator[Blow]:
    """Blows until it is time (monotonic) to end, and so many at least."""
    hard = 0
    for blow in endless:
        yield blow
        hard += blow.how in ENDS
        if hard >= BLOWS and time.monotonic() > ends:
            return


def test_whatever_dies_nothing_is_lost_and_nothing_is_double(
    kafka: Kafka, postgres: Postgres, tmp_path: Path, say: Callable[[str], None]
) -> None:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # that the broker is away is meant
    say(f"KINERJA_CHAOS_SEED={SEED}")
    ground = Real(kafka, postgres, gated=True)
    poisoner = Poisoner(kafka.servers)
    first = free_ports(1)
    knobs = {
        "KINERJA_KAFKA_SESSION_MS": "6000",
        "NOTIFICATIONS_SMTP_PORT": str(first),
        "NOTIFICATIONS_LEASE_SECONDS": "20",
        "APPRAISAL_LEASE_SECONDS": "5",
        "APPRAISAL_IMPORT_BATCH": "250",
        "TRAINING_BATCH": "200",
        "NOTIFICATIONS_BATCH": "200",
    }
    if SEED % 2:  # static membership; without it processes join as strangers
        knobs["KINERJA_KAFKA_INSTANCE"] = "storm"
    with (
        Post(first) as post,
        Gate(kafka.gate, kafka.back_door) as gate,
        run(tmp_path / "data", on=lambda _stack: ground, knobs=knobs) as running,
    ):
        storm = Storm(running, ground, gate, poisoner)
        ends = time.monotonic() + MINUTES * 60
        over = threading.Event()
        clerk = Clerk(running, papers(tmp_path / "papers", seed=SEED, over=over.is_set))
        storm.rage(until(ends, blows(SEED)))
        over.set()
        imports = clerk.done()
        poison = poisoner.done()
        settle(storm, imports, sum(len(LISTENERS[topic]) for topic in poison.values()))
        audit = Audit(kafka.servers, ground.ask, poison)
        kept = ground.ask("appraisal", "select count(*) from evaluation")
        wrong = [*audit.wrong(), *wrong_letters(storm, post)]
    busy = sum(one.busy for one in storm.fallen)
    (tmp_path / "story.txt").write_text(storm.story())
    say(
        f"{len(storm.fallen)} blows, {busy} of them into work, "
        f"{audit.repeats} facts told again, "
        f"{len(storm.ended)} processes ended by themselves, "
        f"{post.came.total()} letters, {post.came.total() - len(post.came)} of them again"
    )
    assert not wrong, f"KINERJA_CHAOS_SEED={SEED}\n{storm.story()}\n{wrong}"
    assert sum(one.blow.how in ENDS for one in storm.fallen) >= BLOWS
    [(evaluations,)] = kept
    assert evaluations >= ROWS
    assert busy > len(storm.fallen) / 2, "a storm over a sleeping house proves nothing"
