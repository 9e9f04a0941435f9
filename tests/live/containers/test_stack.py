"""The stack as operators run it: the main job, walls between neighbours, and a death."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.cli.synthetic import write_export
from deploy.local.environment import PROJECT, SERVICES
from tests.live import checker
from tests.live.containers.compose import Compose, until

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

SAMPLE = PROJECT / "samples" / "laporan-penilaian-skp-2025.xlsx"
ROWS = 20_000
NEIGHBOURS = """
import asyncio, asyncpg, json, pathlib
me = {name!r}
async def reach(database):
    try:
        password = pathlib.Path("/run/secrets/database.password").read_text()
        connection = await asyncpg.connect(
            host="postgres", user=me, password=password, database=database)
        await connection.close()
        return "reached"
    except asyncpg.PostgresError as error:
        return type(error).__name__
async def main():
    names = ("appraisal", "training", "notifications", "postgres", "template1")
    print(json.dumps({{name: await reach(name) for name in names}}))
asyncio.run(main())
"""
WALLS = """
import json, os, pathlib
status = dict(line.split(":\\t", 1) for line in open("/proc/1/status").read().splitlines())
try:
    pathlib.Path("/app/written").touch()
    writable = True
except OSError:
    writable = False
print(json.dumps({
    "user": os.getuid(), "capabilities": int(status["CapBnd"], 16), "writable": writable,
    "no_new_privileges": status["NoNewPrivs"], "services": sorted(
        entry.name for entry in os.scandir("services") if entry.is_dir() and entry.name[0] != "_"),
    "told": [*os.environ.values(), open("/proc/1/cmdline").read()],
    "secrets": [file.read_text() for file in pathlib.Path("/run/secrets").iterdir()],
}))
"""


def test_the_sample_gives_the_same_numbers_as_the_embedded_stack(compose: Compose) -> None:
    import_id = compose.hand_in(SAMPLE)
    counts = compose.get("appraisal", f"/imports/{import_id}")["counts"]
    assert (counts["finalised"], counts["rejected"], counts["set_aside"]) == (588, 12, 3)
    until(lambda: not checker.wrong_by(compose.ask), lambda: checker.wrong_by(compose.ask))
    sums = compose.get("training", "/recommendations/summary", import_id=import_id)
    assert sums == {"sets": 588, "recommendations": 428, "people": 319}

    def notices() -> dict[str, Any]:
        return compose.get("notifications", "/notices/summary", import_id=import_id)

    until(lambda: notices()["email"]["waiting"] == 0, notices)
    assert notices()["inbox"] == 1009
    unsent = {"waiting": 0, "failed": 0, "no_address": 0, "replayed": 0}
    assert notices()["email"] == {"sent": 1009, **unsent}
    arrived = httpx.get(f"http://127.0.0.1:{compose.stack.port('smtp')}/api/v1/messages?limit=1")
    assert arrived.json()["total"] == 1009


@pytest.mark.parametrize("service", SERVICES)
def test_a_role_reaches_its_own_database_and_no_other(compose: Compose, service: str) -> None:
    reached = json.loads(compose.python(service, NEIGHBOURS.format(name=service)))
    assert reached.pop(service) == "reached"
    assert set(reached.values()) == {"InsufficientPrivilegeError"}


@pytest.mark.parametrize("service", [*SERVICES, "portal"])
def test_a_container_holds_one_service_and_can_do_nothing_else(
    compose: Compose, service: str
) -> None:
    found = json.loads(compose.python(service, WALLS))
    assert found["user"] == 10_001
    assert found["capabilities"] == 0
    assert found["no_new_privileges"].strip() == "1"
    assert not found["writable"]
    assert found["services"] == [service]
    for secret in found["secrets"]:
        assert len(secret) >= 32
        assert not any(secret in told for told in found["told"])


def test_ports_are_open_to_this_machine_only(compose: Compose) -> None:
    for service in ("portal", "appraisal", "training", "notifications", "desk", "mail", "kafka"):
        for container in compose.containers(service):
            bound = compose.inspect(container)["NetworkSettings"]["Ports"].values()
            addresses = {place["HostIp"] for places in bound for place in places or ()}
            assert addresses == {"127.0.0.1"}, service


def test_a_container_killed_in_the_middle_of_an_import_loses_and_doubles_nothing(
    compose: Compose, tmp_path: Path
) -> None:
    compose.run("up", "--detach", "--wait", "--no-recreate", "--scale", "training=3")
    running = compose.containers("training")
    assert len(running) == 3

    def sets() -> int:
        [(found,)] = compose.ask("training", "select count(*) from recommendation_set")
        return int(found)

    export = tmp_path / "export.xlsx"
    write_export(export, ROWS, seed=7, year=2024)
    before = sets()
    import_id = compose.upload(export)
    until(lambda: sets() > before, lambda: "no set was made")
    compose.docker("kill", "--signal", "KILL", running[0])
    assert sets() - before < ROWS, "it was killed too late to prove anything"
    time.sleep(2)
    compose.docker("start", running[0])
    until(
        lambda: sets() - before >= ROWS and not checker.wrong_by(compose.ask),
        lambda: checker.wrong_by(compose.ask),
        seconds=180,
    )
    assert compose.get("appraisal", f"/imports/{import_id}")["state"] == "done"
    assert len(checker.finalised(compose.ask)) == before + ROWS


def test_a_broker_that_has_everything_is_told_nothing_again(compose: Compose) -> None:
    """Relays have looked many times by now, every `KINERJA_KAFKA_CHECK_SECONDS`."""
    for service in SERVICES:
        said = compose.run("logs", "--no-log-prefix", service)
        assert "they are told again" not in said, service
        [(positions, told)] = compose.ask(
            service,
            """select (select count(*) from told_position) as positions,
                      (select count(distinct topic) from told) as told""",
        )
        assert positions >= told


def test_told_to_stop_a_service_ends_in_good_order(compose: Compose) -> None:
    compose.run("stop", *SERVICES, "portal")
    for service in (*SERVICES, "portal"):
        for container in compose.containers(service):
            state = compose.inspect(container)["State"]
            assert (state["ExitCode"], state["OOMKilled"]) == (0, False), service
