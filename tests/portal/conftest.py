"""A portal in a town of pretended services, and people who visit it."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response

from services.portal.pages.session import Sessions, person_of
from services.portal.pages.site import build
from services.portal.settings import Settings
from tests.portal.told import (
    BUDI,
    RATNA,
    token,
)
from tests.portal.town import Town

ADDRESS = "http://127.0.0.1:8100"
ROLES: dict[str, tuple[tuple[str, ...], UUID | None]] = {
    "employee": (("employee",), BUDI),
    "reviewer": (("employee", "reviewer"), RATNA),
    "personnel_officer": (("personnel_officer",), None),
    "operator": (("operator",), None),
}


class Visitor(httpx.AsyncClient):
    """Somebody with a browser, signed in or not."""

    def __init__(self, app: Starlette, settings: Settings, address: str = ADDRESS) -> None:
        super().__init__(
            transport=httpx.ASGITransport(app),
            base_url=address,
            headers={"Origin": address},
        )
        self._sessions = Sessions(settings)

    def sign_in(self, role: str, name: str = "Budi") -> "Visitor":
        """Come with the session of one of the roles."""
        roles, employee = ROLES[role]
        return self.keep(token(*roles, employee=employee), name)

    def keep(self, its_token: str, name: str = "Budi") -> "Visitor":
        """Come with the session of this token."""
        response = Response()
        self._sessions.begin(response, person_of(its_token, name))
        named, _, rest = response.headers["set-cookie"].partition("=")
        self.cookies.set(named, rest.partition(";")[0].strip('"'))
        return self

    def speak(self, language: str) -> "Visitor":
        """Come with a chosen language."""
        self.cookies.set("language", language)
        return self


class Road:
    """Leads every call of the portal to the town of the test that runs."""

    town = Town()

    def answer(self, request: httpx.Request) -> httpx.Response:
        return self.town.answer(request)


@pytest.fixture(scope="session")
def road() -> Road:
    return Road()


@pytest.fixture(scope="session")
def settings() -> Settings:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINERJA_PROFILE", "embedded")
        made = Settings()
        assert made.embedded  # read now, kept for good
    return made


@pytest.fixture(scope="session")
def portal(settings: Settings, road: Road) -> Starlette:
    """Built once: reading all templates takes a while."""
    return build(settings, httpx.MockTransport(road.answer))


@pytest.fixture
def town(road: Road) -> Town:
    road.town = Town()
    return road.town


@pytest.fixture
async def visitor(portal: Starlette, settings: Settings, town: Town) -> AsyncIterator[Visitor]:
    assert town.asked == []
    async with Visitor(portal, settings) as one:
        yield one
