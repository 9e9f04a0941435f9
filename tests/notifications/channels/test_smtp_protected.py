"""Letters and logins on protected connections."""

import ssl

import pytest

from services.notifications.channels import Tls, send
from tests.notifications.channels.office import BUDI, SITI, TEXTS, Office, opened, retry, sent
from tests.shared.authority import Authority

pytestmark = pytest.mark.localhost


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Vouches for this machine, trusted by nobody yet."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def certificate(authority: Authority) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority.certify("server"))
    return context


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
async def test_a_login_travels_protected(
    tls: Tls, authority: Authority, certificate: ssl.SSLContext
) -> None:
    office = Office()
    async with opened(
        office, tls=tls, certificate=certificate, ca_file=authority.file, password="invented"
    ) as server:
        assert await send([SITI], server, TEXTS) == [sent(SITI)]
    assert office.encrypted == {True}
    assert office.logins == ["kinerja"]


async def test_a_refused_login_is_our_matter_and_all_letters_wait(
    authority: Authority, certificate: ssl.SSLContext
) -> None:
    async with opened(
        Office(),
        tls=Tls.STARTTLS,
        certificate=certificate,
        ca_file=authority.file,
        password="wrong",
    ) as server:
        outcomes = await send([SITI, BUDI], server, TEXTS)
    assert outcomes == [retry(SITI, "login_refused"), retry(BUDI, "login_refused")]


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
async def test_a_server_nobody_vouches_for_gets_nothing(
    tls: Tls, certificate: ssl.SSLContext
) -> None:
    office = Office()
    async with opened(office, tls=tls, certificate=certificate) as server:
        assert await send([SITI], server, TEXTS) == [retry(SITI, "tls_failed")]
    assert office.taken == []


async def test_a_server_without_starttls_is_not_spoken_to_in_plain_text() -> None:
    office = Office()
    async with opened(office, tls=Tls.STARTTLS) as server:
        assert await send([SITI], server, TEXTS) == [retry(SITI, "unreachable")]
    assert office.taken == []
