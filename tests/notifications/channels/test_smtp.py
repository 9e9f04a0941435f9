"""Letters handed to a real mail server on this machine, in every mood it may have."""

import asyncio
import logging
from email import message_from_bytes
from uuid import UUID

import pytest

from services.notifications.channels import MailServer, Outgoing, send
from tests.notifications.channels.office import (
    BUDI,
    DEWI,
    HOST,
    OK,
    SITI,
    STAYS,
    TEXTS,
    HangsUpInMidLetter,
    Office,
    Said,
    always,
    failed,
    letter,
    opened,
    retry,
    sent,
)

pytestmark = pytest.mark.localhost


def only(recipient: Outgoing, answer: str, other: str = OK) -> Said:
    return lambda address: answer if address == recipient.address else other


async def test_a_batch_goes_out_in_order_on_one_connection() -> None:
    office = Office()
    async with opened(office) as server:
        outcomes = await send([SITI, BUDI, DEWI], server, TEXTS)
    assert outcomes == [sent(SITI), sent(BUDI), sent(DEWI)]
    assert office.recipients == [SITI.address, BUDI.address, DEWI.address]
    assert len(office.sessions) == 1
    assert {envelope.mail_from for envelope in office.taken} == {"kinerja@agency.example"}


async def test_nothing_to_send_opens_no_connection() -> None:
    server = MailServer(
        host=HOST, port=1, sender="k@agency.example", portal_url="https://p.example"
    )
    assert await send([], server, TEXTS) == []


async def test_what_arrives_is_the_letter_as_written() -> None:
    office = Office()
    async with opened(office) as server:
        await send([SITI], server, TEXTS)
    content = office.taken[0].content
    assert isinstance(content, bytes)
    arrived = message_from_bytes(content)
    assert arrived["Message-ID"] == f"<{SITI.notice_id}@agency.example>"
    assert arrived["To"] == SITI.address
    assert [part.get_content_type() for part in arrived.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


@pytest.mark.parametrize("code", [421, 450, 451, 452])
async def test_a_recipient_refused_for_now_is_tried_again(code: int) -> None:
    async with opened(Office(recipient=only(BUDI, f"{code} later"))) as server:
        outcomes = await send([SITI, BUDI, DEWI], server, TEXTS)
    assert outcomes == [sent(SITI), retry(BUDI, f"smtp_{code}"), sent(DEWI)]


@pytest.mark.parametrize("code", [550, 551, 553])
async def test_a_recipient_refused_for_good_fails_and_the_next_goes_on(code: int) -> None:
    async with opened(Office(recipient=only(BUDI, f"{code} nobody here"))) as server:
        outcomes = await send([SITI, BUDI, DEWI], server, TEXTS)
    assert outcomes == [sent(SITI), failed(BUDI, f"smtp_{code}"), sent(DEWI)]


async def test_a_letter_refused_for_now_or_for_good_is_told_apart() -> None:
    answers = only(SITI, "451 later", other="554 no such letters")
    async with opened(Office(content=answers)) as server:
        outcomes = await send([SITI, BUDI], server, TEXTS)
    assert outcomes == [retry(SITI, "smtp_451"), failed(BUDI, "smtp_554")]


@pytest.mark.parametrize("code", [451, 550])
async def test_a_refused_sender_is_our_matter_and_all_letters_wait(code: int) -> None:
    office = Office(sender=f"{code} not you")
    async with opened(office) as server:
        outcomes = await send([SITI, BUDI], server, TEXTS)
    assert outcomes == [retry(SITI, f"smtp_{code}"), retry(BUDI, f"smtp_{code}")]


async def test_a_connection_dropped_in_mid_letter_is_tried_again() -> None:
    office = Office()
    async with opened(office, kind=HangsUpInMidLetter) as server:
        assert await send([SITI], server, TEXTS) == [retry(SITI, "disconnected")]
    assert office.taken == []


async def test_after_a_dropped_connection_the_next_letter_has_a_new_one() -> None:
    office = Office(hangs_up=only(SITI, "before", other=""))
    async with opened(office) as server:
        outcomes = await send([SITI, BUDI, DEWI], server, TEXTS)
    assert outcomes == [retry(SITI, "disconnected"), sent(BUDI), sent(DEWI)]
    assert len(office.sessions) == 2


async def test_a_letter_whose_receipt_was_lost_comes_again_as_the_same_letter() -> None:
    office = Office(hangs_up=always("after"))
    async with opened(office) as server:
        assert await send([SITI], server, TEXTS) == [retry(SITI, "disconnected")]
        office.hangs_up = STAYS
        again = letter("siti", attempt=2)
        assert await send([again], server, TEXTS) == [sent(SITI)]
    first, second = office.taken
    assert first.content == second.content
    assert f"Message-ID: <{SITI.notice_id}@agency.example>".encode() in (second.content or b"")


async def test_a_server_that_keeps_hanging_up_is_left_alone() -> None:
    office = Office(hangs_up=always("before"))
    letters = [letter(f"person{n}") for n in range(9)]
    async with opened(office) as server:
        outcomes = await send(letters, server, TEXTS)
    assert outcomes == [retry(outgoing, "disconnected") for outgoing in letters]
    assert len(office.sessions) == 3


async def test_a_silent_server_is_not_waited_for_once_a_letter() -> None:
    office = Office(slow=30)
    letters = [letter(f"person{n}") for n in range(9)]
    async with opened(office, timeout=0.1) as server, asyncio.timeout(5):
        outcomes = await send(letters, server, TEXTS)
    assert outcomes == [retry(outgoing, "timed_out") for outgoing in letters]


async def test_a_slow_server_has_no_longer_than_the_rows_are_claimed_for() -> None:
    office = Office(slow=0.2)
    letters = [letter(f"person{n}") for n in range(9)]
    async with opened(office) as server, asyncio.timeout(5):
        outcomes = await send(letters, server, TEXTS, within=0.7)
    assert outcomes[0] == sent(letters[0])
    assert outcomes[4:] == [retry(outgoing, "out_of_time") for outgoing in letters[4:]]


async def test_where_nobody_listens_all_letters_wait() -> None:
    async with opened(Office()) as server:
        pass
    outcomes = await send([SITI, BUDI], server, TEXTS)
    assert outcomes == [retry(SITI, "unreachable"), retry(BUDI, "unreachable")]


@pytest.mark.parametrize(
    "address",
    [
        "nobody",
        "siti@agency.example\r\nBcc: budi@agency.example",
        "siti@agency.example>\r\nRCPT TO:<budi@agency.example",
        "Siti <siti@agency.example>",
        "sití@agency.example",
    ],
)
async def test_what_is_no_address_fails_and_never_reaches_the_server(address: str) -> None:
    office = Office()
    wrong = Outgoing(
        delivery_id=UUID(int=1),
        notice_id=UUID(int=2),
        address=address,
        language="id",
        kind="result_ready",
        written_at=SITI.written_at,
    )
    async with opened(office) as server:
        outcomes = await send([wrong, BUDI], server, TEXTS)
    assert outcomes == [failed(wrong, "invalid_address"), sent(BUDI)]
    assert office.recipients == [BUDI.address]


async def test_no_log_and_no_outcome_names_an_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the server's own, aiosmtpd
    refused = only(
        SITI, "550 <siti@agency.example> unknown", other="450 <budi@agency.example> later"
    )
    async with opened(Office(recipient=refused)) as server:
        outcomes = await send([SITI, BUDI], server, TEXTS)
    assert [outcome.reason for outcome in outcomes] == ["smtp_550", "smtp_450"]
    assert "@" not in caplog.text
