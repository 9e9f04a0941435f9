"""Which addresses a letter may go to."""

import re
from typing import Final

_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+", re.ASCII)

_LONGEST: Final = 254  # octets of an address in a path (RFC 5321 §4.5.3.1.3, less its brackets)
_LONGEST_LOCAL: Final = 64  # octets before the @ (RFC 5321 §4.5.3.1.1)


def is_address(text: str) -> bool:
    """Whether this is one plain address: `local@domain`, ASCII, no name, quote, space or line end.

    Narrower than RFC 5322 on purpose: what cannot end a line cannot add a header or a command.
    """
    return (
        len(text) <= _LONGEST
        and _ADDRESS.fullmatch(text) is not None
        and text.index("@") <= _LONGEST_LOCAL
    )
