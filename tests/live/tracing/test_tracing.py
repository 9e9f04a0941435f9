"""One trace from the request that hands an export in to the rows in people's inboxes."""

import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import openpyxl
import pytest

from deploy.local.environment import PROJECT, SERVICES
from tests.live import checker
from tests.live.running import Running
from tests.live.tracing.collector import Collector, Span, listening

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

SAMPLE = PROJECT / "samples" / "laporan-penilaian-skp-2025.xlsx"
FACTS = 7
"""How many facts of a type, told at once, are followed."""
USUAL_PORT = 4318
"""Where a collector of this machine would listen."""
NIP = re.compile(r"\d{18}")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOTICES = "select lower(replace(notice_id, '-', '')) from notice"
PEOPLE = {
    "appraisal": "select employee_id from employee",
    "training": "select employee_id from recommendation_set",
    "notifications": "select recipient_id from notice",
}


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector, and the environment that names it to services started from now on."""
    with listening() as found:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", found.url)
        monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
        monkeypatch.setenv("KINERJA_TRACE_FACTS", str(FACTS))
        yield found


@pytest.fixture
def untold(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector nobody was told of."""
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    try:
        with listening(USUAL_PORT) as found:
            yield found
    except OSError:
        pytest.skip(f"something else listens on port {USUAL_PORT}")


def hand_in(running: Running) -> str:
    import_id = running.hand_in(SAMPLE)

    def settled() -> bool:
        state = running.get("appraisal", f"/imports/{import_id}")["state"]
        return state == "done" and not checker.what_is_wrong(running.stack.data)

    running.wait(settled, seconds=90, what="the import and all that follows from it")
    return import_id


def traceparents(running: Running, service: str) -> list[str]:
    """Of every fact a service has told."""
    found = checker.rows(running.database(service), "select cast(headers as text) ->> 3 from told")
    return [str(traceparent) for (traceparent,) in found]


def names_in(export: Path) -> set[str]:
    """Of the people an export is about."""
    with closing(openpyxl.load_workbook(export, read_only=True)) as book:
        rows = book.worksheets[0].iter_rows(values_only=True)
        heading = next(row for row in rows if "nama" in row)
        return {str(row[heading.index("nama")]) for row in rows} - {"None", "-", ""}


def above(span: Span, spans: dict[str, Span]) -> list[tuple[str, str]]:
    """The way from a span up to where its trace began: services and names."""
    way = [(span.service, span.name)]
    while span.parent:
        span = spans[span.parent]
        way.append((span.service, span.name))
    return way


def test_one_trace_runs_from_the_import_over_kafka_to_the_inbox_rows(
    collector: Collector, running: Running
) -> None:
    import_id = hand_in(running)
    running.processes.stop()  # what waits is sent at the latest now
    told = collector.spans()
    [request] = [span for span in told if span.name == "POST /imports"]
    whole = {span.id: span for span in told if span.trace == request.trace}
    begun = [("appraisal", "read import"), ("appraisal", "POST /imports")]
    first = [("notifications", "process evaluation.finalized.v1"), *begun]
    second = [
        ("notifications", "process recommendations.issued.v1"),
        ("training", "process evaluation.finalized.v1"),
        *begun,
    ]
    rows = [span for span in whole.values() if span.name == "inbox row"]
    ways = {tuple(above(row, whole)[1:]) for row in rows}
    assert ways == {tuple(first), tuple(second)}
    [reading] = [span for span in whole.values() if span.name == "read import"]
    assert reading.attributes == {"kinerja.import_id": import_id}
    followed = [span for span in whole.values() if span.name == "process evaluation.finalized.v1"]
    assert 2 <= len(followed) <= 2 * FACTS, "once in training, once in notifications"
    kept = {notice for (notice,) in checker.rows(running.database("notifications"), NOTICES)}
    named = [str(row.attributes["kinerja.notice_id"]).replace("-", "") for row in rows]
    assert len(set(named)) == len(named)
    assert set(named) <= kept
    batches = [span for span in told if span.name == "process batch"]
    assert {span.service for span in batches} == {"training", "notifications"}
    linked = {link for span in batches for link in span.links}
    assert {span.parent for span in followed} <= linked
    sent = [span for span in told if span.name == "send facts"]
    assert {span.service for span in sent} == {"appraisal", "training"}
    assert reading.id in {link for span in sent for link in span.links}
    assert {place[3:35] for place in traceparents(running, "training")} == {request.trace}


def test_nobody_is_told_of_in_a_trace(collector: Collector, running: Running) -> None:
    hand_in(running)
    running.processes.stop()
    text = b"\n".join(collector.bodies).decode("utf-8", "replace")
    assert len(collector.spans()) > 50
    assert not NIP.search(text)
    names = names_in(SAMPLE)
    assert len(names) > 500
    assert not [name for name in names if name in text]
    for service in SERVICES:
        found = checker.rows(running.database(service), PEOPLE[service])
        assert found
        ids = {str(person).replace("-", "").lower() for (person,) in found}
        assert not ids & {one.replace("-", "") for one in UUID.findall(text)}


def test_nothing_is_sent_and_nothing_is_recorded_unless_a_collector_is_named(
    untold: Collector, running: Running
) -> None:
    hand_in(running)
    running.processes.stop()
    assert untold.bodies == []
    for service in ("appraisal", "training"):
        places = traceparents(running, service)
        assert {place[-2:] for place in places} == {"00"}
        assert len({place[3:35] for place in places}) == 1, "its id still joins their logs"
