"""All contract files, made from the code as it is now.

Nothing here names a service: it asks every package below `services/` what it says of itself.
"""

import inspect
import json
import os
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Final

from fastapi import FastAPI

from shared.contracts import asyncapi, schemas
from shared.contracts.asyncapi import Canvas
from shared.events import KNOWN

FOLDER: Final = Path(__file__).parent
PROJECT: Final = FOLDER.parents[1]
LENT: Final = {
    "database_url": "sqlite+aiosqlite:///:memory:",
    "portal_url": "http://127.0.0.1",
    "sender": "Kinerja <kinerja@agency.example>",
}
"""Values of required knobs that have a form; they start nothing."""


def files() -> dict[str, str]:
    """Every contract's text by its path below this folder."""
    return {path: _text(contract) for path, contract in _contracts()}


def write(folder: Path = FOLDER) -> list[str]:
    """Write all contracts into a folder and remove those that are no more; their paths."""
    made = files()
    for old in stale(folder, made):
        (folder / old).unlink()
    for path, text in made.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return sorted(made)


def stale(folder: Path, made: dict[str, str]) -> list[str]:
    """Contracts that lie in a folder although nothing makes them any more."""
    lying = {file.relative_to(folder).as_posix() for file in folder.rglob("*.json")}
    return sorted(lying - made.keys())


def canvases() -> list[Canvas]:
    """What every service says of itself, by name."""
    found = []
    for module in iter_modules([str(PROJECT / "services")]):
        package = import_module(f"services.{module.name}")
        text = inspect.cleandoc(package.__doc__ or "")
        found.append(Canvas(module.name, text, package.LISTENS, package.TELLS))
    return sorted(found, key=lambda canvas: canvas.name)


def _contracts() -> Iterator[tuple[str, dict[str, Any]]]:
    with (PROJECT / "pyproject.toml").open("rb") as file:
        version = tomllib.load(file)["project"]["version"]
    yield "headers.json", schemas.headers()
    for name, data in KNOWN.items():
        yield f"events/{name}.json", schemas.event(data)
    for canvas in canvases():
        if canvas.listens or canvas.tells:
            document = asyncapi.document(canvas, version=version)
            yield f"{canvas.name}.asyncapi.json", document
        if find_spec(f"services.{canvas.name}.app") and (answers := _openapi(canvas.name)):
            yield f"{canvas.name}.openapi.json", answers


def _openapi(service: str) -> dict[str, Any] | None:
    """What the service's own application says; it is only assembled here, never started.

    None where it answers with pages for people.
    """
    os.environ.setdefault("KINERJA_PROFILE", "embedded")
    knobs = import_module(f"services.{service}.settings").Settings
    for name, knob in knobs.model_fields.items():
        if knob.is_required():
            variable = f"{knobs.model_config.get('env_prefix', '')}{name}".upper()
            os.environ.setdefault(
                variable, LENT.get(name, "lent to be assembled, never to be started")
            )
    app = import_module(f"services.{service}.app").app
    return dict(app.openapi()) if isinstance(app, FastAPI) else None


def _text(contract: dict[str, Any]) -> str:
    in_order = "openapi" in contract  # FastAPI's order follows that of imports, ours the fields'
    return json.dumps(contract, indent=2, ensure_ascii=False, sort_keys=in_order) + "\n"
