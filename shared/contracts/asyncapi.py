"""AsyncAPI 3.0 of one service: which facts it tells and listens to, on which topics."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from shared.contracts import schemas
from shared.events import Data, Topic
from shared.events.topics import UNPACKED

Document = dict[str, Any]
Facts = tuple[type[Data], ...]

BINDING: Final = "0.5.0"
"""Version of AsyncAPI's Kafka bindings."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """What a service says of itself in its package: its docstring and its two declarations."""

    name: str
    text: str
    listens: Facts
    tells: Facts


def document(canvas: Canvas, *, version: str) -> Document:
    """The service's AsyncAPI document; it refers to nothing outside itself."""
    title, _, description = canvas.text.partition("\n")
    topics = _by_topic((*canvas.tells, *canvas.listens))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": title.rstrip("."),
            "version": version,
            "description": description.strip(),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic, facts) for topic, facts in topics.items()},
        "operations": _operations(canvas),
        "components": {
            "messages": {fact.type: _message(fact) for facts in topics.values() for fact in facts},
            "schemas": schemas.components(fact for facts in topics.values() for fact in facts)
            | {"Headers": _headers()},
        },
    }


def _by_topic(facts: Iterable[type[Data]]) -> dict[Topic, Facts]:
    named = {fact.type: fact for fact in facts}
    ordered = [named[name] for name in sorted(named)]
    topics = sorted({fact.topic for fact in ordered}, key=lambda topic: topic.name)
    return {topic: tuple(fact for fact in ordered if fact.topic == topic) for topic in topics}


def _channel(topic: Topic, facts: Facts) -> Document:
    return {
        "address": topic.name,
        "messages": {fact.type: {"$ref": f"#/components/messages/{fact.type}"} for fact in facts},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": BINDING,
            }
        },
    }


def _configuration(topic: Topic) -> Document:
    """The topic's settings with the types the binding asks for: a list and numbers.

    The binding has no word for how the broker keeps records.
    """
    return {
        name: value.split(",") if name == "cleanup.policy" else int(value)
        for name, value in sorted(topic.settings.items())
        if name not in UNPACKED
    }


def _operations(canvas: Canvas) -> Document:
    sends = {
        f"tell.{topic.name}": {"action": "send"} | _about(topic, facts)
        for topic, facts in _by_topic(canvas.tells).items()
    }
    receives = {
        f"listen.{topic.name}": {"action": "receive"}
        | _about(topic, facts)
        | {
            "bindings": {
                "kafka": {
                    "groupId": {"type": "string", "const": canvas.name},
                    "bindingVersion": BINDING,
                }
            },
            "x-dead-letter-topic": topic.dead.name,
        }
        for topic, facts in _by_topic(canvas.listens).items()
    }
    return sends | receives


def _about(topic: Topic, facts: Facts) -> Document:
    channel = f"#/channels/{topic.name}"
    return {
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{fact.type}"} for fact in facts],
    }


def _message(fact: type[Data]) -> Document:
    return {
        "name": fact.type,
        "title": fact.__name__,
        "summary": schemas.summary(fact),
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"$ref": f"#/components/schemas/{fact.__name__}"},
        "bindings": {
            "kafka": {
                "key": {
                    "type": "string",
                    "format": "uuid",
                    "description": f"The data's `{fact.key_field}`.",
                },
                "bindingVersion": BINDING,
            }
        },
    }


def _headers() -> Document:
    return {
        name: value for name, value in schemas.headers().items() if name not in ("$schema", "$id")
    }
