"""Which addresses a letter may go to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifications.channels import is_address


@pytest.mark.parametrize(
    "text",
    [
        "siti@agency.example",
        "s.rahma+kinerja@mail.agency.example",
        "00000000-0000-0000-0000-000000000007@pegawai.example",
        "o'neil@a-b.example",
        "x@xn--bcher-kva.example",
        f"{'l' * 64}@agency.example",
    ],
)
def test_a_plain_address_is_one(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "siti",
        "@agency.example",
        "siti@",
        "siti@localhost",
        "siti@agency..example",
        "siti@-agency.example",
        "siti.@agency.example",
        "si..ti@agency.example",
        "siti@@agency.example",
        "Siti <siti@agency.example>",
        '"siti rahma"@agency.example',
        "siti@agency.example, budi@agency.example",
        "siti@agency.example ",
        "siti@agency.example\n",
        "siti@agency.example\r\nBcc: budi@agency.example",
        "siti\r\n@agency.example",
        "siti@[127.0.0.1]",
        "sití@agency.example",
        f"{'l' * 65}@agency.example",
        f"siti@{'a.' * 130}example",
    ],
)
def test_anything_else_is_none(text: str) -> None:
    assert not is_address(text)


@given(st.text(), st.sampled_from('\r\n\0 <>"\\,;:\u2028\x85'), st.text())
def test_what_could_end_a_line_or_begin_another_address_is_never_in_one(
    before: str, mark: str, after: str
) -> None:
    assert not is_address(f"{before}{mark}{after}@agency.example")
    assert not is_address(f"siti@agency.example{mark}{after}")
