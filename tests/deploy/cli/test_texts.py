import re
from pathlib import Path

import pytest

from deploy.cli import texts
from deploy.local.environment import PROJECT
from shared.i18n import catalogue

FOLDER = PROJECT / "deploy" / "cli" / "locales"
DERIVED = re.compile(r'say\(\s*f"([a-z]+)\.')
WRITTEN = re.compile(r"""say\(\s*["']([a-z0-9_.]+)["']""")


def sources() -> list[str]:
    return [file.read_text() for file in Path(texts.__file__).parent.rglob("*.py")]


def test_both_languages_say_as_much() -> None:
    assert catalogue(FOLDER).differences() == []


def test_every_text_that_is_said_is_there_and_none_is_there_for_nothing() -> None:
    known = catalogue(FOLDER).ids("id")
    said = {name for source in sources() for name in WRITTEN.findall(source)}
    assert said <= known
    families = {name for source in sources() for name in DERIVED.findall(source)}
    spare = {name for name in known - said if name.partition(".")[0] not in families}
    assert spare == set()


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "id_ID.UTF-8"}, "id"),
        ({"LANG": "id_ID.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "KINERJA_LANGUAGE": "id"}, "id"),
        ({"LANG": "id_ID.UTF-8", "LC_ALL": ""}, "id"),
        ({"LANG": "in_ID"}, "id"),
    ],
)
def test_it_speaks_the_terminals_language(environ: dict[str, str], language: str) -> None:
    assert texts.language_of(environ) == language


def test_it_says_it_in_indonesian_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINERJA_LANGUAGE", "id")
    assert texts.say("up.ended") == "Semua proses diakhiri."
