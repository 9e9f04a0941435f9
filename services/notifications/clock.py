"""Door for time: digests that fell due, e-mails that wait to be sent."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from services.notifications import channels, rules, store
from services.notifications.models import DeliveryState
from services.notifications.settings import Settings
from shared.database import Database
from shared.i18n import catalogue

TEXTS: Final = catalogue(Path(__file__).parent / "locales")
LOOK_SECONDS: Final = 0.5
NO_ADDRESS: Final = "no_address"


def digests(settings: Settings) -> Callable[[Database], Awaitable[None]]:
    """Tell personnel offices of low results, once all of an import have come."""
    patience = timedelta(seconds=settings.digest_patience_seconds)

    async def run(database: Database) -> None:
        while True:
            await tell_due_digests(database, datetime.now(UTC), patience)
            await asyncio.sleep(LOOK_SECONDS)

    return run


async def tell_due_digests(database: Database, now: datetime, patience: timedelta) -> int:
    """Put the digests that are due into inboxes; gives how many."""
    async with database.read() as session:
        if not await store.digests.open_ones(session):
            return 0
    async with database.begin() as session:
        notices: list[rules.Notice] = []
        closed = []
        for row in await store.digests.open_ones(session):
            verdict = rules.digest_due(row.expected, row.seen, row.completed_at, now, patience)
            if verdict is rules.Digest.WAITS:
                continue
            closed.append(row.import_id)
            if verdict is rules.Digest.DUE:
                office = rules.personnel_office(row.agency_id)
                notices.append(
                    rules.low_results_digest(
                        fact_id=row.fact_id,
                        agency_id=row.agency_id,
                        import_id=row.import_id,
                        expected=row.expected,
                        seen=row.seen,
                        completed_at=row.completed_at,
                        without_email=await store.people.without_email(session, [office]),
                    )
                )
        await store.notices.keep(session, notices, now)
        await store.digests.close(session, closed)
    return len(notices)


def mails(settings: Settings) -> Callable[[Database], Awaitable[None]]:
    """Send e-mails that are due, in batches, for as long as there are any."""
    server = channels.MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        tls=channels.Tls(settings.smtp_tls),
        username=settings.smtp_user,
        password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        sender=settings.sender,
        portal_url=settings.portal_url,
        timeout=settings.smtp_timeout_seconds,
        ca_file=settings.smtp_ca_file,
    )

    async def run(database: Database) -> None:
        while True:
            if await send_due_mails(database, server, settings) < settings.mails_at_once:
                await asyncio.sleep(LOOK_SECONDS)

    return run


async def send_due_mails(
    database: Database, server: channels.MailServer, settings: Settings
) -> int:
    """Send one batch of e-mails that are due; gives how many were tried.

    A mail is claimed in one transaction and marked in another: nothing is held while a mail
    server thinks. A process killed in between sends it again, recognisable by its Message-ID.
    """
    now = datetime.now(UTC)
    async with database.read() as session:
        if not await store.mails.any_due(session, now):
            return 0
    async with database.begin() as session:
        waiting = await store.mails.claim(
            session,
            now=now,
            lease=timedelta(seconds=settings.lease_seconds),
            limit=settings.mails_at_once,
        )
    if not waiting:
        return 0
    letters = []
    marks = []
    for one in waiting:
        address = rules.address_for(one.recipient_id, one.address, settings.address_pattern)
        if address is None:
            marks.append(_mark(one, channels.State.RETRY, NO_ADDRESS, now))
        else:
            letters.append(
                channels.Outgoing(
                    delivery_id=one.notice_id,
                    notice_id=one.notice_id,
                    address=address,
                    language=one.language,
                    kind=one.kind,
                    attempt=one.attempt,
                    written_at=one.noticed_at,
                )
            )
    by_id = {one.notice_id: one for one in waiting}
    marks += [
        _mark(by_id[outcome.delivery_id], outcome.state, outcome.reason, datetime.now(UTC))
        for outcome in await channels.send(
            letters, server, TEXTS, within=0.75 * settings.lease_seconds
        )
    ]
    async with database.begin() as session:
        await store.mails.mark(session, marks, datetime.now(UTC))
    return len(waiting)


def _mark(
    one: store.mails.Waiting, state: channels.State, problem: str | None, now: datetime
) -> store.mails.Mark:
    if state is channels.State.SENT:
        return store.mails.Mark(one.notice_id, DeliveryState.SENT, None, None)
    again = rules.next_attempt(one.attempt, now) if state is channels.State.RETRY else None
    left = DeliveryState.FAILED if again is None else DeliveryState.WAITING
    return store.mails.Mark(one.notice_id, left, problem, again)
