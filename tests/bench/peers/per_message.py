"""FastStream with a handler a message, pydantic models, and an SQLModel session each."""

import asyncio
import os
from datetime import datetime
from uuid import UUID

from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from pydantic import BaseModel
from sqlalchemy import TIMESTAMP, Column, func
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlmodel import Field, SQLModel

from tests.bench.floor import ASSIGNED, work

broker = KafkaBroker(os.environ["PEER_KAFKA"])
engine = create_async_engine(
    os.environ["PEER_DATABASE"].replace("postgresql://", "postgresql+asyncpg://")
)
stage = work.Training(work.load(work.Path(os.environ["PEER_ANSWERS"])))
OUT = os.environ["PEER_OUT"]


class Inbox(SQLModel, table=True):
    """What was handled."""

    fact_id: UUID = Field(primary_key=True)


class Kept(SQLModel, table=True):
    """What is recommended."""

    __tablename__ = "recommendation_set"

    evaluation_id: UUID = Field(primary_key=True)
    employee_id: UUID
    version: int
    recommendations: bytes
    decided_at: datetime | None = Field(
        default=None, sa_column=Column(TIMESTAMP(timezone=True), server_default=func.now())
    )


class Result(BaseModel):
    """What of a result is looked at."""

    evaluation_id: UUID
    employee_id: UUID
    version: int


@broker.subscriber(
    os.environ["PEER_TOPIC"],
    group_id=os.environ["PEER_GROUP"],
    auto_offset_reset="earliest",
    ack_policy=AckPolicy.NACK_ON_ERROR,
)
async def recommend(result: Result, message: KafkaMessage) -> None:
    """One message, one session, one commit; then the answer."""
    record = message.raw_message
    identity, row, key, told, headers = stage(record.value, list(record.headers))
    async with AsyncSession(engine) as session:
        if await session.get(Inbox, identity) is not None:
            return
        session.add(Inbox(fact_id=identity))
        session.add(
            Kept(
                evaluation_id=result.evaluation_id,
                employee_id=result.employee_id,
                version=result.version,
                recommendations=row[3],
            )
        )
        await session.commit()
    await broker.publish(
        told, OUT, key=key, headers={name: value.decode() for name, value in headers}
    )


app = FastStream(broker)


@app.after_startup
async def say() -> None:
    """The bench waits for it."""
    print(ASSIGNED, flush=True)  # noqa: T201  # as the floor does


if __name__ == "__main__":
    asyncio.run(app.run())
