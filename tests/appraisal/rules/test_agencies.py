"""Which agency an export is from."""

from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest

from services.appraisal.rules.agencies import agency_id, agency_named, read_agencies

AGENCIES = read_agencies(
    (Path(__file__).parents[3] / "services/appraisal/data/agencies.json").read_bytes()
)


def test_jambi_has_a_province_nine_regencies_and_two_cities() -> None:
    assert len(AGENCIES) == len({agency.bkn for agency in AGENCIES}) == 12


@pytest.mark.parametrize(
    ("instansi", "bkn"),
    [
        ("Pemerintah Provinsi Jambi", "5500"),
        ("PEMERINTAH PROV. JAMBI", "5500"),
        ("Pemprov Jambi", "5500"),
        ("Pemerintah Kota Jambi", "5571"),
        ("Pemkab Batang Hari", "5501"),
        ("Kab. Tanjung Jabung Barat", "5502"),
        ("Pemerintah Kab Tanjung Jabung Timur", "5509"),
    ],
)
def test_usual_spellings_name_the_agency(instansi: str, bkn: str) -> None:
    agency = agency_named(instansi, AGENCIES)
    assert agency
    assert agency.bkn == bkn


@pytest.mark.parametrize("instansi", ["", "Jambi", "Pemerintah Provinsi Riau", "Kota"])
def test_no_agency_is_guessed(instansi: str) -> None:
    assert agency_named(instansi, AGENCIES) is None


def test_the_three_code_systems_disagree_where_they_are_known_to() -> None:
    codes = {agency.bkn: (agency.kemendagri, agency.bps) for agency in AGENCIES}
    assert codes["5502"] == ("15.06", "1507")
    assert codes["5509"] == ("15.07", "1506")
    assert codes["5503"] == ("15.08", "1509")
    assert codes["5507"] == ("15.09", "1508")


def test_an_agencys_id_follows_from_its_code() -> None:
    assert agency_id(AGENCIES[0]) == uuid5(NAMESPACE_URL, "urn:kinerja:agency:5500")
