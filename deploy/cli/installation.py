"""Asks the services of one installation, in somebody's name."""

import os
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import httpx
import msgspec

from deploy.cli.agencies import agency_id
from deploy.cli.texts import language_of, say
from deploy.cli.trouble import Trouble
from deploy.local.environment import SERVICES, Stack

SECONDS: Final = 30.0
"""How long one answer may take."""
SAMPLE_AGENCY: Final = "5500"
"""BKN code of the agency the sample export is from: Pemerintah Provinsi Jambi."""
PRODUCTION: Final = "production"

T = TypeVar("T")


class _Page(msgspec.Struct, frozen=True):
    """A page of a list, its items not looked at yet."""

    items: list[Any]
    next: str | None = None


def is_production(environ: Mapping[str, str]) -> bool:
    """Whether the environment says that this is no embedded stack."""
    return environ.get("KINERJA_PROFILE") == PRODUCTION


def this_stack() -> Stack:
    """The embedded stack the environment describes."""
    try:
        return Stack.of(os.environ)
    except ValueError as error:
        raise Trouble(say("stack.no_port", reason=error)) from error


class Installation:
    """The services by name, and a token for them."""

    def __init__(
        self,
        urls: Mapping[str, str],
        token: Callable[[], str],
        *,
        transport: httpx.BaseTransport | None = None,
        through_proxy: bool = False,
    ) -> None:
        self._urls = urls
        self._token = token
        self._client = httpx.Client(
            timeout=SECONDS,
            transport=transport,
            trust_env=through_proxy,
            headers={"Accept-Language": language_of(os.environ)},
        )

    @classmethod
    def embedded(
        cls,
        stack: Stack,
        role: str,
        *,
        agency: UUID | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> Self:
        """The stack on this machine, in the name of somebody of an agency, else the sample's."""
        wish = {"roles": [role], "agency_id": str(agency or agency_id(SAMPLE_AGENCY))}

        def token() -> str:
            return development_token(stack, wish, transport=transport)

        names = (*SERVICES, "portal", "desk")
        return cls({name: stack.url(name) for name in names}, token, transport=transport)

    def get(self, service: str, path: str, kind: type[T], **query: str) -> T:
        """What a service answers, as `kind`."""
        return self._as(kind, self._ask("GET", service, path, params=query))

    def download(self, service: str, path: str, file: Path) -> None:
        """Keep what a service answers as a file."""
        file.write_bytes(self._ask("GET", service, path).content)

    def items(
        self, service: str, path: str, each: type[T], query: Mapping[str, str]
    ) -> Iterator[T]:
        """All items of a list, page by page."""
        place: dict[str, str] = {}
        while True:
            answer = self._ask("GET", service, path, params={**query, **place})
            page = self._as(_Page, answer)
            yield from msgspec.convert(page.items, list[each])  # type: ignore[valid-type]  # it is a type
            if page.next is None:
                return
            place = {"after": page.next}

    def upload(self, service: str, path: str, file: Path, kind: type[T]) -> T:
        """Send a file, streamed from disk."""
        try:
            with file.open("rb") as content:
                answer = self._ask("POST", service, path, files={"file": (file.name, content)})
        except OSError as error:
            raise Trouble(say("file.unreadable", file=file, reason=error.strerror)) from error
        return self._as(kind, answer)

    def ready(self, service: str) -> bool:
        """Whether a service says that it is ready; no answer means no."""
        try:
            return self._client.get(f"{self._urls[service]}/readyz", timeout=2).is_success
        except httpx.TransportError:
            return False

    @cached_property
    def _bearer(self) -> str:
        return self._token()

    def _ask(self, method: str, service: str, path: str, **rest: Any) -> httpx.Response:
        url = f"{self._urls[service]}{path}"
        headers = {"Authorization": f"Bearer {self._bearer}"}
        try:
            answer = self._client.request(method, url, headers=headers, **rest)
        except httpx.TransportError as error:
            raise Trouble(
                say("service.silent", service=service, url=self._urls[service])
            ) from error
        if not answer.is_success:
            raise Trouble(say("service.refused", service=service, reason=_reason(answer)))
        return answer

    @staticmethod
    def _as(kind: type[T], answer: httpx.Response) -> T:
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.DecodeError as error:
            raise Trouble(say("service.odd", url=answer.url, reason=error)) from error


def development_token(
    stack: Stack, wish: Mapping[str, object], *, transport: httpx.BaseTransport | None = None
) -> str:
    """A token from the embedded stack's development issuer.

    Raises:
        Trouble: it does not run, or does not give one.
    """
    url = stack.url("desk")
    try:
        with httpx.Client(transport=transport, trust_env=False) as client:
            answer = client.post(f"{url}/token", json=wish)
    except httpx.TransportError as error:
        raise Trouble(say("token.no_desk", url=url)) from error
    if not answer.is_success:
        raise Trouble(say("service.refused", service="desk", reason=_reason(answer)))
    return str(answer.json()["access_token"])


def _reason(answer: httpx.Response) -> str:
    """What an error answer says: the problem's detail (RFC 9457), else its status."""
    try:
        problem = msgspec.json.decode(answer.content, type=dict[str, Any])
    except msgspec.DecodeError:
        problem = {}
    return str(problem.get("detail") or f"{answer.status_code} {answer.reason_phrase}")
