"""What every request passes on its way in, and every answer on its way out: plain ASGI."""

import logging
import time
from typing import Final

from opentelemetry.trace import Span
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import http, telemetry, tracing
from shared.database import passes

log = logging.getLogger(__name__)

HARMLESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS: Final = {
    "Cache-Control": "no-store",  # answers are about people
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""On every answer that does not say otherwise itself."""
DIGITS: Final = 15
"""No length worth reading has more."""
NOTHING: Final = "default-src 'none'; frame-ancestors 'none'"
OWN_PAGES: Final = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
)
"""What a page may load. The only ones a service has explain its contracts, to nobody in person."""


class Entrance:
    """ASGI middleware around a whole service."""

    def __init__(self, app: ASGIApp, largest_body: int) -> None:
        """`largest_body` in bytes; what is longer is refused before it is read."""
        self._app = app
        self._largest_body = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what need not be looked at, answer what went wrong, measure how long it took."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller = Headers(scope=scope).get("traceparent")
        with tracing.request(scope["method"], scope["path"], caller) as span:
            await self._answer(scope, receive, send, span)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, span: Span) -> None:
        began = time.perf_counter()
        status = 0

        async def send_out(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                is_page = headers.get("content-type", "").startswith("text/html")
                headers.setdefault("Content-Security-Policy", OWN_PAGES if is_page else NOTHING)
                route = getattr(scope.get("route"), "path", "none")
                telemetry.REQUEST_SECONDS.labels(scope["method"], route, status).observe(
                    time.perf_counter() - began
                )
                tracing.answered(span, scope["method"], route, status)
            await send(message)

        try:
            await self._look_at(scope)
            await self._app(scope, self._counting(receive), send_out)
        except Exception as error:  # noqa: BLE001  # its text may be personal and goes nowhere
            problem = _problem(error)
            if problem.status == 500:  # noqa: PLR2004  # the status itself
                where = {"error": type(error).__name__, "at": telemetry.where(error)}
                log.error("a request failed", extra=where)  # noqa: TRY400  # without its text
            if status:
                raise Cut from None  # too late for an answer: the server cuts it off
            await problem.response()(scope, receive, send_out)

    async def _look_at(self, scope: Scope) -> None:
        """Raise a problem where a request need not be read at all."""
        if b"%00" in scope["query_string"] + scope.get("raw_path", b""):
            raise http.Problem(400, "unreadable", "The address holds a character no name has.")
        length = Headers(scope=scope).get("content-length", "0")
        if not length.isdecimal() or len(length) > DIGITS or int(length) > self._largest_body:
            raise http.too_large(self._largest_body)
        if scope["method"] not in HARMLESS:
            await http.principal_of(Request(scope))  # nobody unknown has a body read

    def _counting(self, receive: Receive) -> Receive:
        """What comes in, up to the limit; a body sent in chunks does not say its length."""
        left = self._largest_body

        async def receive_some() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413)  # FastAPI lets no other error through while it reads
            return message

        return receive_some


class Cut(Exception):
    """An answer under way could not be ended."""


def _problem(error: Exception) -> http.Problem:
    if isinstance(error, http.Problem):
        return error
    if passes(error):
        return http.Problem(
            503, "database_away", "The service cannot reach its data; try again soon."
        )
    return http.Problem(500, "failed", "The service failed; its operators have been told.")
