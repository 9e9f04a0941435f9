"""What a fresh clone relies on: locks, the commands, and one clear line where it cannot run."""

import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import preflight
from deploy.local.preflight import ObstacleError
from tests.architecture.house import PROJECT

LOCKS = {
    "requirements.lock": ["embedded"],
    "requirements-image.lock": [],
    "requirements-dev.lock": ["embedded", "dev"],
}
every_lock = pytest.mark.parametrize(("lock", "extras"), LOCKS.items())


def pins(lock: str) -> dict[str, str]:
    """Each locked package's version."""
    text = (PROJECT / lock).read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def named(requirements: list[str]) -> set[str]:
    """The packages' names, normalised (PEP 503)."""
    names = (re.split(r"[\[<>=~!;\s]", requirement)[0] for requirement in requirements)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


@every_lock
def test_a_lock_has_all_we_depend_on(lock: str, extras: list[str]) -> None:
    with (PROJECT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    asked = [*project["dependencies"]]
    for extra in extras:
        asked += project["optional-dependencies"][extra]
    assert named(asked) <= pins(lock).keys(), "`make lock` pins what is new"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_has_hashes_and_names_no_registry(lock: str) -> None:
    text = (PROJECT / lock).read_text()
    assert "://" not in text
    assert "--index" not in text
    for entry in re.split(r"\n(?=[a-z0-9-]+==)", text)[1:]:
        assert "--hash=sha256:" in entry, entry.partition("\n")[0]


def test_the_locks_agree() -> None:
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()
    assert pins("requirements-image.lock").items() <= pins("requirements-dev.lock").items()


def test_make_lists_every_command_and_they_are_few() -> None:
    makefile = (PROJECT / "Makefile").read_text()
    [phony] = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    commands = set(phony.split()) - {"ready", "ready-to-run"}
    helped = dict(re.findall(r"^([a-z]+):.*## (.+)$", makefile, re.MULTILINE))
    assert helped.keys() == commands
    assert len(commands) <= 13


@pytest.mark.parametrize("version", [(3, 6), (3, 10, 14)])
def test_an_old_python_is_told_so(version: tuple[int, ...]) -> None:
    with pytest.raises(ObstacleError, match=r"needs Python 3\.11 or newer, this is 3\."):
        preflight.check_python(version)


@pytest.mark.parametrize("version", [(3, 11), (3, 14, 1)])
def test_a_python_new_enough_passes(version: tuple[int, ...]) -> None:
    preflight.check_python(version)


def test_a_folder_that_will_be_made_passes_and_leaves_nothing(tmp_path: Path) -> None:
    preflight.check_folder(tmp_path / "data/deeper")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_nobody_can_write_to_is_told() -> None:
    nowhere = Path("/proc/1/task") if Path("/proc/1/task").is_dir() else Path("/System")
    with pytest.raises(ObstacleError, match=f"{nowhere} cannot be written to: let KINERJA_DATA"):
        preflight.check_folder(nowhere, "KINERJA_DATA")


@pytest.fixture
def listener() -> Iterator[int]:
    """A port of this machine somebody listens on, and nobody on the two before."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            if not any(map(preflight.taken, (port - 1, port - 2))):
                yield port
                return


@pytest.mark.localhost
def test_a_port_somebody_listens_on_is_taken(listener: int) -> None:
    assert preflight.taken(listener)


@pytest.mark.localhost
def test_a_port_nobody_listens_on_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not preflight.taken(port)


@pytest.mark.localhost
def test_a_taken_port_is_named_with_its_owner_and_the_way_out(listener: int) -> None:
    with pytest.raises(ObstacleError) as told:
        preflight.check_ports(listener - 2, listener)
    assert f"Port {listener} (for training) is taken" in str(told.value)
    assert f"KINERJA_PORT_BASE={listener + 98} make run" in str(told.value)
    assert "\n" not in str(told.value)


def test_the_stack_listens_where_the_readme_says() -> None:
    ports = {name: port for port, name, _ in preflight.wanted(8100, 19092)}
    assert ports == {
        "portal": 8100,
        "appraisal": 8101,
        "training": 8102,
        "notifications": 8103,
        "desk": 8104,
        "mail sink": 8125,
        "Kafka": 19092,
    }


@pytest.mark.parametrize("said", ["http", "80", "65535", "-1", "8100.5"])
def test_a_port_that_is_none_is_told(said: str) -> None:
    with pytest.raises(ObstacleError, match=f"KINERJA_PORT_BASE={said}: give a number"):
        preflight.port_from(said, "KINERJA_PORT_BASE", 8100)


@pytest.mark.parametrize(("said", "port"), [(None, 8100), ("", 8100), ("9000", 9000)])
def test_a_port_is_the_given_or_the_usual_one(said: str | None, port: int) -> None:
    assert preflight.port_from(said, "KINERJA_PORT_BASE", 8100) == port


def test_what_is_wrong_is_one_line_and_ends_with_1() -> None:
    ran = subprocess.run(
        [sys.executable, PROJECT / "deploy/local/preflight.py", "--ports"],
        env={"KINERJA_PORT_BASE": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr.count("\n")) == (1, "", 1)


def test_a_fast_test_has_no_network() -> None:
    with pytest.raises((RuntimeError, UserWarning), match=r"tried to use socket\.socket"):
        socket.socket()


@pytest.mark.localhost
def test_a_test_with_its_own_port_reaches_this_machine_and_no_other(listener: int) -> None:
    socket.create_connection(("127.0.0.1", listener)).close()
    elsewhere = "192.0.2.1"  # RFC 5737: an address nobody has
    with pytest.raises((RuntimeError, UserWarning), match=elsewhere):
        socket.create_connection((elsewhere, 80))
