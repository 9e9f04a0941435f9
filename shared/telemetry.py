"""Logs as JSON lines and metrics for Prometheus: seconds and counts, never a personal value."""

import json
import logging
import sys
import time
import traceback
from collections import Counter as Tally
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from opentelemetry import trace
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


def count_facts(service: str, outcome: str, facts: Iterable[Fact[Data]]) -> None:
    """Count facts of a batch that were kept now (`kept`) or before (`repeat`)."""
    for kind, count in Tally(type(fact.data) for fact in facts).items():
        FACTS.labels(service, kind.type, outcome).inc(count)


def where(error: BaseException) -> str:
    """File and line an error came from: an error's text may hold personal values, this does not."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, what `extra=` gave, the trace's id."""

    _OWN = frozenset(logging.makeLogRecord({}).__dict__) | {
        *("message", "asctime", "taskName"),
        "color_message",  # uvicorn's, for terminals
    }

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
        given = record.__dict__.items()
        line |= {name: value for name, value in given if name not in self._OWN | line.keys()}
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            line["trace_id"] = trace.format_trace_id(context.trace_id)
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


NOISY: Final = ("aiokafka", "kafka", "opentelemetry")
"""They write many lines a second while a broker or a collector is away."""


def set_up_logs(service: str, level: str) -> None:
    """Send all logs to standard error as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(service))
    throttle = Throttle()
    handler.addFilter(lambda record: not record.name.startswith(NOISY) or throttle.filter(record))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore", "aiosqlite", "faststream"):
        logging.getLogger(chatty).setLevel("WARNING")
    logging.getLogger("uvicorn.access").disabled = True  # paths could tell who looked at what
