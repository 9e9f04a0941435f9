"""Sends spans to a collector over OTLP (http/protobuf); imported only where one is named.

Where, how and how many is said by OpenTelemetry's own variables: OTEL_EXPORTER_OTLP_…,
OTEL_TRACES_SAMPLER, OTEL_BSP_….
"""

import os
from typing import Final

try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_NAMESPACE, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
except ImportError as missing:
    raise ValueError(
        "an OTLP endpoint is set, but OpenTelemetry's SDK is missing: install kinerja[tracing]"
    ) from missing

PROTOCOL: Final = "http/protobuf"
PROTOCOLS: Final = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")


def provider(service: str) -> TracerProvider:
    """What makes spans and sends them in the background; none is waited for.

    Raises:
        ValueError: another protocol is asked for.
    """
    asked = next(filter(None, map(os.environ.get, PROTOCOLS)), PROTOCOL)
    if asked != PROTOCOL:
        raise ValueError(f"OTEL_EXPORTER_OTLP_PROTOCOL: {PROTOCOL} is all that is spoken here")
    named = Resource.create({SERVICE_NAME: service, SERVICE_NAMESPACE: "kinerja"})
    made = TracerProvider(resource=named, shutdown_on_exit=False)
    made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return made
