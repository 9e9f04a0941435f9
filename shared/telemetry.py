"""Logs as JSON lines and metrics for Prometheus: seconds and counts, never a personal value."""

import json
import logging
import sys
import time
import traceback
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from prometheus_client import Counter, Gauge, Histogram

from shared.events import Data, Fact

BATCH_SECONDS: Final = Histogram(
    "kinerja_batch_seconds", "From a batch's arrival to its commit.", unit="seconds"
)
FACTS: Final = Counter("kinerja_facts", "Facts taken from Kafka.", ["service", "type", "outcome"])
DEAD: Final = Counter(
    "kinerja_dead_facts", "Records set aside to a dead topic.", ["service", "reason"]
)
TOLD: Final = Counter("kinerja_told_facts", "Facts told to Kafka.", ["topic"])
OUTBOX_AGE: Final = Gauge(
    "kinerja_outbox_age_seconds", "Age of the oldest fact that waits to be told.", unit="seconds"
)
REFILLS: Final = Counter("kinerja_refills", "Times a lost topic was filled again.", ["topic"])
REQUEST_SECONDS: Final = Histogram(
    "kinerja_request_seconds",
    "From a request's arrival to its answer.",
    ["method", "route", "status"],
    unit="seconds",
)


def count_facts(service: str, new: AbstractSet[UUID], reads: Mapping[UUID, Fact[Data]]) -> None:
    """Count a batch: facts kept now, and repeats of facts kept before."""
    counts: dict[tuple[str, str], int] = {}
    for identity, fact in reads.items():
        outcome = "kept" if identity in new else "repeat"
        name = (fact.data.type, outcome)
        counts[name] = counts.get(name, 0) + 1
    for (kind, outcome), count in counts.items():
        FACTS.labels(service, kind, outcome).inc(count)


def where(error: BaseException) -> str:
    """File and line an error came from: an error's text may hold personal values, this does not."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and what `extra=` gave."""

    _OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {k: v for k, v in record.__dict__.items() if k not in self._OWN}
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            line["error"] = type(error).__name__
            line["at"] = where(error)
        return json.dumps(line, default=str, ensure_ascii=False)


class Throttle(logging.Filter):
    """Lets the same line of a noisy client through once in ten seconds."""

    SECONDS: Final = 10.0

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line may pass."""
        place = (record.pathname, record.lineno)
        now = time.monotonic()
        if now - self._last.get(place, -self.SECONDS) < self.SECONDS:
            return False
        self._last[place] = now
        return True


def set_up_logs(service: str, level: str) -> None:
    """Send all logs to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service))
    throttle = Throttle()
    handler.addFilter(
        lambda record: not record.name.startswith("aiokafka") or throttle.filter(record)
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for noisy in ("httpx", "httpcore", "aiosqlite"):
        logging.getLogger(noisy).setLevel("WARNING")
    logging.getLogger("uvicorn.access").disabled = True  # paths could tell who looked at what
