"""The letter for a notice."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from services import notifications
from services.notifications.channels import MailServer, Outgoing, write
from services.notifications.rules import Kind
from shared.i18n import catalogue

TEXTS = catalogue(Path(notifications.__path__[0]) / "locales")
SERVER = MailServer(
    host="127.0.0.1",
    port=25,
    sender="Kinerja <kinerja@agency.example>",
    portal_url="https://portal.example?a=1&b=",
)
NOTICE = UUID(int=5)
OUTGOING = Outgoing(
    delivery_id=UUID(int=4),
    notice_id=NOTICE,
    address="siti@agency.example",
    language="id",
    kind="result_ready",
    written_at=datetime(2026, 1, 20, 3, 0, tzinfo=UTC),
)


def letter(**changes: str | int) -> EmailMessage:
    return write(msgspec.structs.replace(OUTGOING, **changes), SERVER, TEXTS)


def part(message: EmailMessage, subtype: str) -> str:
    body = message.get_body(preferencelist=(subtype,))
    assert body is not None
    return str(body.get_content())


def test_a_letters_head_says_who_writes_to_whom_and_that_a_machine_does() -> None:
    head = dict(letter().items())
    assert head | {"MIME-Version": "", "Content-Type": ""} == {
        "Message-ID": f"<{NOTICE}@agency.example>",
        "Date": "Tue, 20 Jan 2026 03:00:00 +0000",
        "From": "Kinerja <kinerja@agency.example>",
        "To": "siti@agency.example",
        "Subject": "Ada pemberitahuan tentang evaluasi kinerja Anda",
        "Content-Language": "id",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "MIME-Version": "",
        "Content-Type": "",
    }


def test_a_letter_is_plain_text_with_an_html_twin() -> None:
    message = letter()
    assert message.get_content_type() == "multipart/alternative"
    assert "Demi kerahasiaan" in part(message, "plain")
    assert '<html lang="id">' in part(message, "html")


def test_a_letter_links_to_the_inbox_and_html_is_escaped() -> None:
    assert "https://portal.example?a=1&b=/inbox\n" in part(letter(), "plain")
    assert '<a href="https://portal.example?a=1&amp;b=/inbox">' in part(letter(), "html")


def test_a_letter_is_written_in_the_readers_language() -> None:
    message = letter(language="en")
    assert message["Subject"] == "There is news about your performance evaluation"
    assert message["Content-Language"] == "en"
    assert "Dear colleague," in part(message, "plain")


def test_a_language_nobody_speaks_here_is_answered_in_indonesian() -> None:
    assert letter(language="fr").as_bytes() == letter().as_bytes()


def test_every_attempt_sends_the_same_bytes() -> None:
    assert letter(attempt=7).as_bytes(policy=SMTP) == letter().as_bytes(policy=SMTP)


def test_the_bytes_pass_servers_that_know_seven_bits_only() -> None:
    assert letter().as_bytes(policy=SMTP).isascii()


@pytest.mark.parametrize(
    ("kinds", "subject"),
    [
        ({Kind.RESULT_READY, Kind.RESULT_CORRECTED}, "evaluasi kinerja Anda"),
        (
            {Kind.TRAINING_RECOMMENDED, Kind.TRAINING_CHANGED, Kind.TRAINING_WITHDRAWN},
            "pengembangan kompetensi Anda",
        ),
        (
            {Kind.COACHING_NEEDED, Kind.COACHING_LIFTED, Kind.LOW_RESULTS_DIGEST},
            "memerlukan perhatian Anda",
        ),
    ],
)
def test_a_family_of_kinds_has_one_subject(kinds: set[Kind], subject: str) -> None:
    subjects = {letter(kind=kind)["Subject"] for kind in kinds}
    assert len(subjects) == 1
    assert subjects.pop().endswith(subject)


def test_a_kind_from_a_newer_release_still_has_a_letter() -> None:
    assert letter(kind="unheard_of")["Subject"] == letter(kind=Kind.COACHING_NEEDED)["Subject"]


@pytest.mark.parametrize("ending", ["\r\n", "\n", "\r"])
def test_no_address_adds_a_header(ending: str) -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        letter(address=f"siti@agency.example{ending}Bcc: budi@agency.example")
