"""Facts in traces: told, sent, handled in batches, and what is kept because of them."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, TypeVar
from uuid import UUID

import msgspec
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, Tracer

from shared.events import Data, Fact
from shared.tracing.work import Attributes, context_of, current, switch, written

D = TypeVar("D", bound=Data)

LINKS: Final = 128
"""The most links a span keeps by the standard."""
BATCH_SIZE: Final = "messaging.batch.message_count"
SENDS: Final[Attributes] = {"messaging.system": "kafka", "messaging.operation.type": "send"}
PROCESSES: Final[Attributes] = {"messaging.system": "kafka", "messaging.operation.type": "process"}


def told(facts: Sequence[Fact[D]]) -> Sequence[Fact[D]]:
    """Note that facts are told; gives them as they are to be told.

    Of facts that begin at one place only some stay sampled, evenly: a trace of twenty thousand
    people would be shown by no collector. What follows from those is followed to its end.
    """
    if switch.tracer is None:
        return facts
    for kind, count in Counter(fact.data.type for fact in facts).items():
        about: Attributes = {"cloudevents.event_type": kind, "kinerja.facts": count}
        trace.get_current_span().add_event("facts told", about)
    alike: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, fact in enumerate(facts):
        if fact.traceparent and _is_sampled(fact.traceparent):
            alike[fact.traceparent, fact.data.type].append(place)
    thinned = list(facts)
    for (traceparent, _), places in alike.items():
        step = -(-len(places) // switch.facts) if switch.facts else 0
        for number, place in enumerate(places):
            if not step or number % step:
                silent = f"{traceparent[:-2]}00"
                thinned[place] = msgspec.structs.replace(facts[place], traceparent=silent)
    return thinned


@contextmanager
def sending(traceparents: Iterable[str | None], count: int) -> Iterator[Span]:
    """Facts on their way to Kafka, linked to the traces they are of."""
    if switch.tracer is None:
        yield trace.INVALID_SPAN
        return
    sampled = dict.fromkeys(one for one in traceparents if one and _is_sampled(one))
    links = [Link(_span_in(context_of(one))) for one in islice(sampled, LINKS)]
    about = {**SENDS, BATCH_SIZE: count}
    span = switch.tracer.start_span("send facts", None, SpanKind.PRODUCER, about, links)
    with current(span):
        yield span


@dataclass(slots=True)
class _Batch:
    """A batch under way.

    Attributes:
        span: its own span.
        about: what holds for all its spans.
        following: by fact, what goes on because of it is below this.
        waiting: spans of what will have happened once the batch is kept, and not before.
    """

    span: Span
    about: Attributes
    following: dict[UUID, Context] = field(default_factory=dict)
    waiting: list[Span] = field(default_factory=list)

    def begin(self, name: str, parent: Context, kind: SpanKind, about: Attributes) -> Span:
        """Begin a span that ends, and so is sent, when the batch is kept."""
        tracer: Tracer = switch.tracer or trace.NoOpTracer()
        link = Link(self.span.get_span_context())
        self.waiting.append(tracer.start_span(name, parent, kind, about, [link]))
        return self.waiting[-1]

    def follow(self, fact: Fact[D]) -> Fact[D]:
        """The fact as its handler gets it: what follows from it is below its own span."""
        if not fact.traceparent or not _is_sampled(fact.traceparent):
            return fact
        about = {
            **self.about,
            "messaging.destination.name": fact.data.topic.name,
            "cloudevents.event_type": fact.data.type,
            "cloudevents.event_id": str(fact.id),
        }
        parent = context_of(fact.traceparent)
        self.span.add_link(_span_in(parent))
        span = self.begin(f"process {fact.data.type}", parent, SpanKind.CONSUMER, about)
        self.following[fact.id] = trace.set_span_in_context(span, Context())
        return msgspec.structs.replace(fact, traceparent=written(span.get_span_context()))


_under_way: Final[ContextVar[_Batch | None]] = ContextVar("batch", default=None)


@asynccontextmanager
async def batch(service: str, size: int) -> AsyncIterator[None]:
    """A batch of records until it is kept; of one that fails only its own span is left."""
    if switch.tracer is None:
        yield
        return
    about = {**PROCESSES, "messaging.consumer.group.name": service}
    span = switch.tracer.start_span(
        "process batch", None, SpanKind.CONSUMER, {**about, BATCH_SIZE: size}
    )
    with current(span):
        own = _Batch(span, about)
        before = _under_way.set(own)
        try:
            yield
        finally:
            _under_way.reset(before)
        for one in own.waiting:
            one.end()


def follow(facts: Sequence[Fact[D]]) -> Sequence[Fact[D]]:
    """The facts of the batch as their handler gets them: each that is sampled with its own span."""
    own = _under_way.get()
    return facts if own is None else [own.follow(fact) for fact in facts]


def kept(name: str, effects: Iterable[tuple[Fact[D], Attributes]]) -> None:
    """Note what is kept because of facts of this batch; `name` says what it is, in general."""
    own = _under_way.get()
    if own is None:
        return
    for fact, about in effects:
        if (parent := own.following.get(fact.id)) is not None:
            own.begin(name, parent, SpanKind.INTERNAL, about)


def _is_sampled(traceparent: str) -> bool:
    return bool(int(traceparent[-2:], 16) & trace.TraceFlags.SAMPLED)


def _span_in(context: Context) -> SpanContext:
    return trace.get_current_span(context).get_span_context()
