"""What FastAPI cannot know of our routes: who may ask, and how they answer what goes wrong."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict

from shared.http import PROBLEM, Asks

BEARER: Final = "bearer"
_ANSWERS: Final = {
    "401": "No valid bearer token came with the request.",
    "403": "The token's roles do not allow this.",
    "404": "Absent, or not for the one who asks: both answer alike.",
    "422": "The request has to be corrected: `field` or `errors` say where.",
    "503": "Data or sign-in are out of reach for now: try again soon.",
}
_WITH_TOKEN: Final = ("401", "403", "503")


class ProblemOut(BaseModel):
    """An error (RFC 9457). `code` is for programs, `detail` says what to do."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str
    title: str
    status: int
    code: str
    detail: str
    field: str | None = None


def roles_of(dependant: Dependant) -> frozenset[str] | None:
    """Who may ask a route: role names, or None where it asks for no token."""
    for asked in _all_calls(dependant):
        if isinstance(asked, Asks):
            return frozenset(asked.roles)
    return None


def complete(app: FastAPI) -> None:
    """Make `app.openapi()` say for each route who may ask and which problems it answers.

    A route names only what is its own: `responses={413: {"description": "…"}}` is enough.
    """
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            _complete(document, app)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation does it


def _complete(document: dict[str, Any], app: FastAPI) -> None:
    for route in iter_route_contexts(app.routes):
        operations = document["paths"].get(route.path_format, {})
        for method in route.methods or ():
            operation = operations.get(method.lower())
            if operation is not None:
                _complete_operation(operation, roles_of(route.dependant))
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = ProblemOut.model_json_schema()
    components["securitySchemes"] = {
        BEARER: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }


def _complete_operation(operation: dict[str, Any], roles: frozenset[str] | None) -> None:
    answers = operation["responses"]
    named = ["422"] if "422" in answers else []
    if roles is not None:
        operation["security"] = [{BEARER: []}]
        operation["x-roles"] = sorted(roles)
        named += _WITH_TOKEN
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", ())):
        named.append("404")
    for status in named:
        answers[status] = {"description": _ANSWERS[status]}
    for status, answer in answers.items():
        if status >= "400":
            answer["content"] = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] = dict(sorted(answers.items()))


def _all_calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _all_calls(inner)
