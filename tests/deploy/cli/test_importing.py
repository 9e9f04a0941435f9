from pathlib import Path

import pytest

from deploy.cli import importing
from deploy.cli.importing import Counts, Import
from deploy.cli.trouble import Trouble
from tests.deploy.cli.fake import COUNTS, ID, Fake, problem


@pytest.fixture
def export(tmp_path: Path) -> Path:
    file = tmp_path / "export.xlsx"
    file.write_bytes(b"rows and rows")
    return file


def test_a_file_is_handed_in_as_it_is(export: Path) -> None:
    fake = Fake()
    assert importing.begin(fake.installation(), export) == ID
    assert b"rows and rows" in fake.uploads[0]
    assert b'filename="export.xlsx"' in fake.uploads[0]


def test_a_file_that_is_absent_is_not_handed_in(tmp_path: Path) -> None:
    fake = Fake()
    with pytest.raises(Trouble, match="There is no file"):
        importing.begin(fake.installation(), tmp_path / "absent.xlsx")
    assert fake.asked == []


def test_a_file_the_service_does_not_take_is_trouble(export: Path) -> None:
    fake = Fake(refuse_upload=problem(413, "file_too_large", "A file may have 209 MB."))
    with pytest.raises(Trouble, match="209 MB"):
        importing.begin(fake.installation(), export)


def test_an_import_is_followed_until_it_is_done() -> None:
    seen: list[tuple[int | None, int | None]] = []
    done = importing.follow(
        Fake().installation(), ID, lambda now: seen.append((now.rows_done, now.rows)), pause=0
    )
    assert seen == [(0, 0), (4, 6), (6, 6)]
    assert done.counts == Counts(**COUNTS)


def test_an_import_that_was_refused_says_why_and_what_to_do() -> None:
    refused = {"code": "empty", "text": "The file is empty.", "remedy": "Export it again."}
    fake = Fake(states=[{"state": "refused", "rows": 0, "rows_done": 0, "refused": refused}])
    with pytest.raises(Trouble, match=r"^The file is empty\. Export it again\.$"):
        importing.follow(fake.installation(), ID, lambda _: None, pause=0)


def test_a_refusal_without_a_reason_is_still_an_end() -> None:
    fake = Fake(states=[{"state": "refused"}])
    with pytest.raises(Trouble, match="nothing was imported"):
        importing.follow(fake.installation(), ID, lambda _: None, pause=0)


def test_findings_come_from_every_page_the_gravest_first() -> None:
    found = list(importing.findings(Fake().installation(), ID))
    assert [(one.row, one.kind) for one in found] == [
        (9, "rejected"),
        (12, "rejected"),
        (10, "set_aside"),
        (11, "warned"),
    ]


def test_only_new_and_changed_evaluations_are_told() -> None:
    again = Import(ID, "done", counts=Counts(finalised=588, superseded=1, unchanged=587))
    assert again.told == 1
    assert Import(ID, "waiting").told == 0


def test_rejected_rows_are_kept_if_there_are_any(tmp_path: Path) -> None:
    fake, file = Fake(), tmp_path / "rejected.xlsx"
    some = Import(ID, "done", counts=Counts(rejected=2))
    assert importing.save_rejected(fake.installation(), some, file)
    assert file.read_bytes() == b"workbook"
    none = Import(ID, "done", counts=Counts(finalised=5))
    assert not importing.save_rejected(fake.installation(), none, tmp_path / "none.xlsx")
    assert not (tmp_path / "none.xlsx").exists()


def test_rejected_rows_that_cannot_be_kept_are_trouble(tmp_path: Path) -> None:
    some = Import(ID, "done", counts=Counts(rejected=2))
    with pytest.raises(Trouble, match="choose another folder"):
        importing.save_rejected(Fake().installation(), some, tmp_path / "absent" / "x.xlsx")
