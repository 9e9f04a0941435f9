"""Topics as they are declared in `shared.events.topics`, brought to a broker.

`python -m shared.provision` creates those the brokers lack, as often as KINERJA_KAFKA_REPLICATION
says; what there is stays as it is.
"""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.broker import client_settings
from shared.events import Topic, topics
from shared.settings import CommonSettings

DECLARED: Final[tuple[Topic, ...]] = tuple(
    topic for declared in topics.ALL for topic in (declared, declared.dead)
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a broker's topic is not as declared; `actual` is None where it is missing."""

    topic: str
    what: str
    declared: str
    actual: str | None


def settings_of(topic: Topic, replication: int) -> dict[str, str]:
    """A topic's settings where it has so many copies: all but one must have a fact."""
    safe = {"min.insync.replicas": str(replication - 1)} if replication > 1 else {}
    return topic.settings | safe


async def create_missing(
    client: Mapping[str, Any], *, replication: int = 1, declared: Sequence[Topic] = DECLARED
) -> list[str]:
    """Create the declared topics a broker lacks; gives their names.

    `client` holds aiokafka's connection settings. Topics that are there stay untouched. All
    copies of a topic but one must have a fact before it counts as told.
    """
    admin = AIOKafkaAdminClient(**client)
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [topic for topic in declared if topic.name not in there]
        if not missing:
            return []
        answer = await admin.create_topics(
            [
                NewTopic(
                    name=topic.name,
                    num_partitions=topic.partitions,
                    replication_factor=replication,
                    topic_configs=settings_of(topic, replication),
                )
                for topic in missing
            ]
        )
        for name, code, *_ in answer.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(name)
        return [topic.name for topic in missing]
    finally:
        await admin.close()


def main() -> None:
    """Create what is missing, and say so."""
    common = CommonSettings()
    client = client_settings("topics", common)
    for name in asyncio.run(create_missing(client, replication=common.kafka_replication)):
        sys.stdout.write(f"created {name}\n")


if __name__ == "__main__":
    main()
