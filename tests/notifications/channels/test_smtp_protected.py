"""Letters and logins on protected connections."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.notifications.channels import Tls, send
from tests.notifications.channels.office import BUDI, HOST, SITI, TEXTS, Office, opened, retry, sent

pytestmark = pytest.mark.localhost


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for this machine and its key, in one file, trusted by nobody yet."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an agency's own authority")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("authority") / "both.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def certificate(authority: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority)
    return context


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
async def test_a_login_travels_protected(
    tls: Tls, authority: Path, certificate: ssl.SSLContext
) -> None:
    office = Office()
    async with opened(
        office, tls=tls, certificate=certificate, ca_file=authority, password="invented"
    ) as server:
        assert await send([SITI], server, TEXTS) == [sent(SITI)]
    assert office.encrypted == {True}
    assert office.logins == ["kinerja"]


async def test_a_refused_login_is_our_matter_and_all_letters_wait(
    authority: Path, certificate: ssl.SSLContext
) -> None:
    async with opened(
        Office(), tls=Tls.STARTTLS, certificate=certificate, ca_file=authority, password="wrong"
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
