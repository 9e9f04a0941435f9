"""The import contracts bite: a small house like ours, broken on purpose in many ways at once."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
ROOMS = ("app", "handlers", "routes", "clock", "rules", "store", "models", "settings", "data")
SERVICES = {
    "appraisal": (*ROOMS, "workbooks"),
    "training": ROOMS,
    "notifications": (*ROOMS, "channels"),
    "portal": ("app", "pages", "clients", "settings"),
}
SHARED = ("kafka", "outbox", "http", "database", "events/appraisal")

BROKEN = {
    "services/training/store.py": ("import services.training.handlers", "rooms"),
    "services/training/routes.py": ("import services.training.handlers", "rooms"),
    "services/training/settings.py": ("import services.training.rules", "rooms"),
    "services/appraisal/workbooks.py": ("from services.appraisal import app", "rooms"),
    "services/portal/clients.py": ("from services.portal import pages", "portal"),
    "services/portal/pages.py": ("import sqlalchemy", "portal-keeps-nothing"),
    "services/training/migrations/env.py": ("import services.training.store", "migrations"),
    "services/training/handlers.py": ("from services.appraisal import models", "neighbours"),
    "services/portal/app.py": ("import services.training.routes", "neighbours"),
    "shared/kafka.py": ("import services.training.models", "floor"),
    "shared/http.py": ("import deploy.cli", "floor"),
    "services/training/clock.py": ("import deploy.cli", "deploy"),
    "shared/events/appraisal.py": ("import pydantic", "facts"),
    "shared/events/__init__.py": ("import shared.kafka", "facts"),
    "services/training/rules.py": ("import sqlalchemy", "rules"),
    "services/appraisal/rules.py": ("import asyncio", "rules"),
    "services/notifications/rules.py": ("import shared.outbox", "rules"),
    "services/training/data.py": ("import services.training.models", "rooms"),
}


def house(root: Path) -> Path:
    """A house in `root` with every room, all empty, and our own contracts."""
    modules = [f"services/{name}/{room}" for name, rooms in SERVICES.items() for room in rooms]
    modules += [f"services/{name}/migrations/env" for name in SERVICES if name != "portal"]
    modules += [f"shared/{name}" for name in SHARED] + ["deploy/cli/app"]
    for module in modules:
        file = root / f"{module}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    for package in {folder for module in modules for folder in (root / module).parents}:
        if package.is_relative_to(root) and package != root:
            (package / "__init__.py").touch()
    (root / "tests/architecture").mkdir(parents=True)
    shutil.copy(Path(__file__).with_name("only.py"), root / "tests/architecture")
    shutil.copy(PROJECT / "pyproject.toml", root)
    return root


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Run `lint-imports` there, as `make check` does here."""
    run = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", run],
        cwd=root,
        env={"PATH": "", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def names() -> dict[str, str]:
    """The contracts' names by their ids."""
    from importlinter.api import read_configuration  # noqa: PLC0415 - configures itself on import

    contracts = read_configuration(str(PROJECT / "pyproject.toml"))["contracts_options"]
    return {contract["id"]: contract["name"] for contract in contracts}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = house(tmp_path_factory.mktemp("broken"))
    for file, (line, _) in BROKEN.items():
        with (root / file).open("a") as module:
            module.write(f"{line}\n")
    (root / "services/training/utils.py").touch()
    (root / "services/portal/store.py").touch()
    checked = lint(root)
    assert checked.returncode == 1, checked.stderr
    return checked.stdout


def test_a_house_with_all_its_rooms_keeps_every_contract(tmp_path: Path) -> None:
    checked = lint(house(tmp_path))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"Contracts: {len(names())} kept, 0 broken." in checked.stdout


def test_every_contract_is_broken_here_at_least_once() -> None:
    assert {contract for _, contract in BROKEN.values()} == set(names())


@pytest.mark.parametrize(("file", "line", "contract"), [(f, *b) for f, b in BROKEN.items()])
def test_a_wrong_import_breaks_its_contract(
    broken: str, file: str, line: str, contract: str
) -> None:
    name = names()[contract]
    assert f"{name} BROKEN" in broken
    importer = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    imported = line.removeprefix("import ").removeprefix("from ").replace(" import ", ".")
    heading = f"{name}\n{'-' * len(name)}\n"
    assert heading in broken
    section = broken.rpartition(heading)[2].partition("\n---")[0]
    assert any(importer in said and imported in said for said in section.splitlines()), section


@pytest.mark.parametrize("stranger", ["services.training.utils", "services.portal.store"])
def test_a_room_nobody_planned_breaks_the_build(broken: str, stranger: str) -> None:
    assert stranger in broken
