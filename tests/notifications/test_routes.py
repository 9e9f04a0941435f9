"""Inboxes, choices and sums over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import col

from services.notifications.clock import tell_due_digests
from services.notifications.models import Delivery, DeliveryState, Notice
from services.notifications.routes import STREAM_SECONDS
from shared.auth import Role
from shared.events import Data
from tests.services.facts import AT, IMPORT, RINI, completed, person, records, result
from tests.services.issuer import BUNGO, JAMBI
from tests.services.lists import pages
from tests.services.stage import Stage


async def hear(stage: Stage, *facts: Data) -> None:
    await stage.notifications.take(records(*facts))


def inbox(stage: Stage, who: UUID, **more: Any) -> httpx.AsyncClient:
    return stage.client("notifications", Role.EMPLOYEE, employee_id=who, **more)


async def test_an_inbox_is_read_newest_first_page_by_page(stage: Stage) -> None:
    for year in range(2019, 2026):
        await hear(stage, result("POOR", year=year), result("GOOD", 2, year=year))
    async with inbox(stage, person(1)) as mine, inbox(stage, RINI) as rinis:
        found = await pages(mine, "/inbox", 2)
        assert found == await pages(mine, "/inbox", 200)
        assert len(found) == 7
        assert [one["created_at"] for one in found] == sorted(
            (one["created_at"] for one in found), reverse=True
        )
        assert {one["kind"] for one in await pages(rinis, "/inbox", 3)} == {"coaching_needed"}


async def test_an_inbox_speaks_the_readers_language(stage: Stage) -> None:
    await hear(stage, result("POOR"))
    async with inbox(stage, person(1)) as indonesian, inbox(stage, person(1), language="en") as en:
        [one] = (await indonesian.get("/inbox")).json()["items"]
        [other] = (await en.get("/inbox")).json()["items"]
    assert one["notice_id"] == other["notice_id"]
    assert one["title"] != other["title"]
    assert "Kurang" in one["title"] + one["body"]
    assert one["link"].startswith("/results/")


async def test_reading_a_notice_counts_once(stage: Stage) -> None:
    await hear(stage, result("GOOD"), result("GOOD", year=2024))
    async with inbox(stage, person(1)) as mine:
        before = (await mine.get("/inbox")).json()
        path = f"/inbox/{before['items'][0]['notice_id']}/read"
        assert before["unread"] == 2
        for _ in range(2):
            assert (await mine.post(path)).status_code == 204
        after = (await mine.get("/inbox")).json()
        assert after["unread"] == 1
        read_at = after["items"][0]["read_at"]
        assert read_at is not None
        await mine.post(path)
        assert (await mine.get("/inbox")).json()["items"][0]["read_at"] == read_at
        [left] = (await mine.get("/inbox?unread=true")).json()["items"]
    assert left["notice_id"] == before["items"][1]["notice_id"]


async def test_anothers_notice_answers_as_one_that_is_not_there(stage: Stage) -> None:
    await hear(stage, result("GOOD"))
    [(notice_id,)] = await stage.notifications.query("select notice_id from notice")
    async with inbox(stage, person(2)) as other:
        theirs = await other.post(f"/inbox/{UUID(notice_id)}/read")
        nobodys = await other.post(f"/inbox/{uuid4()}/read")
        assert (await other.get("/inbox")).json() == {"items": [], "next": None, "unread": 0}
    assert theirs.status_code == 404
    assert theirs.content == nobodys.content
    assert await stage.notifications.query("select read_at from notice") == [(None,)]


async def test_officers_share_their_agencys_inbox_and_have_their_own(stage: Stage) -> None:
    await hear(stage, result("POOR", 5), completed(low=1), result("GOOD", 1))
    await tell_due_digests(stage.notifications.database, AT, timedelta(0))

    def officer(agency_id: UUID, **more: UUID) -> httpx.AsyncClient:
        return stage.officer("notifications", agency_id, **more)

    async with officer(JAMBI, employee_id=person(1)) as one, officer(JAMBI) as another:
        kinds = {found["kind"] for found in (await one.get("/inbox")).json()["items"]}
        assert kinds == {"low_results_digest", "result_ready"}
        [digest] = (await another.get("/inbox")).json()["items"]
        assert digest["link"] == f"/imports/{IMPORT}"
        await another.post(f"/inbox/{digest['notice_id']}/read")
        assert (await one.get("/inbox")).json()["unread"] == 1
    async with officer(BUNGO) as foreign:
        assert (await foreign.get("/inbox")).json()["items"] == []
    async with inbox(stage, person(2), agency_id=JAMBI) as employee:
        assert (await employee.get("/inbox")).json()["items"] == [], "an employee is no officer"


async def test_what_somebody_chose_is_kept(stage: Stage) -> None:
    async with inbox(stage, person(1)) as mine, inbox(stage, person(2)) as others:
        assert (await mine.get("/preferences")).json() == {"email": True, "language": "id"}
        for choice in ({"email": False, "language": "en"}, {"email": False, "language": "id"}):
            assert (await mine.put("/preferences", json=choice)).json() == choice
            assert (await mine.get("/preferences")).json() == choice
        assert (await others.get("/preferences")).json()["email"] is True
        wrong = await mine.put("/preferences", json={"email": True, "language": "jv"})
    assert wrong.status_code == 422
    assert [one["field"] for one in wrong.json()["errors"]] == ["language"]


async def test_two_choices_at_once_are_both_answered(stage: Stage) -> None:
    async with inbox(stage, person(1)) as mine:
        choice = {"email": False, "language": "en"}
        answers = await asyncio.gather(*(mine.put("/preferences", json=choice) for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5


async def summary(stage: Stage, import_id: UUID, *roles: Role, **claims: Any) -> dict[str, Any]:
    async with stage.client("notifications", *roles, **claims) as client:
        answer = await client.get(f"/notices/summary?import_id={import_id}")
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found


async def test_an_imports_notices_are_counted_in_the_database(stage: Stage) -> None:
    waits = [900, 100, 500, 300]
    await hear(stage, *(result("GOOD", number) for number in range(4)))
    await hear(stage, result("GOOD", 9, import_id=uuid4()))
    async with stage.notifications.database.begin() as session:
        connection = await session.connection()
        for number, wait in enumerate(waits):
            whose = col(Notice.recipient_id) == person(number)
            await connection.execute(update(Notice).where(whose).values(waited_ms=wait))
        for number, state in enumerate((DeliveryState.SENT, DeliveryState.NO_ADDRESS)):
            whose = col(Delivery.recipient_id) == person(number)
            await connection.execute(update(Delivery).where(whose).values(state=state))
    expected = {
        "inbox": 4,
        "email": {"waiting": 2, "sent": 1, "failed": 0, "no_address": 1, "replayed": 0},
        "latency_ms": {"p50": 300, "max": 900},
    }
    assert await summary(stage, IMPORT, Role.OPERATOR) == expected
    assert await summary(stage, IMPORT, Role.PERSONNEL_OFFICER, agency_id=JAMBI) == expected
    nothing = {
        "inbox": 0,
        "email": {"waiting": 0, "sent": 0, "failed": 0, "no_address": 0, "replayed": 0},
        "latency_ms": {"p50": None, "max": None},
    }
    assert await summary(stage, IMPORT, Role.PERSONNEL_OFFICER, agency_id=BUNGO) == nothing
    assert await summary(stage, uuid4(), Role.PERSONNEL_OFFICER, agency_id=BUNGO) == nothing


async def test_an_officer_of_no_agency_sums_nothing(stage: Stage) -> None:
    async with stage.client("notifications", Role.PERSONNEL_OFFICER) as nobodys:
        answer = await nobodys.get(f"/notices/summary?import_id={IMPORT}")
    assert (answer.status_code, answer.json()["code"]) == (403, "agency_missing")


# the stream


class Listener:
    """Somebody with an open stream."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()
        self.gone = asyncio.Event()
        self.status = 0

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.heard.put_nowait(message["body"].decode())

    async def next(self) -> dict[str, Any]:
        while True:
            text = await asyncio.wait_for(self.heard.get(), 5)
            if text.startswith("event: inbox"):
                found: dict[str, Any] = json.loads(text.partition("data: ")[2])
                return found


@asynccontextmanager
async def listening(stage: Stage, who: UUID) -> AsyncIterator[tuple[Listener, asyncio.Task[None]]]:
    listener = Listener()
    token = stage.issuer.token(Role.EMPLOYEE, employee_id=who)
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/inbox/stream",
        "raw_path": b"/inbox/stream",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {token}".encode())],
    }
    app = stage.notifications.app(scope, listener.receive, listener.send)
    streaming = asyncio.create_task(app)
    try:
        yield listener, streaming
    finally:
        listener.gone.set()
        await asyncio.wait_for(streaming, 5)


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.notifications.routes.LOOK_SECONDS", 0.01)


async def test_a_stream_says_when_something_changed_and_ends_when_nobody_listens(
    stage: Stage,
) -> None:
    async with listening(stage, person(1)) as (listener, streaming):
        assert await listener.next() == {"unread": 0}
        assert listener.status == 200
        await hear(stage, result("GOOD", 2))
        await hear(stage, result("GOOD"))
        assert await listener.next() == {"unread": 1}
        async with inbox(stage, person(1)) as mine:
            [one] = (await mine.get("/inbox")).json()["items"]
            await mine.post(f"/inbox/{one['notice_id']}/read")
        assert await listener.next() == {"unread": 0}
        assert not streaming.done()
    assert streaming.done()
    assert streaming.exception() is None


async def test_a_stream_ends_after_a_while_so_that_a_token_is_shown_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert STREAM_SECONDS <= 3600
    monkeypatch.setattr("services.notifications.routes.STREAM_SECONDS", 0.05)
    async with listening(stage, person(1)) as (listener, streaming):
        await asyncio.wait_for(asyncio.shield(streaming), 5)
        assert await listener.next() == {"unread": 0}
