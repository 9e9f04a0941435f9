"""`kinerja acls`: rights as they are declared, compared with a broker's and brought to it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import typer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError, SecurityDisabled, for_code
from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest

from deploy.cli.broker import Client, Servers, client_of, reaching
from deploy.cli.rights import Kind, Operation, Right, declared
from deploy.cli.terminal import console
from deploy.cli.texts import say
from deploy.cli.trouble import Trouble

app = typer.Typer(no_args_is_help=True, help="Who may do what on Kafka, as it is declared.")

ANY: Final = 1
LITERAL: Final = 3
ALLOW: Final = 3
EVERYWHERE: Final = "*"
READY_SECONDS: Final = 10.0
SETTLE_SECONDS: Final = 10.0
"""How long a broker may take to tell of rights it has just been given."""

Grant = tuple[int, str, int, str, str, int, int]
"""A right in Kafka's words: kind, name, pattern, principal, host, operation, permission."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a broker's rights are not as declared; `surplus` in Kafka's own words."""

    missing: list[Right]
    surplus: list[Grant]

    def __bool__(self) -> bool:
        return bool(self.missing or self.surplus)


def grant_of(right: Right) -> Grant:
    """The right in Kafka's words."""
    return (
        *(right.kind.value, right.name, LITERAL),
        *(right.principal, EVERYWHERE, right.operation.value, ALLOW),
    )


def shown(grant: Grant) -> str:
    """A right somebody else granted, or declared before, for people."""
    kind, name, pattern, principal, host, operation, permission = grant
    words = [
        principal.removeprefix("User:") + ":",
        *([] if permission == ALLOW else ["DENY"]),
        _name(Operation, operation),
        _name(Kind, kind).lower(),
        name + ("" if pattern == LITERAL else "*"),
        *([] if host == EVERYWHERE else [f"from {host}"]),
    ]
    return " ".join(words)


def _name(kinds: type[Kind] | type[Operation], number: int) -> str:
    return next((one.name for one in kinds if one == number), f"#{number}")


async def difference(client: Client) -> Difference:
    """Compare what is declared with what the broker grants to the same users."""
    async with _connected(client) as ask:
        return await _difference(ask)


async def apply(client: Client) -> Difference:
    """Grant what is missing, then withdraw what is too many; gives what was changed."""
    async with _connected(client) as ask:
        found = await _difference(ask)
        for right in found.missing:
            _check((await ask(CreateAclsRequest(*grant_of(right)))).creation_responses)
        for grant in found.surplus:
            _check((await ask(DeleteAclsRequest(*grant))).filter_responses)
        ends = time.monotonic() + SETTLE_SECONDS
        while found and await _difference(ask) and time.monotonic() < ends:  # noqa: ASYNC110  # nobody tells us
            await asyncio.sleep(0.2)  # a broker learns what its controller was told a little later
        return found


async def _difference(ask: Callable[[Any], Any]) -> Difference:
    missing: list[Right] = []
    surplus: list[Grant] = []
    for user, rights in declared().items():
        wanted: Mapping[Grant, Right] = {grant_of(one): one for one in rights}
        held = await _held(ask, f"User:{user}")
        missing += sorted(wanted[grant] for grant in wanted.keys() - held)
        surplus += sorted(held - wanted.keys())
    return Difference(missing, surplus)


async def _held(ask: Callable[[Any], Any], principal: str) -> set[Grant]:
    answer = await ask(DescribeAclsRequest(ANY, None, ANY, principal, None, ANY, ANY))
    _check([(answer.error_code, answer.error_message)])
    return {
        (kind, name, pattern, who, host, operation, permission)
        for kind, name, pattern, held in answer.resources
        for who, host, operation, permission in held
    }


def _check(answers: Any) -> None:
    for code, _message, *_ in answers:
        if code:
            raise for_code(code)


@asynccontextmanager
async def _connected(client: Client) -> AsyncIterator[Callable[[Any], Any]]:
    """How to ask a broker; aiokafka's admin client knows these questions, but has no word for them.

    Raises:
        KafkaError: no broker answers.
    """
    connection = AIOKafkaClient(**client)
    try:
        await connection.bootstrap()
        node = connection.get_random_node()
        ends = time.monotonic() + READY_SECONDS
        while not await connection.ready(node):
            if time.monotonic() > ends:
                raise KafkaConnectionError
            await asyncio.sleep(0.1)

        async def ask(request: Any) -> Any:
            return await connection.send(node, request)

        yield ask
    finally:
        await connection.close()


@app.command("apply")
def bring(servers: Servers = None) -> None:
    """Grant what is declared and withdraw all else from the same users; again changes nothing."""
    client = client_of(servers)
    found = _reaching(client, lambda: apply(client))
    for right in found.missing:
        console.print(say("acls.granted", right=right), soft_wrap=True)
    for grant in found.surplus:
        console.print(say("acls.withdrawn", right=shown(grant)), soft_wrap=True)
    if not found:
        console.print(say("acls.same"))


@app.command("diff")
def compare(servers: Servers = None) -> None:
    """Show where the broker's rights are not as declared; exits 1 if they are not."""
    client = client_of(servers)
    found = _reaching(client, lambda: difference(client))
    for right in found.missing:
        console.print(say("acls.missing", right=right), soft_wrap=True)
    for grant in found.surplus:
        console.print(say("acls.surplus", right=shown(grant)), soft_wrap=True)
    if found:
        raise typer.Exit(1)
    console.print(say("acls.same"))


def _reaching(client: Client, work: Callable[[], Any]) -> Difference:
    async def over() -> Difference | None:
        try:
            found: Difference = await work()
        except SecurityDisabled:
            return None
        return found

    found = reaching(client, over)
    if found is None:
        raise Trouble(say("acls.no_authorizer"))
    return found
