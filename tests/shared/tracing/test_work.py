import asyncio
import json
import logging
import os
import subprocess
import sys

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import StatusCode

from deploy.local.environment import PROJECT
from shared import tracing
from shared.database import Database
from shared.telemetry import JsonLines
from shared.tracing.work import switch, written
from tests.shared.facts import SECRET
from tests.shared.tracing.conftest import Spans
from tests.shared.web import SECRET as NIP
from tests.shared.web import asked_by_an_employee, build

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE = CALLER[3:35]


def trace_of(span: ReadableSpan) -> str:
    return written(span.get_span_context())[3:35]


def parent_of(span: ReadableSpan) -> str:
    assert span.parent is not None
    return written(span.parent)


def test_outside_of_everything_there_is_no_trace() -> None:
    assert tracing.here() is None


def test_a_request_has_a_trace_though_nobody_records_it() -> None:
    with tracing.request("GET", "/courses", None):
        first = tracing.here()
    with tracing.request("GET", "/courses", None):
        second = tracing.here()
    assert first is not None
    assert second is not None
    assert first[3:35] != second[3:35]
    assert first.endswith("-00")


@pytest.mark.parametrize(
    "told", ["", "nonsense", "ff" + CALLER[2:], CALLER.replace(TRACE, "0" * 32), "x" * 10_000]
)
def test_what_is_no_trace_is_not_gone_on_with(told: str) -> None:
    with tracing.request("GET", "/courses", told):
        assert tracing.here() not in {None, told}
    with tracing.going_on("work", told):
        assert tracing.here() is None


def test_while_tracing_is_off_a_trace_goes_through_as_it_came() -> None:
    with tracing.request("GET", "/courses", CALLER):
        assert tracing.here() == CALLER
    with tracing.going_on("work", CALLER):
        assert tracing.here() == CALLER


def test_a_request_goes_on_in_its_callers_trace(spans: Spans) -> None:
    with tracing.request("GET", f"/employees/{SECRET}", CALLER) as span:
        inside = tracing.here()
        tracing.answered(span, "GET", "/employees/{employee_id}", 200)
    found = spans.one("GET /employees/{employee_id}")
    assert written(found.get_span_context()) == inside
    assert parent_of(found) == CALLER
    assert found.attributes == {
        "http.request.method": "GET",
        "http.route": "/employees/{employee_id}",
        "http.response.status_code": 200,
    }
    assert SECRET not in found.to_json()


def test_a_trace_its_caller_does_not_record_is_not_recorded(spans: Spans) -> None:
    with tracing.request("GET", "/courses", f"{CALLER[:-2]}00"):
        assert (tracing.here() or "")[-2:] == "00"
    assert not list(spans)


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_what_machines_ask_all_the_time_is_not_worth_a_span(spans: Spans, path: str) -> None:
    with tracing.request("GET", path, None):
        pass
    assert not list(spans)


def test_of_an_error_a_span_keeps_the_name_and_not_the_text(spans: Spans) -> None:
    with pytest.raises(ArithmeticError), tracing.going_on("work", CALLER, {"pieces": 3}):
        raise ArithmeticError(SECRET)
    span = spans.one("work")
    assert span.attributes == {"pieces": 3, "error.type": "ArithmeticError"}
    assert span.status.status_code is StatusCode.ERROR
    assert SECRET not in span.to_json()


def test_a_log_line_has_the_id_of_the_trace_it_was_written_in() -> None:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, "said", (), None)
    with tracing.going_on("work", CALLER):
        assert json.loads(JsonLines("tests").format(record))["trace_id"] == TRACE
    assert "trace_id" not in json.loads(JsonLines("tests").format(record))


async def test_a_web_application_tells_of_requests_by_their_routes(
    spans: Spans, database: Database
) -> None:
    async with asked_by_an_employee(build(database), database) as client:
        await client.get(f"/nothing/{NIP}?name={NIP}", headers={"traceparent": CALLER})
        await client.get("/bug")
        await client.get(f"/{NIP}")
        await client.request("POST", "/wishes", headers={"Authorization": ""})
    found = {span.name: (span.attributes or {})["http.response.status_code"] for span in spans}
    assert found == {
        "GET /nothing/{name}": 404,
        "GET /bug": 500,
        "GET none": 404,
        "POST none": 401,
    }
    assert trace_of(spans.one("GET /nothing/{name}")) == TRACE
    for span in spans:
        assert NIP not in span.to_json()


def run(program: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


LOADED = """
import sys
from shared import service, tracing
tracing.set_up("tests", 1)
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "google.protobuf"))])
"""


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"},
    ],
)
def test_where_no_collector_is_named_nothing_of_the_sdk_is_loaded(
    environment: dict[str, str],
) -> None:
    assert run(LOADED, **environment).stdout.strip() == "[]"


FOREIGN = """
import sys
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from shared.service import NOT_ITS_OWN
with TestClient(FastAPI(telemetry=NOT_ITS_OWN)) as client:
    client.get("/")
print([name for name in sys.modules if name.startswith("opentelemetry.sdk")])
"""


def test_fastapi_sends_nothing_of_its_own_even_where_it_is_told_to() -> None:
    asked = {"FASTAPI_OTEL_AUTO_CONFIGURE": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://[::1]:1"}
    assert run(FOREIGN, **asked).stdout.strip() == "[]"


def test_where_the_sdk_is_missing_a_sentence_says_what_to_install() -> None:
    missing = "import sys\nsys.modules['opentelemetry.sdk'] = None\n"
    done = run(missing + LOADED, OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1")
    assert done.returncode != 0
    assert "install kinerja[tracing]" in done.stderr


def test_another_protocol_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with pytest.raises(ValueError, match="http/protobuf is all that is spoken here"):
        tracing.set_up("tests", 1)
    assert switch.tracer is None


def test_a_collector_that_is_away_holds_nothing_up_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")

    async def life() -> float:
        tracing.set_up("tests", 1)
        with tracing.request("GET", "/courses", None):
            pass
        began = asyncio.get_running_loop().time()
        await tracing.shut_down()
        return asyncio.get_running_loop().time() - began

    assert asyncio.run(life()) < 10
    assert switch.tracer is None
