"""How commands reach the broker: the one named, the environment's, else the embedded stack's."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any, TypeVar

import typer
from aiokafka.errors import KafkaError
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from deploy.cli.installation import is_production, this_stack
from deploy.cli.texts import say
from deploy.cli.trouble import Trouble
from shared.broker import access
from shared.settings import CommonSettings

T = TypeVar("T")
Client = Mapping[str, Any]
"""aiokafka's connection settings; a password is among them where the broker asks for one."""
Servers = Annotated[str | None, typer.Option(help="Brokers: host:port, comma-separated.")]


def client_of(servers: str | None) -> Client:
    """The connection settings for these brokers, or for those the environment knows.

    How they are protected, and as whom they are asked, the environment says as it does to services
    (`KINERJA_KAFKA_PROTOCOL` and so on).

    Raises:
        Trouble: it knows none, or what it says does not fit together.
    """
    named = servers or os.environ.get("KINERJA_KAFKA_SERVERS")
    if named is None and is_production(os.environ):
        raise Trouble(say("topics.servers_needed"))
    addresses = (named or this_stack().kafka_servers).split(",")
    try:
        found = access(CommonSettings())
    except ValidationError as error:
        raise Trouble(say("topics.settings_wrong"), tuple(map(_said, error.errors()))) from None
    return {"bootstrap_servers": addresses, "client_id": "kinerja", **found}


def _said(error: ErrorDetails) -> str:
    """What is wrong with a setting: its name where the text does not begin with it."""
    text = error["msg"].removeprefix("Value error, ")
    return ": ".join([*map(str, error["loc"]), text])


def reaching(client: Client, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Do what needs the broker; where it cannot be reached one line says so."""
    try:
        return asyncio.run(work())
    except (KafkaError, OSError) as error:
        servers = ",".join(client["bootstrap_servers"])
        raise Trouble(say("topics.failed", servers=servers, reason=type(error).__name__)) from error
