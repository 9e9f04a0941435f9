"""A mail server that could not work, or not safely, stops the start."""

from pathlib import Path
from typing import Any

import pytest

from services.notifications.channels import MailServer, Tls

GOOD: dict[str, Any] = {
    "host": "mail.agency.example",
    "port": 587,
    "sender": "Kinerja <kinerja@agency.example>",
    "portal_url": "https://kinerja.agency.example/",
    "username": "kinerja",
    "password": "invented",
}


def test_a_server_knows_its_senders_domain_and_the_inbox() -> None:
    server = MailServer(**GOOD)
    assert server.address == "kinerja@agency.example"
    assert server.domain == "agency.example"
    assert server.inbox_url == "https://kinerja.agency.example/inbox"


def test_the_connection_is_protected_unless_said_otherwise() -> None:
    assert MailServer(**GOOD).tls is Tls.STARTTLS


def test_the_login_is_not_shown() -> None:
    shown = repr(MailServer(**GOOD))
    assert "invented" not in shown
    assert "username" not in shown


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sender": ""}, "sender"),
        ({"sender": "kinerja"}, "sender"),
        ({"sender": "Kinerja <kinerja@agency.example>\r\nBcc: x@agency.example"}, "sender"),
        ({"portal_url": "kinerja.agency.example"}, "portal_url"),
        ({"portal_url": "javascript:alert(1)"}, "portal_url"),
        ({"tls": Tls.NONE}, "tls"),
        ({"password": None}, "password"),
        ({"username": None}, "password"),
        ({"ca_file": Path("/nonexistent/authority.pem")}, "ca_file"),
        (
            {"username": None, "password": None, "tls": Tls.NONE, "ca_file": Path("a.pem")},
            "tls",
        ),
    ],
)
def test_a_wrong_setting_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}: "):
        MailServer(**GOOD | wrong)
