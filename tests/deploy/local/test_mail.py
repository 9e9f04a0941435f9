from email.message import EmailMessage
from email.policy import SMTP

import aiosmtplib
import pytest

from deploy.local.mail import Sink


def letter(number: int, to: str = "a@pegawai.example", name: str = "") -> bytes:
    message = EmailMessage()
    message["From"] = "Kinerja <kinerja@surat.example>"
    message["To"] = to
    message["Subject"] = f"Pemberitahuan {number}: ada hasil ✓"
    message["Message-ID"] = name or f"<{number}@surat.example>"
    message.set_content(f"Isi {number}")
    message.add_alternative(f"<p>Isi {number}</p>", subtype="html")
    return message.as_bytes(policy=SMTP)


def filled(count: int, kept: int = 5_000) -> Sink:
    sink = Sink(kept)
    for number in range(1, count + 1):
        to = "a@pegawai.example" if number % 2 else "B@pegawai.example"
        sink.take("kinerja@surat.example", (to,), letter(number, to))
    return sink


def test_the_newest_come_first_and_the_oldest_go() -> None:
    sink = filled(7, kept=5)
    assert [mail.id for mail in sink.newest(limit=10)] == [7, 6, 5, 4, 3]
    assert sink.counts() == {"total": 7, "kept": 5, "repeated": 0}
    assert sink.get(2) is None
    assert sink.get(8) is None
    third = sink.get(3)
    assert third is not None
    assert third.id == 3


def test_pages_follow_each_other() -> None:
    sink = filled(5)
    assert [mail.id for mail in sink.newest(limit=2, before=4)] == [3, 2]


def test_one_address_sees_its_own_whatever_its_case() -> None:
    sink = filled(5)
    assert [mail.id for mail in sink.newest(limit=9, to="b@PEGAWAI.example")] == [4, 2]


def test_a_mail_that_comes_twice_is_counted() -> None:
    sink = filled(2)
    sink.take("kinerja@surat.example", ("a@pegawai.example",), letter(1))
    assert sink.counts() == {"total": 3, "kept": 3, "repeated": 1}


def test_a_mail_shows_its_header_and_both_forms_of_its_text() -> None:
    mail = filled(1).get(1)
    assert mail is not None
    shown = mail.whole()
    assert shown["subject"] == "Pemberitahuan 1: ada hasil ✓"
    assert shown["message_id"] == "<1@surat.example>"
    assert shown["to"] == ["a@pegawai.example"]
    assert str(shown["text"]).strip() == "Isi 1"
    assert "<p>Isi 1</p>" in str(shown["html"])
    assert ["To", "a@pegawai.example"] in shown["headers"]  # type: ignore[operator]  # JSON


def test_only_the_header_names_a_mail() -> None:
    raw = b"Subject: x\r\nmessage-id:\r\n <1@a>\r\n\r\nMessage-ID: <2@a>\r\n"
    assert Sink().take("", (), raw).message_id == "<1@a>"
    assert Sink().take("", (), b"Subject: x\r\n\r\nMessage-ID: <2@a>\r\n").message_id == ""


def test_a_mail_without_anything_is_kept_too() -> None:
    mail = Sink().take("", (), b"")
    assert mail.summary()["subject"] == ""
    assert Sink().newest(limit=1) == []
    assert Sink().get(1) is None


@pytest.mark.localhost
async def test_it_takes_mail_by_smtp() -> None:
    sink = Sink()
    await sink.listen("127.0.0.1", 0)
    assert sink._server is not None
    port = sink._server.sockets[0].getsockname()[1]
    for number in (1, 2):
        await aiosmtplib.send(
            letter(number),
            sender="kinerja@surat.example",
            recipients=["a@pegawai.example"],
            hostname="127.0.0.1",
            port=port,
        )
    await sink.close()
    assert sink.counts() == {"total": 2, "kept": 2, "repeated": 0}
    (newest,) = sink.newest(limit=1)
    assert newest.sender == "kinerja@surat.example"
    assert newest.summary()["subject"] == "Pemberitahuan 2: ada hasil ✓"
