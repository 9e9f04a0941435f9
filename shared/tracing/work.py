"""What goes on now, and in which trace: requests, and work that goes on later or elsewhere."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Protocol

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

Attributes = Mapping[str, str | int]

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""Either of them, the standard's own, switches tracing on."""
OPERATION: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines every few seconds: not worth a span."""


class Provider(Protocol):
    """Makes tracers; the SDK's."""

    def get_tracer(self, instrumenting_module_name: str) -> trace.Tracer:
        """A tracer."""

    def shutdown(self) -> None:
        """Send what waits, for as long as its own time limit lets it."""


@dataclass(slots=True)
class Switch:
    """Whether spans are made, and how many.

    Attributes:
        provider: who makes tracers; None where tracing is off.
        tracer: who makes spans; None where tracing is off.
        facts: how many facts of one type, told at once, are followed one by one.
    """

    provider: Provider | None = None
    tracer: trace.Tracer | None = None
    facts: int = 0

    def on(self, provider: Provider, facts: int) -> None:
        """Make spans from now on."""
        self.provider, self.tracer, self.facts = provider, provider.get_tracer("kinerja"), facts

    def off(self) -> Provider | None:
        """Make no more; gives the provider, which may still have some to send."""
        provider, self.provider, self.tracer = self.provider, None, None
        return provider


switch: Final = Switch()
_propagator: Final = TraceContextTextMapPropagator()


def set_up(service: str, facts: int) -> None:
    """Send spans where the environment says, if it does.

    Raises:
        ValueError: the environment asks for what is not there.
    """
    wanted = any(os.environ.get(name) for name in ENDPOINTS)
    if not wanted or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return
    from shared.tracing import collector  # noqa: PLC0415  # memory and time nobody pays unasked

    switch.on(collector.provider(service), facts)


async def shut_down() -> None:
    """Send what waits and make no more spans."""
    provider = switch.off()
    if provider is not None:
        await asyncio.to_thread(provider.shutdown)


def here() -> str | None:
    """The trace context of what is going on, as it goes with facts and calls; None: there is none.

    Its flags, the last two digits, say whether it is recorded.
    """
    context = trace.get_current_span().get_span_context()
    return written(context) if context.is_valid else None


@contextmanager
def request(method: str, path: str, traceparent: str | None) -> Iterator[Span]:
    """A request from its arrival to its end, in its caller's trace or a new one."""
    parent = context_of(traceparent)
    if switch.tracer is None or path in OPERATION:
        context = trace.get_current_span(parent).get_span_context()
        span: Span = NonRecordingSpan(context if context.is_valid else _new())
    else:
        about = {"http.request.method": method}
        span = switch.tracer.start_span(method, parent, SpanKind.SERVER, about)
    with current(span):
        yield span


def answered(span: Span, method: str, route: str, status: int) -> None:
    """Note how a request was answered; `route` as it is declared."""
    if span.is_recording():
        span.update_name(f"{method} {route}")
        span.set_attributes({"http.route": route, "http.response.status_code": status})
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            span.set_status(StatusCode.ERROR)


@contextmanager
def going_on(name: str, traceparent: str | None, about: Attributes | None = None) -> Iterator[None]:
    """Work that goes on in a trace begun elsewhere, or earlier."""
    parent = context_of(traceparent)
    if switch.tracer is None:
        span: Span = NonRecordingSpan(trace.get_current_span(parent).get_span_context())
    else:
        span = switch.tracer.start_span(name, parent, attributes=about)
    with current(span):
        yield


@contextmanager
def current(span: Span) -> Iterator[None]:
    """Make a span the current one until its end; of an error it keeps the name, not the text."""
    try:
        with trace.use_span(span, record_exception=False, set_status_on_exception=False):
            yield
    except BaseException as error:
        span.set_attribute("error.type", type(error).__name__)
        span.set_status(StatusCode.ERROR)
        raise
    finally:
        span.end()


def context_of(traceparent: str | None) -> Context:
    """What a `traceparent` says; nothing where it is none."""
    return _propagator.extract({"traceparent": traceparent} if traceparent else {}, Context())


def written(context: SpanContext) -> str:
    """A `traceparent`."""
    identity = trace.format_trace_id(context.trace_id)
    return f"00-{identity}-{trace.format_span_id(context.span_id)}-{context.trace_flags:02x}"


def _new() -> SpanContext:
    """A trace nobody records: its id still joins the logs of all services."""
    return SpanContext(
        trace_id=int.from_bytes(os.urandom(16)),
        span_id=int.from_bytes(os.urandom(8)),
        is_remote=False,
    )
