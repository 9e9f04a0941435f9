"""`kinerja replay`: what it starts where, and the sentences it makes of what that says."""

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from deploy.cli import app
from deploy.cli.trouble import Trouble

PLAN = {"facts": 588, "missing": 12, "members": 0, "noted": 0, "dry_run": True}
DONE = {"facts": 588, "missing": 12, "told": 0, "otherwise": 0, "set_aside": 0, "noted": 3}
DOCKER = """#!/bin/sh
echo "$@" >>"{folder}/asked"
case "$*" in *--dry-run*) cat "{folder}/plan" ;; *) cat "{folder}/done" ;; esac
exit "$(cat "{folder}/code")"
"""


class Containers:
    """A docker on the path that says what it is told to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "docker"
        program.write_text(DOCKER.format(folder=folder))
        program.chmod(0o755)
        self.say("plan", {"result": PLAN})
        self.say("done", {"progress": {"done": 1, "of": 2}}, {"result": DONE})
        (folder / "code").write_text("0")

    def say(self, when: str, *lines: object, code: int = 0) -> None:
        words = "".join(f"{json.dumps(line)}\n" for line in lines)
        (self.folder / when).write_text(f"Container started\n[]\n{words}")
        (self.folder / "code").write_text(str(code))

    @property
    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text().splitlines()


@pytest.fixture
def containers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Containers:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return Containers(tmp_path)


def replay(*arguments: str) -> Result:
    return CliRunner().invoke(app.app, ["replay", *arguments])


def test_with_compose_it_runs_in_the_service_s_image_and_says_what_it_did(
    containers: Containers,
) -> None:
    ran = replay("training", "--compose", "--yes", "--again", "--since", "2026-11-24T08:00:00Z")
    assert ran.exit_code == 0, ran.output
    [asked] = containers.asked
    program, options = asked.split(" training shared.replay training ")
    assert program == "compose run --rm --no-deps -T"
    assert options == "--since 2026-11-24T08:00:00+00:00 --again"
    assert "training: 588 facts were selected, 12 were missing and are handled." in ran.output
    assert "noted as told before: 3." in ran.output


def test_a_dry_run_says_what_there_is_and_no_more(containers: Containers) -> None:
    ran = replay("notifications", "--compose", "--dry-run")
    assert "588 facts are selected, 12 of them are missing" in ran.output
    assert [line.split()[-1] for line in containers.asked] == ["--dry-run"]
    assert json.loads(replay("notifications", "--compose", "--dry-run", "--json").stdout) == PLAN


def test_an_employee_is_handed_on_by_id(containers: Containers) -> None:
    who = "01990000-0000-7000-8000-000000000001"
    replay("training", "--compose", "--yes", "--employee", who, "--to-end")
    assert containers.asked[0].endswith(f"training --employee {who} --to-end")


def test_what_went_otherwise_is_said(containers: Containers) -> None:
    containers.say("done", {"result": DONE | {"otherwise": 4, "set_aside": 2}})
    said = replay("training", "--compose", "--yes").output
    assert "4 facts would say something else today" in said
    assert "2 records could not be handled" in said


def test_where_nobody_can_be_asked_it_wants_to_be_sure(containers: Containers) -> None:
    ran = replay("training", "--compose")
    assert isinstance(ran.exception, Trouble)
    assert "--yes" in str(ran.exception)
    assert len(containers.asked) == 1


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        ({"refused": "members", "members": 3}, "3 processes in its group"),
        ({"refused": "listens_to_nothing"}, "only a backup brings it back"),
    ],
)
def test_a_refusal_is_one_sentence(
    containers: Containers, refused: dict[str, object], sentence: str
) -> None:
    containers.say("done", refused, code=1)
    ran = replay("training", "--compose", "--yes")
    assert isinstance(ran.exception, Trouble)
    assert sentence in str(ran.exception)


@pytest.mark.parametrize("lines", [[], [{"result": DONE}]])
def test_a_replay_that_does_not_end_well_is_no_success(
    containers: Containers, lines: list[object]
) -> None:
    containers.say("done", *lines, code=1 if lines else 0)
    ran = replay("training", "--compose", "--yes")
    assert isinstance(ran.exception, Trouble)
    assert "To start it again does no harm." in str(ran.exception)


def test_without_docker_one_line_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = replay("training", "--compose", "--yes")
    assert isinstance(ran.exception, Trouble)
    assert "No such file" in str(ran.exception)


@pytest.mark.parametrize(
    ("profile", "service", "sentence"),
    [
        ("embedded", "portal", "There is no service portal"),
        ("embedded", "training", "There is no database at"),
        ("production", "training", "TRAINING_DATABASE_URL is not set"),
    ],
)
def test_a_database_that_is_not_there_is_not_made(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    profile: str,
    service: str,
    sentence: str,
) -> None:
    monkeypatch.setenv("KINERJA_PROFILE", profile)
    monkeypatch.setenv("KINERJA_DATA", str(tmp_path))
    monkeypatch.delenv("TRAINING_DATABASE_URL", raising=False)
    ran = replay(service, "--yes")
    assert isinstance(ran.exception, Trouble)
    assert sentence in str(ran.exception)
    assert not list(tmp_path.glob("*.db"))
