"""A service assembled: HTTP, consumer, relay and clocks around one database, and its health."""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from shared import http, telemetry
from shared.auth import Tokens
from shared.carrier import Carrier
from shared.database import Database
from shared.delivery import Delivery, Listening
from shared.kafka import Consumer, wait_for_broker
from shared.provision import create_missing
from shared.relay import Relay
from shared.settings import CommonSettings, ServiceSettings

log = logging.getLogger(__name__)

Clock = Callable[[Database], Awaitable[None]]
"""A door for time: runs until it is cancelled, keeps what it does in the database."""


@dataclass(slots=True)
class Parts:
    """What runs beside HTTP; None where the service has none."""

    consumer: Consumer | None
    relay: Relay
    tasks: Sequence[asyncio.Task[None]] = ()
    started: bool = False


def build(
    name: str,
    settings: ServiceSettings,
    database: Database,
    routes: APIRouter,
    *,
    listening: Listening | None = None,
    clocks: Sequence[Clock] = (),
    title: str = "",
) -> FastAPI:
    """The service's web application; starting it starts all the rest.

    It starts only where the broker answers within `startup_seconds`; a start that fails ends
    the process, so that whoever watches it can try again.
    """
    common = settings.common
    telemetry.set_up_logs(name, common.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.database = database
        app.state.tokens = Tokens(common)
        carrier = Carrier(producer_settings(name, common))
        parts = _assemble(settings, database, carrier, listening)
        app.state.parts = parts
        try:
            await _start(parts, carrier, database, clocks, seconds=settings.startup_seconds)
            yield
        finally:
            await _stop(parts, carrier)
            await app.state.tokens.close()
            await database.close()

    app = FastAPI(
        title=title or f"Kinerja {name}", lifespan=lifespan, docs_url=None, redoc_url=None
    )
    http.answer_errors(app)
    _measure(app)
    app.include_router(routes)
    app.include_router(_health())
    return app


def client_settings(name: str, common: CommonSettings) -> dict[str, Any]:
    """How every Kafka client of a service finds the broker."""
    return {"bootstrap_servers": common.kafka_servers.split(","), "client_id": name}


def producer_settings(name: str, common: CommonSettings) -> Mapping[str, Any]:
    """The relay's producer: every replica in sync has a fact before it counts as told."""
    return client_settings(name, common) | {
        "acks": "all",
        "enable_idempotence": common.kafka_idempotent,
        "linger_ms": 0,
        "max_batch_size": 512 * 1024,
        "max_request_size": 4 * 1024 * 1024,
        "request_timeout_ms": 10_000,
        "metadata_max_age_ms": common.kafka_metadata_ms,
    }


def _assemble(
    settings: ServiceSettings,
    database: Database,
    carrier: Carrier,
    listening: Listening | None,
) -> Parts:
    common = settings.common

    async def provision() -> None:
        await create_missing(client_settings("provision", common))

    consumer = None
    if listening is not None:
        consumer = Consumer(Delivery(listening, database), common, batch=settings.batch)
    relay = Relay(
        database,
        carrier,
        check_seconds=common.kafka_check_seconds,
        provision=provision if common.kafka_provision else None,
    )
    return Parts(consumer, relay)


async def _start(
    parts: Parts, carrier: Carrier, database: Database, clocks: Sequence[Clock], *, seconds: float
) -> None:
    async def reach() -> None:
        await carrier.producer()

    await wait_for_broker(reach, seconds=seconds)
    tasks = [asyncio.create_task(parts.relay.run(), name="relay")]
    tasks += [asyncio.create_task(_forever(clock, database)) for clock in clocks]
    parts.tasks = tasks
    if parts.consumer is not None:
        await wait_for_broker(parts.consumer.start, seconds=seconds)
    parts.started = True
    gc.collect()
    gc.freeze()  # what lives as long as the process is not looked through again
    gc.set_threshold(100_000, 50, 100)


async def _stop(parts: Parts, carrier: Carrier) -> None:
    parts.started = False
    if parts.consumer is not None:
        await parts.consumer.stop()
    parts.relay.stop()
    for task in parts.tasks[1:]:
        task.cancel()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(10):
            await asyncio.gather(*parts.tasks, return_exceptions=True)
    for task in parts.tasks:
        task.cancel()
    await carrier.close()


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


CALM_SECONDS: Final = 30.0


def _measure(app: FastAPI) -> None:
    @app.middleware("http")
    async def on_request(
        request: Request, call: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        began = time.perf_counter()
        answer = await call(request)
        route = getattr(request.scope.get("route"), "path", "none")
        telemetry.REQUEST_SECONDS.labels(request.method, route, answer.status_code).observe(
            time.perf_counter() - began
        )
        return answer


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
