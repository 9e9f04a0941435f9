"""One visit to a page: who comes, in which language, and what the answer is made with."""

import asyncio
import contextlib
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, TypeVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from services.portal.clients import Calls, Development, Services
from services.portal.clients.trouble import NotAllowed, NotThere, ServiceAway, SignInAgain
from services.portal.pages.language import Speech, language_of
from services.portal.pages.rendering import Renderer
from services.portal.pages.session import Person, Sessions
from services.portal.settings import Settings
from shared.auth import Role

T = TypeVar("T")
READERS: Final = (Role.EMPLOYEE, Role.REVIEWER, Role.PERSONNEL_OFFICER)
"""Who has an inbox."""


@dataclass(frozen=True, slots=True)
class House:
    """What all visits share."""

    settings: Settings
    calls: Calls
    sessions: Sessions
    renderer: Renderer


class Visit:
    """A request with all a page needs to answer it."""

    def __init__(self, house: House, request: Request) -> None:
        self.house = house
        self.request = request
        self.guest = house.sessions.read(request)
        self.speech = Speech(language_of(request), house.settings.time_zone)
        self._unread: asyncio.Task[int | None] | None = None

    @property
    def person(self) -> Person:
        """Who is signed in; raises `SignInAgain` where nobody is."""
        if self.guest is None:
            raise SignInAgain
        return self.guest

    @cached_property
    def services(self) -> Services:
        """The services, asked in the person's name."""
        return Services(self.house.calls, self.person.token, self.speech.language)

    @property
    def development(self) -> Development:
        """The front desk of the embedded stack; elsewhere there is none."""
        if not self.house.settings.embedded:
            raise NotThere
        return Development(self.house.calls)

    @property
    def query(self) -> dict[str, str]:
        """What the address asks, without empty words."""
        return {name: value for name, value in self.request.query_params.items() if value}

    def count_unread(self) -> None:
        """Begin to ask for the header's number while the page asks for the rest."""
        if self.guest is not None and self.guest.may_be(*READERS):
            self._unread = asyncio.create_task(self._ask_unread())

    async def page(self, template: str, status: int = 200, **content: Any) -> HTMLResponse:
        """A page made of a template."""
        unread = await self._unread if self._unread is not None else None
        if "inbox" in content and content["inbox"] is not None:
            unread = content["inbox"].unread
        return HTMLResponse(
            self.house.renderer.render(template, self, unread=unread, **content), status
        )

    async def leave(self) -> None:
        """Stop asking for what no page was made of."""
        if self._unread is not None:
            self._unread.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._unread

    async def _ask_unread(self) -> int | None:
        inbox = await unless_away(self.services.inbox(limit=1))
        return inbox.unread if inbox else None


async def unless_away(question: Awaitable[T]) -> T | None:
    """The answer, or None where a page does as well without it: the service is away."""
    try:
        return await question
    except (ServiceAway, NotAllowed, NotThere):
        return None


def to(path: str) -> RedirectResponse:
    """Send the visitor on with GET: to a page of ours, or an address of our settings."""
    return RedirectResponse(path, 303)


def to_sign_in(request: Request) -> RedirectResponse:
    """Send the visitor to the sign-in, and from there back."""
    here = request.url.path
    if request.method != "GET" or here == "/":
        return to("/sign-in")
    asked = f"?{request.url.query}" if request.url.query else ""
    return to(f"/sign-in?next={quote(here + asked, safe='')}")


def own_path(path: str | None) -> str:
    """A path of ours, whatever was sent: never another site's address."""
    if path is None or not path.startswith("/") or path.startswith(("//", "/\\")):
        return "/"
    return path if path.isprintable() else "/"
