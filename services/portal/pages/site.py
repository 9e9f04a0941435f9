"""The whole web face: every page, its files, its health, and what holds for each request."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from services.portal.clients import Calls
from services.portal.pages import (
    courses,
    home,
    imports,
    inbox,
    mail,
    preferences,
    results,
    sign_in,
    team,
)
from services.portal.pages.doors import Door, trouble
from services.portal.pages.rendering import STATIC, Renderer
from services.portal.pages.safety import Safety
from services.portal.pages.session import Sessions
from services.portal.pages.visit import House, Visit
from services.portal.settings import Settings
from shared import telemetry, tracing


def doors() -> list[Door]:
    """Every page's door."""
    rooms = (home, sign_in, results, team, inbox, preferences, imports, courses, mail)
    return [door for room in rooms for door in room.DOORS]


def build(settings: Settings, transport: httpx.AsyncBaseTransport | None = None) -> Starlette:
    """The portal's web application; `transport` leads its calls elsewhere in tests."""
    calls = Calls(settings, transport)
    house = House(settings, calls, Sessions(settings), Renderer(settings))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        telemetry.set_up_logs("portal", settings.common.log_level)
        tracing.set_up("portal", settings.common.trace_facts)
        gc.collect()
        gc.freeze()  # what lives as long as the process is not looked through again
        yield
        await calls.close()
        await tracing.shut_down()

    async def on_missing(request: Request, _error: Exception) -> Response:
        return await _nowhere(house, request)

    return Starlette(
        routes=[
            *_operation(),
            *(door.route(house) for door in doors()),
            Mount("/static", _Kept(directory=STATIC)),
        ],
        middleware=[Middleware(Safety, settings=settings)],
        exception_handlers={404: on_missing, 405: on_missing},
        lifespan=lifespan,
    )


async def _nowhere(house: House, request: Request) -> Response:
    """The page for addresses that lead nowhere."""
    visit = Visit(house, request)
    try:
        visit.count_unread()
        return await trouble(visit, 404, "not_found")
    finally:
        await visit.leave()


def _operation() -> list[Route]:
    async def alive(_request: Request) -> Response:
        return JSONResponse({"started": True})

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [
        # a service that is away makes no page impossible, so readiness does not ask them
        Route("/healthz", alive),
        Route("/readyz", alive),
        Route("/metrics", metrics),
    ]


class _Kept(StaticFiles):
    """Files whose address changes when they do: browsers may keep them for ever."""

    def file_response(self, *args: object, **more: object) -> Response:
        answer = super().file_response(*args, **more)  # type: ignore[arg-type]  # passed on as they come
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer
