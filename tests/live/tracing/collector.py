"""A collector: takes spans over OTLP/HTTP, as protobuf, and keeps them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue


@dataclass(frozen=True, slots=True)
class Span:
    """What a collector knows of a span; ids are hexadecimal digits."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, str | int]
    links: tuple[str, ...]


@dataclass(slots=True)
class Collector:
    """All that came in.

    Attributes:
        url: where it listens.
        bodies: every request, as it came.
    """

    url: str
    bodies: list[bytes] = field(default_factory=list)

    def spans(self) -> list[Span]:
        """Everything it was told, in the order it came."""
        return [span for body in self.bodies for span in _spans(body)]


def _spans(body: bytes) -> Iterator[Span]:
    for of_service in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = _plain(of_service.resource.attributes)["service.name"]
        for scope in of_service.scope_spans:
            for span in scope.spans:
                yield Span(
                    service=str(service),
                    name=span.name,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    attributes=_plain(span.attributes),
                    links=tuple(link.span_id.hex() for link in span.links),
                )


def _plain(attributes: "Iterator[KeyValue] | object") -> dict[str, str | int]:
    found: dict[str, str | int] = {}
    for one in attributes:  # type: ignore[attr-defined]  # protobuf's own kind of list
        value = one.value
        found[one.key] = value.string_value if value.HasField("string_value") else value.int_value
    return found


@contextmanager
def listening(port: int = 0) -> Iterator[Collector]:
    """A collector on a port of this machine, any that is free unless one is named."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # http.server's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            good = self.path == "/v1/traces"
            good &= self.headers["Content-Type"] == "application/x-protobuf"
            if good:
                found.bodies.append(body)
            self.send_response(200 if good else 400)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """It has nothing to say."""

    with ThreadingHTTPServer(("127.0.0.1", port), Door) as server:
        found = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
