"""How the services of a stage are put together, and where their databases lie."""

import logging
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from services.appraisal import routes as appraisal_routes
from services.appraisal.settings import Settings as AppraisalSettings
from services.appraisal.store import Vault
from services.notifications import handlers as notifications_handlers
from services.notifications import routes as notifications_routes
from services.notifications.settings import Settings as NotificationsSettings
from services.training import handlers as training_handlers
from services.training import routes as training_routes
from services.training.settings import Settings as TrainingSettings
from shared import database as databases
from shared import http, service
from shared.database import Database
from shared.settings import CommonSettings, ServiceSettings
from tests.services.issuer import ISSUER, Issuer
from tests.services.stage import SECRET, SERVICES, Stage, Staged

NEEDED: dict[str, dict[str, Any]] = {
    "appraisal": {"secret_key": SECRET},
    "training": {},
    "notifications": {
        "portal_url": "https://portal.example",
        "smtp_host": "127.0.0.1",
        "smtp_tls": "none",
        "sender": "Kinerja <kinerja@surat.example>",
        "address_pattern": "{id}@pegawai.example",
    },
}
SETTINGS: dict[str, type[ServiceSettings]] = {
    "appraisal": AppraisalSettings,
    "training": TrainingSettings,
    "notifications": NotificationsSettings,
}


@contextmanager
def _own_logs() -> Iterator[None]:
    """A service sets logs up for its process; a test keeps pytest's."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        for handler in root.handlers:
            if handler not in handlers:
                handler.close()
        root.handlers, root.level = handlers, level


ROUTES = {
    "appraisal": appraisal_routes.api,
    "training": training_routes.api,
    "notifications": notifications_routes.api,
}
LISTENING = {
    "training": training_handlers.listening,
    "notifications": notifications_handlers.listening,
}
Kind = tuple[str, int]
_idle: defaultdict[Kind, list[FastAPI]] = defaultdict(list)
"""Applications no test uses now: to assemble one takes longer than most tests."""


def _staged(name: str, settings: Any, issuer: Issuer) -> Staged:
    database = databases.connect(settings)
    largest = http.LARGEST_BODY
    if name == "appraisal":
        largest = settings.largest_file + appraisal_routes.FORM
    kind = (name, largest)
    app = _idle[kind].pop() if _idle[kind] else _assembled(kind, settings, database)
    app.state.kind = kind
    app.state.database = database
    app.state.tokens = issuer.tokens(settings.common)
    if name == "appraisal":
        app.state.desk = appraisal_routes.Desk(settings, Vault(SECRET))
    return Staged(name, settings, database, app, LISTENING.get(name))


def _assembled(kind: Kind, settings: Any, database: Database) -> FastAPI:
    name, largest = kind
    with _own_logs():
        return service.build(
            name,
            settings,
            database,
            ROUTES[name],
            listening=LISTENING.get(name),
            largest_body=largest,
        )


def _url(name: str, folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / name}.db"


def _settings(name: str, folder: Path, **knobs: Any) -> ServiceSettings:
    """Knobs of a service, as no environment says them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KINERJA_PROFILE", "embedded")
        patch.setenv("KINERJA_ISSUER", ISSUER)
        known = {"database_url": _url(name, folder), **NEEDED[name]}
        settings = SETTINGS[name](**known | knobs)
        settings.common = CommonSettings()
    return settings


def build(folder: Path, issuer: Issuer, **knobs: dict[str, Any]) -> Stage:
    """Services whose databases lie in the folder; `knobs` by service."""
    staged = {
        name: _staged(name, _settings(name, folder, **knobs.get(name, {})), issuer)
        for name in SERVICES
    }
    return Stage(folder, issuer, staged)


@contextmanager
def own_environment(name: str, folder: Path) -> Iterator[None]:
    """The environment a service of the stage has where it reads its knobs itself."""
    with pytest.MonkeyPatch.context() as patch, _own_logs():
        patch.setenv("KINERJA_PROFILE", "embedded")
        for knob, value in {"database_url": _url(name, folder), **NEEDED[name]}.items():
            patch.setenv(f"{name}_{knob}".upper(), value)
        yield


@asynccontextmanager
async def staged(
    folder: Path, of: Path, issuer: Issuer, **knobs: dict[str, Any]
) -> AsyncIterator[Stage]:
    """Services on copies of the databases in another folder."""
    _copy(of, folder)
    found = build(folder, issuer, **knobs)
    try:
        yield found
    finally:
        await found.close()
        for one in found.services.values():
            _idle[one.app.state.kind].append(one.app)


def _copy(of: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name in SERVICES:
        shutil.copy(of / f"{name}.db", folder / f"{name}.db")
