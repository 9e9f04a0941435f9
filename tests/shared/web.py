"""A small web application on the shared parts, and somebody who asks it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import httpx
from fastapi import APIRouter, FastAPI, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from shared import http
from shared.auth import IssuerAway, Principal, Role, TokenRefused
from shared.database import Database
from shared.entrance import Entrance
from shared.http import After, Limit, Page, Reading, Session, absent, asks, place

SECRET = "198501012010011001"


PERSON = UUID(int=1)


MOST = 10_000


class Tokens:
    """Knows two tokens; a stand-in for an issuer."""

    def __init__(self) -> None:
        self.asked = 0

    async def principal(self, token: str) -> Principal:
        self.asked += 1
        if token == "away":
            raise IssuerAway
        roles = {"employee": Role.EMPLOYEE, "operator": Role.OPERATOR}
        if token not in roles:
            raise TokenRefused
        return Principal(PERSON, frozenset({roles[token]}), employee_id=PERSON)


class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")

    age: int = Field(ge=18, le=70)
    born: datetime
    word: str = Field(max_length=5)
    who: UUID


api = APIRouter()


Employee = Annotated[Principal, asks(Role.EMPLOYEE)]


@api.get("/me")
async def me(who: Employee) -> dict[str, str]:
    return {"subject": str(who.subject)}


@api.get("/nothing/{name}")
async def nothing(name: str) -> None:
    raise absent()


@api.post("/wishes")
async def wish(said: Wish, who: Employee) -> None: ...


@api.post("/files")
async def hand_in(file: UploadFile, who: Employee) -> int:
    return len(await file.read())


@api.get("/pages")
async def pages(limit: Limit = 2, after: After = None) -> Page[int]:
    last = place(after, tuple[int])
    start = last[0] if last else 0
    return http.page(list(range(start + 1, 6))[: limit + 1], limit, lambda number: (number,))


@api.get("/moments")
async def moments(after: After = None) -> str:
    return str(place(after, tuple[datetime, UUID]))


@api.post("/kept")
async def keep(session: Session, who: Employee, parent: int = 1) -> dict[str, int]:
    await (await session.connection()).execute(
        text("insert into child (id, parent) values (1, :parent)"), {"parent": parent}
    )
    return {"kept": parent}


@api.get("/counted")
async def counted(session: Reading) -> int:
    found = await (await session.connection()).execute(text("select count(*) from child"))
    return int(found.scalar() or 0)


@api.get("/plans")
async def plans(session: Reading) -> list[str]:
    names = ("plan_cache_mode", "enable_bitmapscan")
    found = [await session.execute(text(f"show {name}")) for name in names]
    return [one.scalar_one() for one in found]


@api.get("/bug")
async def bug() -> None:
    raise ArithmeticError(SECRET)


@api.get("/away")
async def away() -> None:
    raise ConnectionRefusedError(SECRET)


@api.get("/stream")
async def stream(fails: bool = False) -> StreamingResponse:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            await asyncio.sleep(0)
            yield b"part %d\n" % number
        if fails:
            raise ArithmeticError(SECRET)

    return StreamingResponse(parts(), headers={"Cache-Control": "max-age=5"})


@api.get("/page", response_class=http.JSONResponse)
async def page() -> Any:
    return http.JSONResponse("<h1>", media_type="text/html")


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == http.PROBLEM
    said: dict[str, Any] = answer.json()
    assert said["status"] == status
    assert said["code"] == code
    assert said["type"] == f"urn:kinerja:problem:{code}"
    assert {"title", "detail"} <= said.keys()
    assert SECRET not in answer.text
    return said


def build(database: Database) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.state.database = database
    app.state.tokens = Tokens()
    http.answer_errors(app, largest_body=MOST)
    app.add_middleware(Entrance, largest_body=MOST)
    app.include_router(api)
    return app


@asynccontextmanager
async def asked_by_an_employee(
    app: FastAPI, database: Database
) -> AsyncIterator[httpx.AsyncClient]:
    async with database.engine.begin() as connection:
        await connection.execute(text("create table parent (id integer primary key)"))
        await connection.execute(text("insert into parent (id) values (1)"))
        await connection.execute(
            text(
                "create table child (id integer primary key, parent integer not null "
                "references parent (id) deferrable initially deferred)"
            )
        )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as found:
        found.headers["Authorization"] = "Bearer employee"
        yield found
