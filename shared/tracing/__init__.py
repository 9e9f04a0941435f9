"""Traces that follow a fact from the import over Kafka to the inbox row; off unless asked for.

A request begins a trace, or goes on with its caller's. What it begins goes on in the same trace:
its W3C trace context lies with the import, then in the headers of every fact (`traceparent`).
Ids go with facts and into logs always; spans are made, and OpenTelemetry's SDK is loaded, only
where OTEL_EXPORTER_OTLP_ENDPOINT says who gets them. Spans tell of types, counts and opaque
ids: never of a person, a path as it was typed or an error's text.
"""

from shared.tracing.facts import batch, follow, kept, sending, told
from shared.tracing.work import answered, going_on, here, request, set_up, shut_down

__all__ = [
    "answered",
    "batch",
    "follow",
    "going_on",
    "here",
    "kept",
    "request",
    "sending",
    "set_up",
    "shut_down",
    "told",
]
