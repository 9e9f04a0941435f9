"""Every text a person reads is there in both languages and says as much in each."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.i18n import catalogue
from tests.architecture.house import PROJECT, SERVICES, modules

FOLDERS = sorted(folder for folder in PROJECT.glob("s*/**/locales") if folder.is_dir())
every_folder = pytest.mark.parametrize(
    "folder", FOLDERS, ids=lambda folder: str(folder.relative_to(PROJECT))
)


def asked(source: str) -> Iterator[str]:
    """Text ids written out in `….text(language, "id")`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="text"), args=[_, ast.Constant(value=str() as text), *_]
            ):
                yield text


@every_folder
def test_both_languages_have_every_text_with_the_same_placeholders(folder: Path) -> None:
    assert catalogue(folder).differences() == []


@every_folder
def test_every_text_asked_for_by_name_is_there(folder: Path) -> None:
    known = catalogue(folder).ids("id")
    assert {text for file in modules(folder.parent) for text in asked(file.read_text())} <= known


def test_a_service_that_speaks_has_a_catalogue() -> None:
    speaking = {
        file.relative_to(SERVICES).parts[0]
        for file in modules(SERVICES)
        if list(asked(file.read_text()))
    }
    assert speaking <= {folder.parent.name for folder in FOLDERS}


def test_a_text_missing_or_empty_or_with_other_placeholders_would_be_found(tmp_path: Path) -> None:
    said = {
        "id": {"a": "Halo {name}", "b": "Ya", "c": "Tidak"},
        "en": {"a": "Hello {who}", "b": ""},
    }
    for language, texts in said.items():
        file = tmp_path / language / "LC_MESSAGES/messages.po"
        file.parent.mkdir(parents=True)
        file.write_text(
            "".join(f'msgid "{name}"\nmsgstr "{text}"\n\n' for name, text in texts.items())
        )
    found = catalogue(tmp_path).differences()
    assert [sentence[0] for sentence in found] == ["a", "b", "c"]


def test_a_text_asked_for_by_name_would_be_found() -> None:
    assert list(asked('words.text("id", "notice.title", name=name)')) == ["notice.title"]
