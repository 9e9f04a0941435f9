import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from deploy.cli import app, installation
from deploy.cli.up import SAMPLE
from deploy.local.environment import PROJECT
from shared.provision import Difference
from tests.deploy.cli.fake import ID, STACK, Fake, body


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    """The embedded stack, answered by a fake instead of the network."""
    fake = Fake()
    real = httpx.Client

    def client(**settings: object) -> httpx.Client:
        return real(**(settings | {"transport": fake.transport()}))  # type: ignore[arg-type]  # what was given

    monkeypatch.setattr(installation.httpx, "Client", client)
    monkeypatch.setenv("KINERJA_PORT_BASE", str(STACK.base))
    return fake


def kinerja(*arguments: str) -> Result:
    return CliRunner().invoke(app.app, arguments)


def said(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *arguments],
        cwd=PROJECT,
        env={"PATH": "", "KINERJA_LANGUAGE": "en", **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_command_that_needs_no_database_waits_for_no_database_library() -> None:
    program = "import sys, deploy.cli.app; print({'alembic', 'sqlalchemy'} & sys.modules.keys())"
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert ran.stdout == "set()\n"


def test_an_import_reports_keeps_the_rejected_rows_and_exits_3(fake: Fake, tmp_path: Path) -> None:
    ran = kinerja(
        "import",
        str(SAMPLE),
        "--json",
        str(tmp_path / "r.json"),
        "--rejected",
        str(tmp_path / "r.xlsx"),
    )
    assert ran.exit_code == 3, ran.output
    assert "6 rows: 3 evaluations finalised" in ran.output
    assert "Rejected: 2" in ran.output
    assert (tmp_path / "r.xlsx").read_bytes() == b"workbook"
    kept = json.loads((tmp_path / "r.json").read_text())
    assert kept["import"]["import_id"] == ID
    assert len(kept["findings"]) == 4
    assert fake.uploads


def test_an_import_of_good_rows_only_exits_0(fake: Fake) -> None:
    counts = {"finalised": 6, "unchanged": 6}
    fake.states = [{"state": "done", "rows": 6, "rows_done": 6, "counts": counts}]
    ran = kinerja("import", str(SAMPLE))
    assert ran.exit_code == 0, ran.output


def test_an_import_elsewhere_needs_a_token(fake: Fake) -> None:
    ran = kinerja("import", str(SAMPLE), "--url", "https://kinerja.example")
    assert ran.exit_code == 1
    assert "--token" in str(ran.exception)
    assert fake.asked == []


def test_an_import_elsewhere_goes_there_with_the_token(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINERJA_TOKEN", "signed")
    ran = kinerja("import", str(SAMPLE), "--url", f"{STACK.url('appraisal')}/")
    assert ran.exit_code == 3, ran.output
    assert {request.url.port for request in fake.asked} == {STACK.port("appraisal")}


def test_a_token_is_printed_alone(fake: Fake) -> None:
    ran = kinerja("token", "employee", "reviewer", "--employee", ID, "--agency", "5500")
    assert ran.output == "signed\n"
    wish = body(fake.asked[0])
    assert wish["roles"] == ["employee", "reviewer"]
    assert wish["employee_id"] == ID
    assert wish["agency_id"]


def test_topics_that_differ_are_named_and_exit_1(monkeypatch: pytest.MonkeyPatch) -> None:
    async def differences(_client: object, **_more: object) -> list[Difference]:
        return [
            Difference("a.v1", "missing", "4", None),
            Difference("b.v1", "retention.ms", "5", "6"),
        ]

    monkeypatch.setattr(app.declared, "differences", differences)
    ran = kinerja("topics", "diff")
    assert ran.exit_code == 1
    assert "a.v1: the topic is missing, partitions declared 4, on the broker none" in ran.output
    assert "b.v1: retention.ms declared 5, on the broker 6" in ran.output


def test_topics_as_declared_exit_0(monkeypatch: pytest.MonkeyPatch) -> None:
    async def differences(_client: object, **_more: object) -> list[Difference]:
        return []

    monkeypatch.setattr(app.declared, "differences", differences)
    ran = kinerja("topics", "diff", "--servers", "a.example:9092,b.example:9092")
    assert ran.exit_code == 0
    assert "as declared" in ran.output


@pytest.mark.parametrize(
    ("arguments", "environ", "words"),
    [
        (["token", "operator"], {"KINERJA_PROFILE": "production"}, "embedded profile only"),
        (["topics", "diff"], {"KINERJA_PROFILE": "production"}, "--servers"),
        (["acls", "diff"], {"KINERJA_PROFILE": "production"}, "--servers"),
        (["import", "x.xlsx"], {"KINERJA_PROFILE": "production"}, "--url"),
        (["up", "--file", "absent.xlsx"], {}, "There is no file absent.xlsx"),
        (["up"], {"KINERJA_PORT_BASE": "x"}, "KINERJA_PORT_BASE"),
        (["up"], {"KINERJA_DATA": "/dev/null/data"}, "/dev/null/data cannot be written to"),
        (["token", "operator"], {"KINERJA_PORT_BASE": "1"}, "make run"),
    ],
)
def test_what_stops_a_command_is_one_line_and_exit_1(
    arguments: list[str], environ: dict[str, str], words: str
) -> None:
    ran = said(*arguments, **environ)
    assert ran.returncode == 1, ran.stderr
    assert len(ran.stderr.splitlines()) == 1
    assert words in ran.stderr


def test_it_helps() -> None:
    ran = said("--help")
    assert ran.returncode == 0
    for command in ("up", "import", "topics", "token"):
        assert command in ran.stdout
