"""Hand letters to a mail server, and say of each what became of it.

What is wrong with a letter (its address, its content) is final. What is wrong with the server, the
way to it or our right to use it passes, so the letter waits. The server's own words stay here:
they repeat addresses. Nothing is logged.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from enum import StrEnum
from typing import Final
from uuid import UUID

import aiosmtplib
import msgspec

from services.notifications.channels.address import is_address
from services.notifications.channels.letter import Outgoing, write
from services.notifications.channels.server import MailServer, Tls
from shared.ending import to_its_end
from shared.i18n import Catalogue

_TROUBLE: Final = (aiosmtplib.SMTPException, OSError)  # OSError: also TLS and time running out

_MOST_BREAKS: Final = 3
"""Broken or silent connections in one batch before the rest of it waits."""

_FINAL: Final = range(500, 600)  # RFC 5321 §4.2.1: permanent negative completion


class State(StrEnum):
    """What became of a letter."""

    SENT = "sent"
    RETRY = "retry"  # not now
    FAILED = "failed"  # never


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of one letter.

    Attributes:
        delivery_id: the row's id.
        state: sent, retry or failed.
        reason: a code without personal data, such as `smtp_550`, `timed_out` or
            `invalid_address`; None when sent.
    """

    delivery_id: UUID
    state: State
    reason: str | None = None


Sent = Callable[[UUID], Awaitable[None]]
"""Notes that a letter was sent, by its row's id."""


class _ServerAway(Exception):
    """No letter can be handed over now; the text is a reason code."""


async def send(
    batch: Sequence[Outgoing],
    server: MailServer,
    catalogue: Catalogue,
    *,
    within: float | None = None,
    sent: Sent | None = None,
) -> list[Outcome]:
    """Hand a batch over on one connection, in order; one outcome a letter, in the same order.

    Never raises for what the server or the network does. A connection that breaks is opened again
    for the next letter; when it cannot be, or breaks too often, the rest of the batch waits.

    Each letter is noted as sent before the next is handed over, and one that is begun is ended
    even by whoever is told to end. So a process that is killed sends one letter again at most: with
    the same Message-ID and the same bytes, so mail systems can tell it is one letter.

    Args:
        batch: what to send.
        server: where to hand it over.
        catalogue: the words.
        within: seconds after which the rest waits: less than the time the rows are claimed for,
            or a server that is merely slow would get letters twice. None is as long as it takes.
        sent: notes each letter that was sent; what it raises ends the batch.
    """
    connection = _connection(server)
    until = None if within is None else asyncio.get_running_loop().time() + within
    outcomes: list[Outcome] = []
    away: str | None = None
    breaks = 0

    async def one_letter(outgoing: Outgoing) -> tuple[State, str | None, str | None]:
        try:
            async with asyncio.timeout_at(until):
                await _open(connection)
                state, reason = await _hand_over(connection, outgoing, server, catalogue)
        except (_ServerAway, TimeoutError) as error:
            connection.close()
            reason = str(error) or "out_of_time"
            return State.RETRY, reason, reason
        if state is State.SENT and sent is not None:
            await sent(outgoing.delivery_id)
        return state, reason, None

    try:
        for outgoing in batch:
            if not is_address(outgoing.address):
                outcomes.append(Outcome(outgoing.delivery_id, State.FAILED, "invalid_address"))
                continue
            if away is not None:
                outcomes.append(Outcome(outgoing.delivery_id, State.RETRY, away))
                continue
            state, reason, away = await to_its_end(one_letter(outgoing))
            outcomes.append(Outcome(outgoing.delivery_id, state, reason))
            if state is State.RETRY and not connection.is_connected:
                breaks += 1
                away = reason if breaks >= _MOST_BREAKS else away
        await _leave(connection)
    finally:
        connection.close()
    return outcomes


def _connection(server: MailServer) -> aiosmtplib.SMTP:
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username,
        password=server.password,
        local_hostname=server.domain,
        timeout=server.timeout,
        use_tls=server.tls is Tls.IMPLICIT,
        start_tls=server.tls is Tls.STARTTLS,
        cert_bundle=str(server.ca_file) if server.ca_file else None,
    )


async def _open(connection: aiosmtplib.SMTP) -> None:
    """Connect unless connected, log in where a login is set; what fails here fails for all."""
    if connection.is_connected:
        return
    try:
        await connection.connect()
    except _TROUBLE as error:
        raise _ServerAway(_reason(error)) from error


async def _hand_over(
    connection: aiosmtplib.SMTP, outgoing: Outgoing, server: MailServer, catalogue: Catalogue
) -> tuple[State, str | None]:
    letter = write(outgoing, server, catalogue)
    try:
        await connection.send_message(letter, sender=server.address, recipients=[outgoing.address])
    except aiosmtplib.SMTPSenderRefused as error:
        # About us, not about the letter: a right to be granted, and then all of them can go.
        raise _ServerAway(_reason(error)) from error
    except aiosmtplib.SMTPRecipientsRefused as error:
        return _verdict(error.recipients[0])
    except _TROUBLE as error:
        return _verdict(error)
    return State.SENT, None


def _verdict(error: Exception) -> tuple[State, str]:
    final = (
        isinstance(error, aiosmtplib.SMTPRecipientRefused | aiosmtplib.SMTPDataError)
        and error.code in _FINAL
    )
    return (State.FAILED if final else State.RETRY), _reason(error)


def _reason(error: Exception) -> str:
    """A code for what happened; never the error's text, which may repeat an address."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return "login_refused"
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"smtp_{error.code}"
    if isinstance(error, TimeoutError):
        return "timed_out"
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return "tls_failed"
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return "not_supported"
    if isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return "disconnected"
    return "unreachable"


async def _leave(connection: aiosmtplib.SMTP) -> None:
    """Say goodbye; a server that does not listen has the letters already."""
    if not connection.is_connected:
        return
    try:
        await connection.quit()
    except _TROUBLE:
        return
