"""Door for time: digests that fell due, e-mails that wait to be sent."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from services.notifications import channels, rules, store
from services.notifications.models import DeliveryState
from services.notifications.settings import Settings
from shared.database import Database, passes
from shared.ending import to_its_end
from shared.i18n import catalogue

TEXTS: Final = catalogue(Path(__file__).parent / "locales")
LOOK_SECONDS: Final = 0.5
OF_THE_LEASE: Final = 0.75
"""How much of its lease a batch may take; the rest is for marking it."""


def digests(settings: Settings) -> Callable[[Database], Awaitable[None]]:
    """Tell personnel offices of low results, once all of an import have come."""
    patience = timedelta(seconds=settings.digest_patience_seconds)

    async def run(database: Database) -> None:
        while True:
            await tell_due_digests(database, datetime.now(UTC), patience)
            await asyncio.sleep(LOOK_SECONDS)

    return run


def after_replay(settings: Settings) -> Callable[[Database], Awaitable[None]]:
    """What is due once a replay has brought the database up to date was sent before its loss."""
    patience = timedelta(seconds=settings.digest_patience_seconds)

    async def run(database: Database) -> None:
        now = datetime.now(UTC)
        await tell_due_digests(database, now, patience, again=True)
        async with database.begin() as session:
            await store.mails.let_be(session, now)

    return run


async def tell_due_digests(
    database: Database, now: datetime, patience: timedelta, *, again: bool = False
) -> int:
    """Put the digests that are due into inboxes; gives how many.

    `again`: after a replay, when offices had them before; no e-mail is sent.
    """
    async with database.read() as session:
        over = [
            row.import_id
            for row in await store.digests.ended(session)
            if rules.digest_due(row.expected, row.seen, row.completed_at, now, patience)
            is not rules.Digest.WAITS
        ]
    if not over:
        return 0
    async with database.begin() as session:
        held = await store.digests.hold_ended(session, over)
        notices = [
            rules.low_results_digest(
                fact_id=row.fact_id,
                agency_id=row.agency_id,
                import_id=row.import_id,
                expected=row.expected,
                seen=row.seen,
                completed_at=row.completed_at,
            )
            for row in held
            if rules.digest_due(row.expected, row.seen, row.completed_at, now, patience)
            is rules.Digest.DUE
        ]
        if again:
            await store.notices.keep_again(session, notices)
        else:
            await store.notices.keep(session, notices, now)
        await store.digests.close(session, [row.import_id for row in held])
    return len(notices)


def mails(settings: Settings) -> Callable[[Database], Awaitable[None]]:
    """Send e-mails that are due, in batches, for as long as there are any."""
    server = mail_server(settings)

    async def run(database: Database) -> None:
        while True:
            if await send_due_mails(database, server, settings) < settings.mails_at_once:
                await asyncio.sleep(LOOK_SECONDS)

    return run


def mail_server(settings: Settings) -> channels.MailServer:
    """The mail server in the settings; raises ValueError where they contradict each other."""
    return channels.MailServer(
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


async def send_due_mails(
    database: Database, server: channels.MailServer, settings: Settings
) -> int:
    """Send one batch of e-mails that are due; gives how many were tried.

    A mail is claimed in one transaction and marked in another: nothing is held while a mail
    server thinks. Each is marked before the next goes out, so that a process killed in between
    sends one again at most, recognisable by its Message-ID. A process told to end gives back what
    it has not begun; one that is killed keeps it until its claim is over.
    """
    offices = {
        rules.personnel_office(agency_id): address
        for agency_id, address in settings.office_addresses.items()
    }

    def reach(recipient_id: UUID, told: str | None) -> str | None:
        known = told or offices.get(recipient_id)
        return rules.address_for(recipient_id, known, settings.address_pattern)

    now = datetime.now(UTC)
    async with database.read() as session:
        if not await store.mails.any_due(session, now):
            return 0
    async with database.begin() as session:
        waiting = await store.mails.claim(
            session,
            reach,
            now=now,
            lease=timedelta(seconds=settings.lease_seconds),
            limit=settings.mails_at_once,
        )
    claimed = {one.notice_id: one for one in waiting}
    until = now + timedelta(seconds=settings.lease_seconds)

    async def sent(notice_id: UUID) -> None:
        outcome = channels.Outcome(notice_id, channels.State.SENT)
        await _keep(database, [_mark(claimed[notice_id], outcome, datetime.now(UTC))], until)

    try:
        outcomes = await channels.send(
            [
                channels.Outgoing(
                    delivery_id=one.notice_id,
                    notice_id=one.notice_id,
                    address=one.address,
                    language=one.language,
                    kind=one.kind,
                    attempt=one.attempt,
                    written_at=one.queued_at,
                )
                for one in waiting
            ],
            server,
            TEXTS,
            within=OF_THE_LEASE * settings.lease_seconds,
            sent=sent,
        )
        now = datetime.now(UTC)
        marks = [
            _mark(claimed[one.delivery_id], one, now)
            for one in outcomes
            if one.state is not channels.State.SENT
        ]
        await _keep(database, marks, until)
    except asyncio.CancelledError:
        await to_its_end(_give_back(database, waiting, until))
        raise
    return len(waiting)


async def _give_back(
    database: Database, waiting: Sequence[store.mails.Waiting], until: datetime
) -> None:
    """Let others have what is not marked; where the database is away, once the claim is over."""
    try:
        async with database.begin() as session:
            await store.mails.give_back(session, waiting, until, datetime.now(UTC))
    except Exception as error:
        if not passes(error):
            raise


async def _keep(database: Database, marks: Sequence[store.mails.Mark], until: datetime) -> None:
    """Mark mails; where the database is away, try again for as long as they are claimed."""
    while marks:
        now = datetime.now(UTC)
        try:
            async with database.begin() as session:
                return await store.mails.mark(session, marks, now)
        except Exception as error:
            if not passes(error) or now > until:
                raise
        await asyncio.sleep(LOOK_SECONDS)
    return None


def _mark(one: store.mails.Waiting, outcome: channels.Outcome, now: datetime) -> store.mails.Mark:
    again = None
    if outcome.state is channels.State.RETRY:
        again = rules.next_attempt(one.attempt, now)
    if outcome.state is channels.State.SENT:
        state = DeliveryState.SENT
    else:
        state = DeliveryState.FAILED if again is None else DeliveryState.WAITING
    return store.mails.Mark(one.notice_id, one.attempt, state, outcome.reason, again)
