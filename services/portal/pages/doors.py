"""A page's door: who may come in, and what is said where something goes wrong behind it."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from services.portal.clients.trouble import (
    NotAllowed,
    NotThere,
    ServiceAway,
    SignInAgain,
    TooLarge,
    Unfit,
)
from services.portal.pages.safety import ROUTE
from services.portal.pages.visit import House, Visit, to_sign_in
from shared import telemetry
from shared.auth import Role

log = logging.getLogger(__name__)

Handler = Callable[[Visit], Awaitable[Response]]
EVERYBODY: Final = tuple(Role)
AWAY_SECONDS: Final = "10"
_SAID: Final[dict[type[Exception], tuple[int, str]]] = {
    NotAllowed: (403, "not_allowed"),
    NotThere: (404, "not_found"),
    TooLarge: (413, "too_large"),
    Unfit: (422, "unfit"),
}
"""The status and the page for each."""


@dataclass(frozen=True, slots=True)
class Door:
    """A path, what answers it, and who may ask; `roles` None lets in people not signed in."""

    path: str
    handler: Handler
    roles: tuple[Role, ...] | None = EVERYBODY
    method: str = "GET"

    def route(self, house: House) -> Route:
        """The route that leads through this door."""

        async def endpoint(request: Request) -> Response:
            request.scope[ROUTE] = self.path
            visit = Visit(house, request)
            try:
                return await self._enter(visit)
            finally:
                await visit.leave()

        return Route(self.path, endpoint, methods=[self.method], name=self.path)

    async def _enter(self, visit: Visit) -> Response:
        try:
            if self.roles is not None and not visit.person.may_be(*self.roles):
                raise NotAllowed
            if self.method == "GET":
                visit.count_unread()
            return await self.handler(visit)
        except SignInAgain:
            return to_sign_in(visit.request)
        except (NotAllowed, NotThere, TooLarge, Unfit) as error:
            return await trouble(visit, *_SAID[type(error)])
        except ServiceAway as error:
            return await trouble(visit, 503, "away", service=error.service)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:
            log.exception("a page failed", extra={"at": telemetry.where(error)})
            return await trouble(visit, 500, "unexpected")


async def trouble(visit: Visit, status: int, kind: str, service: str = "") -> Response:
    """A page that says what went wrong and what still works; for scripts, the same in JSON."""
    headers = {"Retry-After": AWAY_SECONDS} if kind == "away" else {}
    named = f"away.{service}" if kind == "away" else kind
    if "application/json" in visit.request.headers.get("accept", ""):
        said = visit.speech.text(f"trouble.{named}.text")
        return JSONResponse({"text": said}, status, headers)
    again = visit.request.method == "GET"
    page = await visit.page(
        "trouble.html", status, kind=kind, named=named, service=service, again=again
    )
    page.headers.update(headers)
    return page
