"""One small service as a real process: `python -m tests.live.delivery.program teller|hearer PORT`.

The teller tells what lies in its outbox. The hearer keeps an effect of every fact it hears, and
tells of that; it takes its time, so that it can be killed in the middle.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import uvicorn
from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from shared import database, outbox, service
from shared.delivery import Listening
from shared.events import EmployeeRegistered, Fact, ImportCompleted, following
from shared.settings import ServiceSettings
from tests.shared.facts import keep

BUG = "a name the handler has a bug with"
BATCH_SECONDS = float(os.environ.get("TESTS_BATCH_SECONDS", "0"))
"""How long a batch takes, besides what it takes anyway."""

listening = Listening("hearer")


@listening.on(EmployeeRegistered)
async def hear(facts: Sequence[Fact[EmployeeRegistered]], session: AsyncSession) -> None:
    await keep(facts, session)
    if any(fact.data.name == BUG for fact in facts):
        raise ArithmeticError(BUG)
    await asyncio.sleep(BATCH_SECONDS)
    told = [following(fact, _answer(fact), at=datetime.now(UTC)) for fact in facts]
    await outbox.tell(session, told, source="urn:kinerja:tests")


def _answer(fact: Fact[EmployeeRegistered]) -> ImportCompleted:
    return ImportCompleted(
        import_id=fact.id,
        agency_id=fact.data.agency_id,
        told=1,
        low=0,
        rejected=0,
        set_aside=0,
    )


def main(name: str, port: int) -> None:
    settings = ServiceSettings(_env_prefix="TESTS_")
    app = service.build(
        name,
        settings,
        database.connect(settings),
        APIRouter(),
        listening=listening if name == "hearer" else None,
        furnish=(),
    )
    # uvicorn ends in good order and then raises the signal again; that is no failure
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
