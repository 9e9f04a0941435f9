"""The door for people: who may ask, sessions that commit before the answer, errors that help."""

import base64
import binascii
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from fastapi import Depends, FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.exceptions import HTTPException

from shared.auth import IssuerAway, Principal, Role, TokenRefused, Tokens
from shared.database import Database
from shared.paging import by_index

PROBLEM: Final = "application/problem+json"
LARGEST_PAGE: Final = 200
LARGEST_BODY: Final = 1024 * 1024
"""Bytes a request's body may have where a service does not say otherwise."""
LARGEST_NUMBER: Final = 2**63 - 1
LIMITS: Final = ("ge", "gt", "le", "lt", "min_length", "max_length", "expected")
"""What a validation error may tell of what was expected; nothing of it was sent by anybody."""


class Problem(Exception):
    """An error answered as problem+json (RFC 9457).

    Attributes:
        status: HTTP status.
        code: what went wrong, for programs.
        detail: what went wrong and what to do, for people; never a personal value.
        more: further members.
    """

    def __init__(self, status: int, code: str, detail: str, **more: object) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.more = more

    def response(self) -> JSONResponse:
        """The answer."""
        body = {
            "type": f"urn:kinerja:problem:{self.code}",
            "title": self.code.replace("_", " "),
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            **self.more,
        }
        return JSONResponse(
            body, self.status, media_type=PROBLEM, headers=_HEADERS.get(self.status)
        )


_HEADERS: Final = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "2"}}


def absent() -> Problem:
    """What is absent and what belongs to somebody else answer alike: ids cannot be tried out."""
    return Problem(404, "not_found", "There is nothing here that you may see.")


async def principal_of(request: Request) -> Principal:
    """Who is asking; answers 401 without a good token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    tokens: Tokens = request.app.state.tokens
    try:
        if scheme.lower() != "bearer":
            raise TokenRefused
        return await tokens.principal(token.strip())
    except TokenRefused:
        raise Problem(401, "sign_in_first", "Send a valid bearer token.") from None
    except IssuerAway:
        raise Problem(
            503, "issuer_away", "The sign-in service does not answer; try again soon."
        ) from None


def too_large(most: int) -> Problem:
    """More was sent than is read."""
    return Problem(413, "too_large", f"A request may have {most} bytes.")


class Asks:
    """A dependency that lets in some roles and gives who it is."""

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(roles)

    async def __call__(self, request: Request) -> Principal:
        """The principal; answers 401 without a good token, 403 without a fitting role."""
        principal = await principal_of(request)
        if self.roles.isdisjoint(principal.roles):
            raise Problem(403, "role_missing", "Your roles do not allow this.")
        return principal


def asks(*roles: Role) -> Any:  # FastAPI's Depends gives Any
    """Let in these roles: `who: Principal = asks(Role.EMPLOYEE)`."""
    return Depends(Asks(*roles))


async def _session(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.database
    async with database.begin() as session:
        yield session


async def _reading(request: Request) -> AsyncIterator[AsyncSession]:
    database: Database = request.app.state.database
    async with database.read() as session:
        await by_index(session)
        yield session


Session = Annotated[AsyncSession, Depends(_session, scope="function")]
"""One transaction a request, committed before the answer leaves."""
Reading = Annotated[AsyncSession, Depends(_reading, scope="function")]
"""A session for requests that change nothing."""

Limit = Annotated[int, Query(ge=1, le=LARGEST_PAGE)]
After = Annotated[str | None, Query(max_length=200)]

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """A page of a list; `next` goes into `?after=` for the page that follows."""

    items: list[T]
    next: str | None = None


def cursor(*place: object) -> str:
    """Where a page ended, as an opaque word."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def place(after: str | None, kind: type[T]) -> T | None:
    """What `cursor` was made of, as `kind` (a tuple type); answers 422 if it was tampered with."""
    if after is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(after + "=" * (-len(after) % 4))
        found = msgspec.json.decode(raw, type=kind)
        if all(map(_is_sound, found if isinstance(found, tuple) else (found,))):
            return found
    except (binascii.Error, ValueError):
        pass
    raise Problem(
        422, "after_invalid", "`after` takes the `next` of the page before.", field="after"
    )


def _is_sound(value: object) -> bool:
    """Whether a database can compare with it: it was made by us, or is as if it had been."""
    if isinstance(value, datetime):
        return value.tzinfo is not None and 1 < value.year < 9999  # noqa: PLR2004  # UTC may be a day off
    if isinstance(value, int):
        return abs(value) <= LARGEST_NUMBER
    return not isinstance(value, str) or "\0" not in value


def page(rows: Sequence[T], limit: int, at: Callable[[T], tuple[object, ...]]) -> Page[T]:
    """A page of rows, of which the store was asked for one more than `limit`."""
    more = len(rows) > limit
    shown = list(rows[:limit])
    return Page(items=shown, next=cursor(*at(shown[-1])) if more else None)


def answer_errors(app: FastAPI, *, largest_body: int = LARGEST_BODY) -> None:
    """Answer every error as problem+json that names the field and repeats no value."""

    @app.exception_handler(Problem)
    async def on_problem(_request: Request, error: Problem) -> JSONResponse:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        fields = [_field(found) for found in error.errors()]
        named = ", ".join(field["field"] for field in fields)
        return Problem(422, "invalid", f"Correct these fields: {named}.", errors=fields).response()

    @app.exception_handler(HTTPException)
    async def on_http(_request: Request, error: HTTPException) -> JSONResponse:
        if error.status_code == 404:  # noqa: PLR2004  # the status itself
            return absent().response()
        if error.status_code == 413:  # noqa: PLR2004  # the same
            return too_large(largest_body).response()
        answer = Problem(error.status_code, "refused", str(error.detail)).response()
        answer.headers.update(error.headers or {})
        return answer


def _field(found: dict[str, Any]) -> dict[str, Any]:
    """What is wrong with a field, in pydantic's word: its text could repeat what was sent."""
    named = found["loc"][1:] or found["loc"]
    if found["type"] == "extra_forbidden":
        named = named[:-1]  # a name nobody knows was made up by whoever sent it
    context = found.get("ctx") or {}
    limits = {name: context[name] for name in LIMITS if name in context}
    return {"field": ".".join(map(str, named)), "problem": found["type"], **limits}
