from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from shared import http
from shared.database import Database
from shared.http import Problem, cursor, place
from tests.shared.postgres import Server
from tests.shared.web import PERSON, SECRET, asked_by_an_employee, build, problem

both = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
"""Where it matters which database it is."""


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if getattr(request, "param", "sqlite") == "postgres":
        server: Server = request.getfixturevalue("postgres_server")
        return server.url()
    return f"sqlite+aiosqlite:///{tmp_path / 'service.db'}"


@pytest.fixture
def app(database: Database) -> FastAPI:
    return build(database)


@pytest.fixture
async def client(app: FastAPI, database: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with asked_by_an_employee(app, database) as found:
        yield found


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


@both
async def test_an_answer_is_given_only_once_what_it_says_is_kept(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.post("/kept")).json() == {"kept": 1}
    assert (await client.get("/counted")).json() == 1


@both
async def test_a_commit_that_fails_is_no_success(client: httpx.AsyncClient) -> None:
    problem(await client.post("/kept?parent=99"), 500, "failed")
    assert (await client.get("/counted")).json() == 0


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_who_reads_is_answered_from_indexes_and_the_next_transaction_is_as_it_was(
    client: httpx.AsyncClient, database: Database
) -> None:
    assert (await client.get("/plans")).json() == ["force_custom_plan", "off"]
    async with database.begin() as session:
        found = await session.execute(text("show enable_bitmapscan"))
        assert found.scalar_one() == "on"


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
