"""E-mails that wait, until they are through."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any
from uuid import UUID

import pytest

from services.notifications import channels, clock, rules, store
from services.notifications.clock import mail_server, send_due_mails, tell_due_digests
from shared.auth import Role
from shared.events import Data
from tests.notifications.channels.office import TEXTS, Office, opened
from tests.services.facts import AT, completed, person, records, registered, result
from tests.services.issuer import JAMBI
from tests.services.stage import Stage


async def hear(stage: Stage, *facts: Data) -> None:
    await stage.notifications.take(records(*facts))


pytestmark = pytest.mark.localhost


async def send(stage: Stage, office: Office, **knobs: Any) -> int:
    settings = stage.notifications.settings.model_copy(update=knobs)
    async with opened(office) as server:
        return await send_due_mails(stage.notifications.database, server, settings)


async def deliveries(stage: Stage) -> dict[UUID, tuple[str, int, str | None]]:
    rows = await stage.notifications.query(
        "select recipient_id, state, attempts, problem from delivery"
    )
    return {UUID(who): (state, attempts, problem) for who, state, attempts, problem in rows}


async def become_due(stage: Stage) -> None:
    """Let the time pass until everything that waits is due."""
    async with stage.notifications.database.begin() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("update delivery set due_at = '2026-01-01 00:00:00'")


async def test_a_mail_goes_out_once_and_says_only_that_something_is_there(stage: Stage) -> None:
    await hear(stage, result("GOOD"), registered(email="jaka@jambi.example"))
    office = Office()
    assert await send(stage, office) == 1
    assert await send(stage, office) == 0
    assert office.recipients == ["jaka@jambi.example"]
    assert await deliveries(stage) == {person(1): ("sent", 1, None)}
    content = office.taken[0].content
    assert isinstance(content, bytes)
    letter = message_from_bytes(content, policy=policy.default)
    [(notice_id,)] = await stage.notifications.query("select notice_id from notice")
    assert letter["Message-ID"] == f"<{UUID(notice_id)}@agency.example>"
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert "Baik" not in plain.get_content()


async def test_a_mail_is_written_in_the_language_its_reader_chose(stage: Stage) -> None:
    subjects = {}
    for number, language in enumerate(("id", "en"), 1):
        claims: dict[str, Any] = {"employee_id": person(number)}
        async with stage.client("notifications", Role.EMPLOYEE, **claims) as somebody:
            choice = {"email": True, "language": language}
            assert (await somebody.put("/preferences", json=choice)).json() == choice
    await hear(stage, result("GOOD"), result("GOOD", 2))
    office = Office()
    await send(stage, office)
    for envelope in office.taken:
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        subjects[letter["Content-Language"]] = letter["Subject"]
    assert subjects.keys() == {"id", "en"}
    assert subjects["id"] != subjects["en"]


async def test_what_fails_for_now_waits_longer_and_what_fails_for_good_is_over(
    stage: Stage,
) -> None:
    await hear(stage, result("GOOD"), result("GOOD", 2))

    def answer(address: str) -> str:
        return "550 nobody" if address.startswith(str(person(2))) else "451 later"

    moody = Office(recipient=answer)
    assert await send(stage, moody) == 2
    assert await deliveries(stage) == {
        person(1): ("waiting", 1, "smtp_451"), person(2): ("failed", 1, "smtp_550"),
    }  # fmt: skip
    assert await send(stage, moody) == 0, "not due yet"
    await become_due(stage)
    assert await send(stage, Office()) == 1
    assert await deliveries(stage) == {
        person(1): ("sent", 2, None), person(2): ("failed", 1, "smtp_550"),
    }  # fmt: skip


async def test_patience_ends(stage: Stage) -> None:
    await hear(stage, result("GOOD"))
    async with stage.notifications.database.begin() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("update delivery set attempts = 29")
    away = Office(recipient=lambda _: "451 later")
    assert await send(stage, away) == 1
    assert await deliveries(stage) == {person(1): ("failed", 30, "smtp_451")}


async def test_a_server_that_is_away_costs_an_attempt_and_loses_nothing(stage: Stage) -> None:
    await hear(stage, result("GOOD"), result("GOOD", 2))
    settings = stage.notifications.settings.model_copy(update={"smtp_port": 1})
    database = stage.notifications.database
    assert await send_due_mails(database, mail_server(settings), settings) == 2
    assert {found[:2] for found in (await deliveries(stage)).values()} == {("waiting", 1)}


async def test_a_mail_whose_sender_died_is_sent_again_when_its_claim_is_over(stage: Stage) -> None:
    await hear(stage, result("GOOD"))
    office = Office()
    async with opened(office) as server:
        await die_once_it_is_taken(stage, server)
    assert len(office.taken) == 1
    assert await send(stage, office) == 0, "it is still claimed"
    await become_due(stage)
    assert await send(stage, office) == 1
    first, again = (envelope.content for envelope in office.taken)
    assert first == again, "the same letter, Message-ID and all"
    assert await deliveries(stage) == {person(1): ("sent", 2, None)}


async def die_once_it_is_taken(stage: Stage, server: channels.MailServer) -> None:
    """Do what a process does that is killed between sending a mail and marking it."""
    pattern = stage.notifications.settings.address_pattern
    async with stage.notifications.database.begin() as session:
        [one] = await store.mails.claim(
            session,
            lambda recipient, told: rules.address_for(recipient, told, pattern),
            now=datetime.now(UTC),
            lease=timedelta(minutes=2),
            limit=1,
        )
    letter = channels.Outgoing(
        delivery_id=one.notice_id,
        notice_id=one.notice_id,
        address=one.address,
        language=one.language,
        kind=one.kind,
        written_at=one.queued_at,
    )
    [outcome] = await channels.send([letter], server, TEXTS)
    assert outcome.state is channels.State.SENT


async def test_told_to_end_a_sender_ends_the_mail_it_has_begun_and_gives_back_the_others(
    stage: Stage,
) -> None:
    await hear(stage, *(result("GOOD", number) for number in range(1, 4)))
    sending: list[asyncio.Task[int]] = []

    def told_to_end(_: str) -> str:
        sending[0].cancel()
        sending[0].get_loop().call_soon(sending[0].cancel)
        return "250 OK"

    office = Office(content=told_to_end)
    async with opened(office) as server:
        work = send_due_mails(stage.notifications.database, server, stage.notifications.settings)
        sending.append(asyncio.create_task(work))
        with pytest.raises(asyncio.CancelledError):
            await sending[0]
    assert len(office.taken) == 1
    assert Counter(state for state, *_ in (await deliveries(stage)).values()) == {
        "sent": 1,
        "waiting": 2,
    }
    another = Office()
    assert await send(stage, another) == 2, "at once; what was sent does not go again"
    assert not set(another.recipients) & set(office.recipients)
    assert set((await deliveries(stage)).values()) == {("sent", 1, None)}


async def test_told_to_end_while_the_database_is_away_a_sender_leaves_mails_claimed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hear(stage, result("GOOD"), result("GOOD", 2))
    sending: list[asyncio.Task[int]] = []
    gone: list[int] = []

    async def away(*_: object) -> None:
        gone.append(1)
        raise ConnectionRefusedError

    def told_to_end(_: str) -> str:
        sending[0].cancel()
        return "250 OK"

    monkeypatch.setattr(store.mails, "give_back", away)
    async with opened(Office(content=told_to_end)) as server:
        work = send_due_mails(stage.notifications.database, server, stage.notifications.settings)
        sending.append(asyncio.create_task(work))
        with pytest.raises(asyncio.CancelledError):
            await sending[0]
    assert gone == [1]
    assert await send(stage, Office()) == 0, "still claimed"
    await become_due(stage)
    assert await send(stage, Office()) == 1


async def test_told_to_end_once_all_is_marked_a_sender_gives_nothing_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hear(stage, result("GOOD"))
    keep = clock._keep

    async def told_to_end(*arguments: Any) -> None:
        await keep(*arguments)
        sending[0].cancel()
        await asyncio.sleep(0)

    monkeypatch.setattr(clock, "_keep", told_to_end)
    database = stage.notifications.database
    async with opened(Office(recipient=lambda _: "451 later")) as server:
        work = send_due_mails(database, server, stage.notifications.settings)
        sending = [asyncio.create_task(work)]
        with pytest.raises(asyncio.CancelledError):
            await sending[0]
    assert await deliveries(stage) == {person(1): ("waiting", 1, "smtp_451")}
    assert await send(stage, Office()) == 0, "not due yet"


async def test_each_mail_is_marked_before_the_next_goes_out(stage: Stage) -> None:
    await hear(stage, *(result("GOOD", number) for number in range(1, 4)))
    marked: list[int] = []

    class Looking(Office):
        async def handle_MAIL(self, *said: Any) -> str:  # noqa: N802 - aiosmtpd's name
            found = await deliveries(stage)
            marked.append(sum(state == "sent" for state, *_ in found.values()))
            return await super().handle_MAIL(*said)

    assert await send(stage, Looking()) == 3
    assert marked == [0, 1, 2]


async def test_who_lost_his_claim_has_no_say_any_more(stage: Stage) -> None:
    await hear(stage, result("GOOD"))
    slow, quick = Office(content=lambda _: "451 later"), Office()

    class Overtaken(Office):
        async def handle_MAIL(self, *said: Any) -> str:  # noqa: N802 - aiosmtpd's name
            await become_due(stage)
            assert await send(stage, quick) == 1
            return await slow.handle_MAIL(*said)

        async def handle_RCPT(self, *said: Any) -> str:  # noqa: N802 - aiosmtpd's name
            return await slow.handle_RCPT(*said)

        async def handle_DATA(self, *said: Any) -> str:  # noqa: N802 - aiosmtpd's name
            return await slow.handle_DATA(*said)

    assert await send(stage, Overtaken()) == 1
    assert len(quick.taken) == len(slow.taken) == 1
    assert await deliveries(stage) == {person(1): ("sent", 2, None)}


async def test_without_an_address_nothing_waits_and_one_told_soon_is_used(stage: Stage) -> None:
    production = {"address_pattern": None}
    await hear(stage, result("GOOD"), registered())
    office = Office()
    assert await send(stage, office, **production) == 0
    assert await deliveries(stage) == {person(1): ("no_address", 0, None)}
    await become_due(stage)
    assert await send(stage, office, **production) == 0, "nobody tries it again and again"

    await hear(stage, registered(version=2, email="jaka@jambi.example"))
    assert await send(stage, office, **production) == 1
    assert office.recipients == ["jaka@jambi.example"]
    assert await deliveries(stage) == {person(1): ("sent", 1, None)}


async def test_an_address_told_much_later_brings_no_old_mail_back(stage: Stage) -> None:
    await hear(stage, result("GOOD"))
    await send(stage, Office(), address_pattern=None)
    async with stage.notifications.database.begin() as session:
        connection = await session.connection()
        long_ago = datetime.now(UTC) - timedelta(days=8)
        await connection.exec_driver_sql(
            f"update delivery set queued_at = '{long_ago:%Y-%m-%d %H:%M:%S}'"  # noqa: S608  # a day we made
        )
    await hear(stage, registered(email="jaka@jambi.example"))
    assert await deliveries(stage) == {person(1): ("no_address", 0, None)}


async def test_an_address_told_while_a_mail_is_under_way_does_not_send_it_twice(
    stage: Stage,
) -> None:
    await hear(stage, result("GOOD"), registered(email="jaka@jambi.example"))

    class Telling(Office):
        async def handle_MAIL(self, *said: Any) -> str:  # noqa: N802 - aiosmtpd's name
            await hear(stage, registered(version=2, email="new@jambi.example"))
            assert await send(stage, Office()) == 0
            return await super().handle_MAIL(*said)

    office = Telling()
    assert await send(stage, office) == 1
    assert await deliveries(stage) == {person(1): ("sent", 1, None)}


async def test_an_offices_address_is_a_knob(stage: Stage) -> None:
    await hear(stage, result("POOR", reviewer_id=None), completed(low=1))
    await tell_due_digests(stage.notifications.database, AT, timedelta(0))
    await become_due(stage)
    office = Office()
    knobs = {"address_pattern": None, "office_addresses": {JAMBI: "bkd@jambi.example"}}
    assert await send(stage, office, **knobs) == 1
    assert office.recipients == ["bkd@jambi.example"]


async def test_a_long_queue_is_worked_off_in_batches(stage: Stage) -> None:
    await hear(stage, *(result("GOOD", number) for number in range(25)))
    office = Office()
    tried = [await send(stage, office, mails_at_once=10) for _ in range(4)]
    assert tried == [10, 10, 5, 0]
    assert len(set(office.recipients)) == len(office.recipients) == 25
