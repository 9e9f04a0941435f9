import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiokafka
import httpx
import pytest
from aiokafka.errors import KafkaConnectionError
from fastapi import APIRouter, FastAPI
from prometheus_client import CONTENT_TYPE_LATEST

from shared import broker, service, telemetry
from shared.database import Database, connect
from shared.settings import ServiceSettings
from tests.shared.broker import Broker
from tests.shared.facts import SECRET, listening, registered
from tests.shared.test_kafka import Client, told, until


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """One database is enough here: the others' tests see to what they keep."""
    (tmp_path / "data").mkdir()
    return f"sqlite+aiosqlite:///{tmp_path / 'data' / 'service.db'}"


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "set_up_logs", lambda *_: None)
    monkeypatch.setattr(service.gc, "freeze", lambda: None)
    monkeypatch.setattr(service.gc, "set_threshold", lambda *_: None)
    monkeypatch.setattr(aiokafka, "AIOKafkaConsumer", Client)
    Client.made, Client.log, Client.away = [], [], False


def settings(**knobs: Any) -> ServiceSettings:
    return ServiceSettings(database_url="sqlite+aiosqlite://", startup_seconds=0.3, **knobs)


def build(database: Database, **more: Any) -> FastAPI:
    return service.build("tests", settings(), database, APIRouter(), furnish=(), **more)


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield client


async def test_a_service_that_runs_is_alive_and_ready_and_can_be_measured(
    database: Database, broker: Broker
) -> None:
    app = build(database, listening=listening())
    async with running(app) as client:
        alive, ready = await client.get("/healthz"), await client.get("/readyz")
        assert (alive.status_code, alive.json()) == (200, {"consumer": True, "tasks": True})
        assert (ready.status_code, ready.json()) == (200, {"started": True, "database": True})
        metrics = await client.get("/metrics")
        assert metrics.headers["content-type"] == CONTENT_TYPE_LATEST
        assert "kinerja_outbox_age_seconds" in metrics.text
    assert not app.state.parts.started
    assert Client.made[0].closed


async def test_a_service_tells_what_it_heard_only_once_it_is_kept_and_then_at_once(
    database: Database, broker: Broker
) -> None:
    told([registered()], value=b"poison")
    async with running(build(database, listening=listening())):
        await until(lambda: broker.records("workforce.employees.v1.dead") != [])
    assert Client.made[0].committed == 1


async def test_a_service_whose_database_is_away_is_alive_but_not_ready(
    database: Database, broker: Broker, tmp_path: Path
) -> None:
    app = build(database, listening=listening())
    away = connect(ServiceSettings(database_url=f"sqlite+aiosqlite:///{tmp_path}/none/none.db"))
    async with running(app) as client:
        app.state.database = away
        assert (await client.get("/healthz")).status_code == 200
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["database"]) == (503, False)
    await away.close()


async def test_a_service_whose_consumer_or_relay_ended_is_not_alive(
    database: Database, broker: Broker
) -> None:
    app = build(database, listening=listening())
    async with running(app) as client:
        await asyncio.sleep(0.1)
        app.state.parts.tasks[0].cancel()
        await asyncio.sleep(0.1)
        answer = await client.get("/healthz")
        assert (answer.status_code, answer.json()["tasks"]) == (503, False)
        await app.state.parts.consumer.stop()
        assert (await client.get("/healthz")).json()["consumer"] is False


async def test_a_service_that_finds_no_broker_does_not_start_and_leaves_nothing_open(
    database: Database, broker: Broker
) -> None:
    broker.away = True
    app = build(database, listening=listening())
    with pytest.raises(KafkaConnectionError):
        async with running(app):
            pass
    assert app.state.parts.carrier._producer is None

    broker.away, Client.away = False, True
    with pytest.raises(KafkaConnectionError):
        async with running(app):
            pass
    assert all(one.closed for one in Client.made)
    assert all(task.done() for task in app.state.parts.tasks)
    assert app.state.parts.carrier._producer is None


async def test_a_clock_that_fails_runs_again_and_tells_no_text(
    database: Database, broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    runs = 0

    async def clock(_database: Database) -> None:
        nonlocal runs
        runs += 1
        raise ArithmeticError(SECRET)

    async with running(build(database, clocks=(clock,))):
        await until(lambda: runs >= 2)
    assert "ArithmeticError" in str([line.__dict__ for line in caplog.records])
    assert SECRET not in str([line.__dict__ for line in caplog.records])


async def test_a_service_stops_hearing_before_it_stops_telling(
    database: Database, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    app = build(database, listening=listening())
    async with running(app):
        parts = app.state.parts
        for name, part in (("consumer", parts.consumer), ("carrier", parts.carrier)):
            end = "stop" if name == "consumer" else "close"
            method = getattr(part, end)

            async def note(name: str = name, method: Any = method) -> None:
                order.append(name)
                assert name == "consumer" or parts.tasks[0].done()
                await method()

            monkeypatch.setattr(part, end, note)
    assert order == ["consumer", "carrier"]


async def test_pages_can_be_added_to_every_service(database: Database, broker: Broker) -> None:
    def furnish(app: FastAPI, name: str) -> None:
        @app.get("/about")
        async def about() -> str:
            return name

    app = service.build("tests", settings(), database, APIRouter(), furnish=(furnish,))
    async with running(app) as client:
        assert (await client.get("/about")).json() == "tests"


def test_a_producer_waits_for_every_replica_and_all_clients_find_the_broker_alike() -> None:
    common = settings().common.model_copy(update={"kafka_servers": "a:1,b:2"})
    assert broker.client_settings("x", common)["bootstrap_servers"] == ["a:1", "b:2"]
    producing = service.producer_settings(common)
    assert producing["acks"] == "all"
    assert producing["enable_idempotence"] is True
    assert not producing.keys() & broker.client_settings("x", common).keys()
    assert logging.getLogger(service.__name__)
