"""The schema the migrations make is the one the models mean."""

from pathlib import Path

import pytest
from alembic import command

from shared.migrations import configuration
from tests.services.assembly import own_environment
from tests.services.stage import SERVICES

every_service = pytest.mark.parametrize("name", SERVICES)


@every_service
def test_models_say_nothing_that_no_migration_made(name: str, empty_databases: Path) -> None:
    with own_environment(name, empty_databases):
        command.check(configuration(name))


@every_service
def test_what_was_made_can_be_taken_back_and_made_again(name: str, tmp_path: Path) -> None:
    with own_environment(name, tmp_path):
        for revision in ("head", "base", "head"):
            step = command.downgrade if revision == "base" else command.upgrade
            step(configuration(name), revision)
        command.check(configuration(name))
