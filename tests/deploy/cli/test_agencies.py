from pathlib import Path

from deploy.cli.agencies import agency_id, agency_in
from deploy.cli.up import SAMPLE


def test_the_sample_is_jambis() -> None:
    assert agency_in(SAMPLE) == agency_id("5500")


def test_what_is_no_export_names_no_agency(tmp_path: Path) -> None:
    file = tmp_path / "x.xlsx"
    assert agency_in(file) is None
    file.write_bytes(b"no workbook")
    assert agency_in(file) is None
