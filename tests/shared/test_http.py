import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, FastAPI, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text

from shared import http
from shared.auth import IssuerAway, Principal, Role, TokenRefused
from shared.database import Database
from shared.entrance import HEADERS, Entrance
from shared.http import After, Limit, Page, Problem, Reading, Session, absent, asks, cursor, place

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


@pytest.fixture
def app(database: Database) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.state.database = database
    app.state.tokens = Tokens()
    http.answer_errors(app, largest_body=MOST)
    app.add_middleware(Entrance, largest_body=MOST)
    app.include_router(api)
    return app


@pytest.fixture
async def client(app: FastAPI, database: Database) -> AsyncIterator[httpx.AsyncClient]:
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


async def test_who_asks_is_let_in_by_token_and_role(client: httpx.AsyncClient) -> None:
    assert (await client.get("/me")).json() == {"subject": str(PERSON)}
    for value in ("", "Bearer", "Bearer nobody", "Basic employee", "employee"):
        answer = await client.get("/me", headers={"Authorization": value})
        problem(answer, 401, "sign_in_first")
        assert answer.headers["www-authenticate"] == "Bearer"
    problem(
        await client.get("/me", headers={"Authorization": "Bearer operator"}), 403, "role_missing"
    )
    answer = await client.get("/me", headers={"Authorization": "Bearer away"})
    problem(answer, 503, "issuer_away")
    assert answer.headers["retry-after"]


async def test_what_is_absent_what_is_foreign_and_what_is_no_route_answer_alike(
    client: httpx.AsyncClient,
) -> None:
    one, other = await client.get(f"/nothing/{SECRET}"), await client.get(f"/{SECRET}")
    assert problem(one, 404, "not_found") == problem(other, 404, "not_found")


async def test_a_wrong_method_says_which_are_right(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/me")
    problem(answer, 405, "refused")
    assert answer.headers["allow"] == "GET"


async def test_what_is_invalid_is_named_and_never_repeated(client: httpx.AsyncClient) -> None:
    body = {"age": 7, "born": SECRET, "word": SECRET, "who": SECRET, SECRET: 1}
    said = problem(await client.post("/wishes", json=body), 422, "invalid")
    problems = {(error["field"], error["problem"]) for error in said["errors"]}
    assert ("age", "greater_than_equal") in problems
    assert ("word", "string_too_long") in problems
    assert ("who", "uuid_parsing") in problems
    assert next(error for error in said["errors"] if error["field"] == "age")["ge"] == 18


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 5000, b'{"age": 1e999}', b"NaN", b"null", b'"text"']
)
async def test_a_body_that_cannot_be_read_is_a_problem_of_the_sender(
    client: httpx.AsyncClient, body: bytes
) -> None:
    headers = {"content-type": "application/json"}
    answer = await client.post("/wishes", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == http.PROBLEM


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    client: httpx.AsyncClient,
) -> None:
    read = 0

    async def much() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 1000
            yield b"x" * 1000

    json = {"content-type": "application/json"}
    problem(await client.post("/wishes", content=b"x" * (MOST + 1), headers=json), 413, "too_large")
    problem(await client.post("/files", files={"file": b"x" * MOST}), 413, "too_large")
    chunked = await client.post("/wishes", content=much(), headers=json)  # says no length
    problem(chunked, 413, "too_large")
    assert read <= 2 * MOST
    form = {"content-type": "multipart/form-data; boundary=b"}
    read = 0

    async def file() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
        async for part in much():
            yield part

    problem(await client.post("/files", content=file(), headers=form), 413, "too_large")
    assert read <= 2 * MOST
    assert (await client.post("/files", files={"file": b"x" * 5000})).json() == 5000


@pytest.mark.parametrize("length", ["-1", "ten", "1e3", "9" * 5000])
async def test_a_length_that_is_none_is_refused(client: httpx.AsyncClient, length: str) -> None:
    answer = await client.post("/wishes", content=b"{}", headers={"content-length": length})
    problem(answer, 413, "too_large")


async def test_nobody_unknown_has_a_body_read(client: httpx.AsyncClient, app: FastAPI) -> None:
    read = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read = True
        yield b"x"

    answer = await client.post("/files", content=body(), headers={"Authorization": "Bearer no"})
    problem(answer, 401, "sign_in_first")
    assert not read
    assert app.state.tokens.asked == 1


async def test_an_address_with_a_character_no_name_has_is_refused(
    client: httpx.AsyncClient,
) -> None:
    problem(await client.get("/nothing/a%00b"), 400, "unreadable")
    problem(await client.get("/pages?after=a%00b"), 400, "unreadable")


async def test_an_answer_is_given_only_once_what_it_says_is_kept(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.post("/kept")).json() == {"kept": 1}
    assert (await client.get("/counted")).json() == 1


async def test_a_commit_that_fails_is_no_success(client: httpx.AsyncClient) -> None:
    problem(await client.post("/kept?parent=99"), 500, "failed")
    assert (await client.get("/counted")).json() == 0


async def test_a_database_that_is_away_is_said_to_be_and_a_bug_tells_nothing(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = await client.get("/away")
        problem(answer, 503, "database_away")
        assert answer.headers["retry-after"]
        problem(await client.get("/bug"), 500, "failed")
    (line,) = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert (line.error, line.at.rpartition("/")[2].partition(":")[0]) == (  # type: ignore[attr-defined]
        "ArithmeticError",
        "test_http.py",
    )
    assert SECRET not in str([one.__dict__ for one in caplog.records])


async def test_every_answer_carries_the_headers_that_keep_it_private(
    client: httpx.AsyncClient,
) -> None:
    for path in ("/me", "/bug", "/none", "/away"):
        answer = await client.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    own = await client.get("/stream")
    assert own.headers["cache-control"] == "max-age=5"
    assert own.text == "part 0\npart 1\npart 2\n"
    assert "'self'" in (await client.get("/page")).headers["content-security-policy"]


async def test_an_answer_that_breaks_off_tells_nothing_of_why(client: httpx.AsyncClient) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011  # as a server would cut it off
        await client.get("/stream?fails=true")
    assert SECRET not in repr(raised.value)


async def test_requests_are_measured_by_route_never_by_path(client: httpx.AsyncClient) -> None:
    from prometheus_client import generate_latest  # noqa: PLC0415  # only here

    await client.get(f"/nothing/{SECRET}")
    await client.get(f"/{SECRET}")
    told = generate_latest().decode()
    assert 'route="/nothing/{name}",status="404"' in told
    assert 'route="none",status="404"' in told
    assert SECRET not in told


async def test_a_list_is_paged_through_to_its_end(client: httpx.AsyncClient) -> None:
    found, after = [], None
    while True:
        page = (await client.get("/pages", params={"after": after} if after else {})).json()
        found += page["items"]
        after = page["next"]
        if after is None:
            break
    assert found == [1, 2, 3, 4, 5]
    problem(await client.get("/pages?limit=0"), 422, "invalid")
    problem(await client.get("/pages?limit=100000"), 422, "invalid")


@pytest.mark.parametrize(
    "after",
    [
        "!",
        "é",
        "x" * 200,
        "AAAA",
        cursor("x"),
        cursor(1, 2),
        cursor(2**70),
        cursor(1.5),
        cursor(None),
        "bnVsbA",
    ],
)
async def test_a_cursor_that_was_tampered_with_is_refused(
    client: httpx.AsyncClient, after: str
) -> None:
    answer = await client.get("/pages", params={"after": after})
    assert problem(answer, 422, "after_invalid")["field"] == "after"


@pytest.mark.parametrize(
    "at",
    ["2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "soon"],
)
async def test_a_cursor_with_a_moment_no_database_can_compare_is_refused(
    client: httpx.AsyncClient, at: str
) -> None:
    problem(
        await client.get("/moments", params={"after": cursor(at, PERSON)}), 422, "after_invalid"
    )
    good = cursor(datetime(2026, 1, 1, tzinfo=UTC), PERSON)
    assert (await client.get("/moments", params={"after": good})).status_code == 200


def test_a_cursor_with_a_character_no_database_takes_is_refused() -> None:
    with pytest.raises(Problem):
        place(cursor("a\0b"), tuple[str])
    assert place(cursor("fine"), tuple[str]) == ("fine",)
    assert place(None, tuple[str]) is None


async def test_errors_are_answered_the_same_whether_or_not_there_is_a_body(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.request("GET", "/me", content=b"x" * 100)
    assert answer.status_code == 200
    problem(await client.request("GET", "/me", content=b"x" * (MOST + 1)), 413, "too_large")
