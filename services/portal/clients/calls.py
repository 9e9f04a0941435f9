"""One call to a service: with the person's token and language, a time limit, a typed answer."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final, Literal, TypeVar
from uuid import UUID

import httpx
import msgspec

from services.portal.clients.trouble import (
    NotAllowed,
    NotThere,
    ServiceAway,
    SignInAgain,
    TooLarge,
    Unfit,
)
from services.portal.settings import Settings
from shared import tracing

T = TypeVar("T")
Service = Literal["appraisal", "training", "notifications", "desk"]
Asked = str | int | bool | UUID | None
"""What a query may hold; None is left out."""
STREAM_SILENCE: Final = 60.0
"""Seconds a stream may be silent; notifications pings every 15."""
_TROUBLE: Final[Mapping[int, type[Exception]]] = {
    HTTPStatus.UNAUTHORIZED: SignInAgain,
    HTTPStatus.FORBIDDEN: NotAllowed,
    HTTPStatus.NOT_FOUND: NotThere,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLarge,
}


class Calls:
    """The connections to all services, shared by everybody who visits."""

    def __init__(
        self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.settings = settings
        self._addresses: Mapping[Service, str] = {
            "appraisal": settings.appraisal_url,
            "training": settings.training_url,
            "notifications": settings.notifications_url,
            "desk": settings.desk_url,
        }
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(settings.timeout_seconds, connect=2),
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=20),
            trust_env=False,  # our own services are never behind the environment's proxy
        )

    async def close(self) -> None:
        """Let go of all connections."""
        await self._client.aclose()

    async def send(
        self,
        service: Service,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        **more: Any,
    ) -> httpx.Response:
        """Send a request and give the good answer; raises what `trouble` names otherwise."""
        try:
            answer = await self._client.request(
                method, f"{self._addresses[service]}{path}", headers=_in_trace(headers), **more
            )
        except httpx.HTTPError:
            raise ServiceAway(service) from None
        self._check(service, answer)
        return answer

    @asynccontextmanager
    async def stream(
        self, service: Service, path: str, *, headers: Mapping[str, str], seconds: float
    ) -> AsyncIterator[httpx.Response]:
        """A good answer whose body comes bit by bit; `seconds` it may be silent."""
        silence = httpx.Timeout(seconds, connect=2)
        try:
            address = f"{self._addresses[service]}{path}"
            async with self._client.stream(
                "GET", address, headers=_in_trace(headers), timeout=silence
            ) as answer:
                self._check(service, answer)
                yield answer
        except httpx.HTTPError:
            raise ServiceAway(service) from None

    async def ready(self, service: Service) -> bool:
        """Whether a service says that it is ready."""
        try:
            await self.send(service, "GET", "/readyz", headers={})
        except (ServiceAway, NotThere):
            return False
        return True

    @staticmethod
    def _check(service: str, answer: httpx.Response) -> None:
        if answer.is_success:
            return
        trouble = _TROUBLE.get(answer.status_code)
        if trouble is not None:
            raise trouble
        if answer.is_client_error:
            raise Unfit
        raise ServiceAway(service)


def _in_trace(headers: Mapping[str, str]) -> dict[str, str]:
    """A call's headers, so that what it begins is in the visit's trace."""
    place = tracing.here()
    return {**headers, "traceparent": place} if place else dict(headers)


def read(service: Service, answer: httpx.Response, kind: type[T]) -> T:
    """The answer's body; a body nobody can read is as good as none."""
    try:
        return msgspec.json.decode(answer.content, type=kind)
    except msgspec.DecodeError:
        raise ServiceAway(service) from None


def asked(query: Mapping[str, Asked]) -> dict[str, str]:
    """A query's words, without those that ask nothing."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in query.items()
        if value not in {None, ""}
    }
