import re
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from shared import tls
from tests.shared.authority import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "authority")


def test_the_other_side_must_prove_its_name(authority: Authority) -> None:
    for context in (tls.context(), tls.context(authority.file)):
        assert context.check_hostname
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_an_authority_of_one_s_own_stands_instead_of_the_system_s(authority: Authority) -> None:
    trusted = tls.context(authority.file).get_ca_certs()
    assert [one["subject"][0][0][1] for one in trusted] == ["an agency's own authority"]


def test_a_certificate_may_lie_with_its_key_or_beside_it(
    authority: Authority, tmp_path: Path
) -> None:
    both = authority.certify("client")
    assert tls.context(authority.file, both)
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    text = both.read_text()
    cut = text.index("-----BEGIN CERTIFICATE")
    key.write_text(text[:cut])
    certificate.write_text(text[cut:])
    assert tls.context(authority.file, certificate, key)


def test_a_file_that_cannot_be_used_is_named(authority: Authority, tmp_path: Path) -> None:
    away, odd = tmp_path / "away.pem", tmp_path / "odd.pem"
    odd.write_text("no certificate at all")
    with pytest.raises(ValueError, match=f"{re.escape(str(away))} cannot be read"):
        tls.context(away)
    with pytest.raises(ValueError, match=f"{re.escape(str(odd))} is unfit: give certificates"):
        tls.context(odd)
    with pytest.raises(ValueError, match=re.escape(str(odd))):
        tls.context(authority.file, odd)
    with pytest.raises(ValueError, match="is unfit: give a certificate and its own"):
        tls.context(None, authority.certify("one"), authority.certify("another"))


def test_an_encrypted_key_is_refused_and_asks_no_terminal(
    authority: Authority, tmp_path: Path
) -> None:
    both = authority.certify("one")
    key = serialization.load_pem_private_key(both.read_bytes(), password=None)
    sealed = tmp_path / "sealed.pem"
    sealed.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"invented"),
        )
    )
    with pytest.raises(ValueError, match="unencrypted key"):
        tls.context(None, both, sealed)
