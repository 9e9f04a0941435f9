"""One small service as a real process: `python -m tests.live.bus.program teller|hearer PORT`.

The teller tells what lies in its outbox. The hearer keeps an effect of every fact it hears. It says
each time which partitions it was given.
"""

import signal
import sys
from collections.abc import Sequence

import uvicorn
from aiokafka import TopicPartition
from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from shared import database, kafka, service
from shared.delivery import Listening
from shared.events import EmployeeRegistered, Fact
from shared.settings import ServiceSettings
from tests.shared.facts import keep

listening = Listening("hearer")


@listening.on(EmployeeRegistered)
async def hear(facts: Sequence[Fact[EmployeeRegistered]], session: AsyncSession) -> None:
    await keep(facts, session)


class Drain(kafka._Drain):
    async def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        await super().on_partitions_assigned(assigned)
        print("given", *sorted(one.partition for one in assigned), flush=True)  # noqa: T201  # read by tests


def main(name: str, port: int) -> None:
    kafka._Drain = Drain  # type: ignore[misc]  # so that a rebalance can be seen
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
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_config=None)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
