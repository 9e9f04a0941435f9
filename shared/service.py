"""A service assembled: HTTP, consumer, relay and clocks around one database, and its health."""

import asyncio
import gc
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared import documentation, http, openapi, retention, telemetry, tracing
from shared.auth import Tokens
from shared.broker import client_settings
from shared.carrier import Carrier
from shared.database import Database
from shared.delivery import Delivery, Listening
from shared.ending import END_SECONDS, end
from shared.entrance import Entrance
from shared.kafka import Consumer, wait_for_broker
from shared.provision import create_missing
from shared.relay import Relay
from shared.settings import CommonSettings, ServiceSettings

log = logging.getLogger(__name__)

CALM_SECONDS: Final = 30.0
"""A clock that ran this long before it failed is started again without a growing pause."""

NOT_ITS_OWN: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}
"""FastAPI's own telemetry would send paths as they were typed and the texts of errors."""

Clock = Callable[[Database], Awaitable[None]]
"""A door for time: runs until it is cancelled, keeps what it does in the database."""
AfterReplay = Callable[[Database], Awaitable[None]]
"""Once a replay has brought a database up to date: what clocks would do now and did then."""
Furnish = Callable[[FastAPI, str], None]
"""Adds to a service's web application what every service has, such as its documentation."""


@dataclass(slots=True)
class Parts:
    """What runs beside HTTP; None where the service has none."""

    carrier: Carrier
    consumer: Consumer | None
    relay: Relay
    tasks: Sequence[asyncio.Task[None]] = ()
    started: bool = False


@dataclass(frozen=True, slots=True)
class Made:
    """What a service is made of, for who runs it in another way (`shared.replay`)."""

    settings: ServiceSettings
    database: Database
    listening: Listening | None
    after_replay: AfterReplay | None


def build(
    name: str,
    settings: ServiceSettings,
    database: Database,
    routes: APIRouter,
    *,
    listening: Listening | None = None,
    clocks: Sequence[Clock] = (),
    after_replay: AfterReplay | None = None,
    title: str = "",
    largest_body: int = http.LARGEST_BODY,
    furnish: Sequence[Furnish] = (documentation.serve,),
) -> FastAPI:
    """The service's web application; starting it starts all the rest.

    It starts only where the broker answers within `startup_seconds`; a start that fails ends
    the process, so that whoever watches it can try again. `largest_body`: bytes a request may
    have.
    """
    common = settings.common

    async def keep_house(_database: Database) -> None:
        await retention.sweep(database, common.retention_days)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        telemetry.set_up_logs(name, common.log_level)
        tracing.set_up(name, common.trace_facts)
        app.state.database = database
        app.state.tokens = Tokens(common)
        parts = _assemble(name, settings, database, listening)
        app.state.parts = parts
        try:
            await _start(parts, database, (*clocks, keep_house), seconds=settings.startup_seconds)
            yield
        finally:
            await _stop(parts)
            await app.state.tokens.close()
            await database.close()
            await tracing.shut_down()

    app = FastAPI(
        title=title or f"Kinerja {name}",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        telemetry=NOT_ITS_OWN,
    )
    app.state.made = Made(settings, database, listening, after_replay)
    http.answer_errors(app, largest_body=largest_body)
    app.add_middleware(Entrance, largest_body=largest_body)
    app.include_router(routes)
    app.include_router(_health())
    for add in furnish:
        add(app, name)
    openapi.complete(app)
    return app


def producer_settings(common: CommonSettings) -> dict[str, Any]:
    """The relay's producer: every replica in sync has a fact before it counts as told."""
    return {
        "acks": "all",
        "enable_idempotence": common.kafka_idempotent,
        "linger_ms": 0,
        "max_batch_size": 512 * 1024,
        "max_request_size": 4 * 1024 * 1024,
    }


def _assemble(
    name: str, settings: ServiceSettings, database: Database, listening: Listening | None
) -> Parts:
    common = settings.common
    client = client_settings(name, common)

    async def provision() -> None:
        await create_missing(client)

    consumer = None
    if listening is not None:
        consumer = Consumer(Delivery(listening, database), common, batch=settings.batch)
    carrier = Carrier(client, producer_settings(common))
    relay = Relay(
        database,
        carrier,
        check_seconds=common.kafka_check_seconds,
        provision=provision if common.kafka_provision else None,
    )
    return Parts(carrier, consumer, relay)


async def _start(
    parts: Parts, database: Database, clocks: Sequence[Clock], *, seconds: float
) -> None:
    ends = time.monotonic() + seconds

    async def reach() -> None:
        await parts.carrier.producer()

    async def join() -> None:
        if parts.consumer is not None:
            await parts.consumer.start(seconds=max(1.0, ends - time.monotonic()))

    await wait_for_broker(reach, seconds=seconds)
    tasks = [asyncio.create_task(parts.relay.run(), name="relay")]
    tasks += [asyncio.create_task(_forever(clock, database)) for clock in clocks]
    parts.tasks = tasks
    await wait_for_broker(join, seconds=ends - time.monotonic())
    parts.started = True
    gc.collect()
    gc.freeze()  # what lives as long as the process is not looked through again
    gc.set_threshold(100_000, 50, 100)


async def _stop(parts: Parts) -> None:
    """End what runs beside HTTP, last what the others need; the relay sends what it has begun."""
    parts.started = False
    if parts.consumer is not None:
        await parts.consumer.stop()
    relay, clocks = parts.tasks[:1], parts.tasks[1:]
    await end(*clocks)
    parts.relay.stop()
    if relay:
        await asyncio.wait(relay, timeout=END_SECONDS)
        await end(*relay)
    await parts.carrier.close()


async def _forever(clock: Clock, database: Database) -> None:
    """Run a clock; where it fails, say so and run it again after a pause."""
    pause = 0.5
    while True:
        began = time.monotonic()
        try:
            await clock(database)
        except Exception as error:  # noqa: BLE001  # a clock must never stop
            log.warning(
                "a clock failed and runs again",
                extra={"error": type(error).__name__, "at": telemetry.where(error)},
            )
        pause = 0.5 if time.monotonic() - began > CALM_SECONDS else min(pause * 2, 10.0)
        await asyncio.sleep(pause)


def _health() -> APIRouter:
    routes = APIRouter(tags=["operation"])

    @routes.get("/healthz")
    async def healthz(request: Request) -> JSONResponse:
        """Alive: batches are taken and none hangs. Restart the process where this is not 200."""
        parts: Parts = request.app.state.parts
        alive = {
            "consumer": parts.consumer is None or not parts.started or parts.consumer.alive,
            "tasks": not any(task.done() for task in parts.tasks),
        }
        return JSONResponse(alive, 200 if all(alive.values()) else 503)

    @routes.get("/readyz")
    async def readyz(request: Request) -> JSONResponse:
        """Ready: started, the database answers."""
        parts: Parts = request.app.state.parts
        ready = {
            "started": parts.started,
            "database": await request.app.state.database.answers(),
        }
        return JSONResponse(ready, 200 if all(ready.values()) else 503)

    @routes.get("/metrics")
    async def metrics() -> Response:
        """Prometheus metrics."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return routes
