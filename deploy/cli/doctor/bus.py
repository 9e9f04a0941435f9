"""The broker: reachable, its topics as declared, its readers not far behind, nobody set aside."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from aiokafka.errors import KafkaError

from deploy.cli import lag, topics
from deploy.cli.broker import Client
from deploy.cli.doctor.findings import Finding
from deploy.cli.lag import Behind
from deploy.cli.letters import TOPICS, every
from deploy.cli.moments import lasting
from deploy.cli.topics import MISSING
from shared import reading
from shared.events import topics as declared
from shared.provision import Difference

LATE_SECONDS: Final = 60.0
"""How far a service may be behind before somebody should look."""
SKEW_SECONDS: Final = 5.0
"""How far ahead of this machine's clock a record's time may be."""


async def check(client: Client, *, replication: int = 1) -> list[Finding]:
    """Look at the broker; where it is away, that is the only finding."""
    servers = ",".join(client["bootstrap_servers"])
    try:
        found = topic_findings(await topics.differences(client, replication=replication))
        found += lag_findings(await lag.measure(client))
        found.append(await _dead(client))
        found.append(await _clock(client))
    except (KafkaError, OSError) as error:
        return [Finding.problem("broker_away", servers=servers, reason=type(error).__name__)]
    return [Finding.ok("broker", servers=servers), *found]


def topic_findings(found: Sequence[Difference]) -> list[Finding]:
    """What differences from the declared topics mean."""
    if not found:
        return [Finding.ok("topics")]
    return [
        Finding.problem("topic_missing", topic=one.topic)
        if one.what == MISSING
        else Finding.warning(
            "topic_differs",
            topic=one.topic,
            what=one.what,
            declared=one.declared,
            actual=one.actual or "-",
        )
        for one in found
    ]


def lag_findings(found: Sequence[Behind]) -> list[Finding]:
    """What lag means, a finding a service."""
    findings = []
    for service, ones in groupby(found, key=lambda one: one.service):
        mine = list(ones)
        worst = lag.worst(mine)
        values = {
            "service": service,
            "messages": sum(one.messages for one in mine),
            "lasting": lasting(worst if worst < float("inf") else None),
        }
        is_late = worst > LATE_SECONDS
        findings.append(
            Finding.problem("lag_late", **values) if is_late else Finding.ok("lag", **values)
        )
        if expired := sum(one.expired for one in mine):
            findings.append(Finding.problem("lag_expired", service=service, count=expired))
    return findings


async def _dead(client: Client) -> Finding:
    waiting = 0
    async with reading.reader(client) as consumer:
        where = await reading.partitions(client, TOPICS)
        async for letter in every(consumer, where):
            waiting += letter.redriven is None
    return Finding.warning("dead", count=waiting) if waiting else Finding.ok("no_dead")


async def _clock(client: Client) -> Finding:
    """The newest records' times: tellers' clocks may not be ahead of ours."""
    newest = 0
    async with reading.reader(client) as consumer:
        where = await reading.partitions(client, [topic.name for topic in declared.ALL])
        found = await reading.extents(consumer, where)
        filled = {one: end - 1 for one, (first, end) in found.items() if end > first}
        if not filled:
            return Finding.note("clock_unknown")
        reading.begin_at(consumer, filled)
        waiting = set(filled)
        for _ in range(20):
            for one, batch in (await consumer.getmany(timeout_ms=reading.POLL_MS)).items():
                waiting.discard(one)
                newest = max(newest, *(record.timestamp for record in batch))
            if not waiting:
                break
    return clock_finding(newest / 1000, datetime.now(UTC).timestamp())


def clock_finding(newest: float, now: float) -> Finding:
    """What the time of the newest record says of the clocks; both in seconds since 1970."""
    ahead = newest - now
    if ahead > SKEW_SECONDS:
        return Finding.problem("clock_ahead", lasting=lasting(ahead))
    return Finding.ok("clock")
