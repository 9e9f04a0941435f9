"""What every request and every answer is held to: known hosts, own forms, strict headers."""

import time
from typing import Final
from urllib.parse import urlsplit

from opentelemetry.trace import Span
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.portal.settings import Settings
from shared import telemetry, tracing

ROUTE: Final = "kinerja.route"
"""Where a door leaves its path for the metrics: paths as typed would tell who looked at what."""
HARMLESS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OPERATION: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines under any name; they hold nothing personal."""
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
LOCAL: Final = frozenset({"127.0.0.1", "localhost", "[::1]"})


class Safety:
    """ASGI middleware around the whole portal."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._origin = settings.origin
        self._hosts = frozenset({urlsplit(self._origin).netloc}) if self._origin else None
        self._always = HEADERS | (
            {} if settings.embedded else {"Strict-Transport-Security": "max-age=31536000"}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what comes from elsewhere, and add the headers to what goes out."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # browsers tell no trace: one begins here
        with tracing.request(scope["method"], scope["path"], None) as span:
            await self._answer(scope, receive, send, span)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, span: Span) -> None:
        began = time.perf_counter()

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._always.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                answer = (scope["method"], scope.get(ROUTE, "none"), message["status"])
                telemetry.REQUEST_SECONDS.labels(*answer).observe(time.perf_counter() - began)
                tracing.answered(span, *answer)
            await send(message)

        if refusal := self._refusal(scope):
            await refusal(scope, receive, send_safely)
            return
        await self._app(scope, receive, send_safely)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if scope["path"] not in OPERATION and not self._known(host):
            return PlainTextResponse("This address is not served here.\n", 421)
        if scope["method"] not in HARMLESS and not self._own_form(headers, host):
            return PlainTextResponse("This form was sent from another site.\n", 403)
        return None

    def _known(self, host: str) -> bool:
        """A name that leads here by accident or by trick (DNS rebinding) is not served."""
        if self._hosts is not None:
            return host in self._hosts
        return host.rpartition(":")[0] in LOCAL or host in LOCAL

    def _own_form(self, headers: Headers, host: str) -> bool:
        """Browsers say where a form was sent from; what says nothing is not let in."""
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site") == "same-origin"
        return origin == (self._origin or f"http://{host}")
