"""What the architecture tests look at: our source, and what may be wrong with a line of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[2]
SERVICES = PROJECT / "services"
CLOCKS = {"now", "utcnow", "today"}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "lib"}
SERVICE_NAMES = sorted(
    folder.name for folder in SERVICES.iterdir() if folder.is_dir() and any(folder.rglob("*.py"))
)


def modules(*folders: Path) -> list[Path]:
    """Every Python file below the folders."""
    return sorted(file for folder in folders for file in folder.rglob("*.py"))


def rooms(service: str) -> set[str]:
    """The names of a service's modules and packages; folders without Python are no rooms."""
    found = (SERVICES / service).iterdir()
    return {
        child.stem
        for child in found
        if child.suffix == ".py" or (child.is_dir() and any(child.rglob("*.py")))
    } - {"__init__"}


def room(service: str, name: str) -> list[Path]:
    """The files of one room, be it a module or a package."""
    return [
        *(SERVICES / service).glob(f"{name}.py"),
        *modules(SERVICES / service / name),
    ]


def impurities(source: str) -> Iterator[str]:
    """What a rule must not do: wait, or read a clock."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.AsyncFunctionDef() | ast.AsyncFor() | ast.AsyncWith() | ast.Await():
                yield f"line {node.lineno}: a rule never waits"
            case ast.comprehension(is_async=1, target=target):
                yield f"line {target.lineno}: a rule never waits"
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in CLOCKS:
                yield f"line {node.lineno}: a rule never reads a clock, time comes in"
            case ast.Attribute(attr=attr, value=ast.Name(id=of) | ast.Attribute(attr=of)) if (
                attr in CLOCKS and of in ("date", "datetime", "time")
            ):
                yield f"line {node.lineno}: a rule never reads a clock, not even later"
            case ast.Call(func=ast.Name(id="open")):
                yield f"line {node.lineno}: a rule opens no file"


def subscriptions(source: str) -> Iterator[tuple[int, bool]]:
    """Each `.subscriber(…)` call: its line, and whether it says NACK_ON_ERROR itself."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr="subscriber"), keywords=keywords):
                said = {word.arg: ast.unparse(word.value) for word in keywords}
                yield node.lineno, said.get("ack_policy") == "AckPolicy.NACK_ON_ERROR"


def imports(source: str) -> set[str]:
    """The modules a file imports, by their full names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names}
            case ast.ImportFrom(module=module, level=level):
                found.add("." * level + (module or ""))
    return found
