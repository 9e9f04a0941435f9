"""One way to say a thing in two languages, for every service."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import i18n
from shared.i18n import CatalogueUnusable, TextMissing, best_language, catalogue

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def entry(msgid: str, said: str, flag: str = "") -> str:
    return f'{flag}msgid "{msgid}"\nmsgstr "{said}"\n\n'


def written(folder: Path, *, indonesian: str, english: str) -> Path:
    for language, entries in (("id", indonesian), ("en", english)):
        file = folder / language / "LC_MESSAGES" / "messages.po"
        file.parent.mkdir(parents=True)
        file.write_text(HEAD + entries, encoding="utf-8")
    return folder


def both(folder: Path, said: str) -> Path:
    return written(folder, indonesian=entry("a", said), english=entry("a", said))


@pytest.fixture
def greetings(tmp_path: Path) -> i18n.Catalogue:
    return catalogue(
        written(
            tmp_path,
            indonesian=entry("greeting", "Selamat pagi, {role}.") + entry("only", "Hanya di sini"),
            english=entry("greeting", "Good morning, {role}."),
        )
    )


def test_a_text_is_said_in_the_language_asked_for(greetings: i18n.Catalogue) -> None:
    assert greetings.text("id", "greeting", role="penilai") == "Selamat pagi, penilai."
    assert greetings.text("en", "greeting", role="reviewer") == "Good morning, reviewer."


@pytest.mark.parametrize("language", ["en", "fr", ""])
def test_indonesian_answers_where_a_language_has_nothing(
    greetings: i18n.Catalogue, language: str
) -> None:
    assert greetings.text(language, "only") == "Hanya di sini"


def test_the_languages_are_indonesian_and_english(greetings: i18n.Catalogue) -> None:
    assert greetings.languages == ("id", "en")
    assert greetings.ids("en") == {"greeting"}


def test_values_a_text_has_no_place_for_are_ignored(greetings: i18n.Catalogue) -> None:
    assert greetings.text("en", "greeting", role="x", language="y", msgid="z") == "Good morning, x."


def test_an_unknown_id_is_named(greetings: i18n.Catalogue) -> None:
    with pytest.raises(TextMissing, match=r"no text has the id 'farewell'"):
        greetings.text("en", "farewell")


def test_a_missing_value_is_named_and_given_ones_are_not_shown(greetings: i18n.Catalogue) -> None:
    with pytest.raises(TextMissing, match=r"'greeting' needs a value for: role$") as caught:
        greetings.text("en", "greeting", name="Siti")
    assert "Siti" not in str(caught.value)


def test_a_value_with_braces_stays_as_it_is(greetings: i18n.Catalogue) -> None:
    assert greetings.text("en", "greeting", role="{0.__class__}") == "Good morning, {0.__class__}."


def test_languages_that_say_the_same_have_no_differences(tmp_path: Path) -> None:
    assert catalogue(both(tmp_path, "{count} hal")).differences() == []


def test_a_missing_translation_and_other_placeholders_are_differences(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        indonesian=entry("a", "{count} hal") + entry("b", "Ya"),
        english=entry("a", "{number} things") + entry("c", "No"),
    )
    assert catalogue(folder).differences() == [
        "a has other placeholders in: id, en",
        "b is missing in: en",
        "c is missing in: id",
    ]


def test_empty_and_fuzzy_translations_count_as_missing(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        indonesian=entry("a", "Satu") + entry("b", "Dua"),
        english=entry("a", "") + entry("b", "Two?", flag="#, fuzzy\n"),
    )
    read = catalogue(folder)
    assert read.ids("en") == frozenset()
    assert read.text("en", "b") == "Dua"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogueUnusable, match=r"messages\.po cannot be read as a catalogue"):
        catalogue(tmp_path)


def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    folder = both(tmp_path, "Ya")
    (folder / "en" / "LC_MESSAGES" / "messages.po").write_text("Selamat pagi\n")
    with pytest.raises(CatalogueUnusable, match="cannot be read as a catalogue"):
        catalogue(folder)


@pytest.mark.parametrize("said", ["{}", "{0}", "{a.b}", "{a[0]}", "{a!r}", "{a:>9}", "{a b}"])
def test_only_plain_names_are_placeholders(tmp_path: Path, said: str) -> None:
    with pytest.raises(CatalogueUnusable, match=r"not a plain \{name\}"):
        catalogue(both(tmp_path, said))


@pytest.mark.parametrize("said", ["{a", "a}"])
def test_a_brace_that_stands_alone_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(CatalogueUnusable, match="a brace that stands alone"):
        catalogue(both(tmp_path, said))


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "id"),
        ("", "id"),
        ("*", "id"),
        ("fr,de;q=0.8", "id"),
        ("id-ID,id;q=0.9,en;q=0.8", "id"),
        ("in", "id"),
        ("en", "en"),
        ("EN-us", "en"),
        ("fr, en;q=0.7, id;q=0.3", "en"),
        ("en;q=0.3, id;q=0.7", "id"),
        ("en, id", "id"),
        ("en;q=0", "id"),
        ("id;q=0, en;q=0.1", "en"),
        ("en;q=high", "id"),
        ("en-US;q=0.2, en-GB, id;q=0.5", "en"),
        ("english", "id"),
        ("x," * 500 + "en", "id"),
    ],
)
def test_the_language_liked_best_is_chosen(header: str | None, language: str) -> None:
    assert best_language(header) == language


@given(st.text())
def test_any_header_gives_a_language(header: str) -> None:
    assert best_language(header) in i18n.LANGUAGES
