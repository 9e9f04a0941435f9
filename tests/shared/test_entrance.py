import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from shared.database import Database
from shared.entrance import HEADERS
from tests.shared.web import MOST, SECRET, asked_by_an_employee, build, problem


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """Which database it is does not matter here."""
    return f"sqlite+aiosqlite:///{tmp_path / 'service.db'}"


@pytest.fixture
def app(database: Database) -> FastAPI:
    return build(database)


@pytest.fixture
async def client(app: FastAPI, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with asked_by_an_employee(app, database) as found:
        yield found


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


async def test_a_database_that_is_away_is_said_to_be_and_a_bug_tells_nothing(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = await client.get("/away")
        problem(answer, 503, "database_away")
        assert answer.headers["retry-after"]
        problem(await client.get("/bug"), 500, "failed")
    (line,) = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert (line.error, line.at.rpartition("/")[2].partition(":")[0]) == (  # type: ignore[attr-defined]  # `extra` put it there
        "ArithmeticError",
        "web.py",
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


async def test_errors_are_answered_the_same_whether_or_not_there_is_a_body(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.request("GET", "/me", content=b"x" * 100)
    assert answer.status_code == 200
    problem(await client.request("GET", "/me", content=b"x" * (MOST + 1)), 413, "too_large")
