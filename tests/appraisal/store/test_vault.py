"""Personal numbers at rest."""

import pytest
from cryptography.exceptions import InvalidTag

from services.appraisal.store import Vault

SECRET = "a secret of the tests, at least 32 characters long"
NIP = "198503152010011999"


def test_what_is_sealed_opens_again_and_never_looks_the_same() -> None:
    vault = Vault(SECRET)
    one, other = vault.seal(NIP.encode()), vault.seal(NIP.encode())
    assert one != other
    assert NIP.encode() not in one
    assert vault.open(one) == vault.open(other) == NIP.encode()


def test_another_secret_opens_nothing_and_finds_nobody() -> None:
    sealed = Vault(SECRET).seal(NIP.encode())
    another = Vault(SECRET + "!")
    with pytest.raises(InvalidTag):
        another.open(sealed)
    assert another.fingerprint(NIP) != Vault(SECRET).fingerprint(NIP)


def test_what_was_changed_does_not_open() -> None:
    sealed = bytearray(Vault(SECRET).seal(NIP.encode()))
    sealed[-1] ^= 1
    with pytest.raises(InvalidTag):
        Vault(SECRET).open(bytes(sealed))


def test_the_same_number_is_found_again() -> None:
    assert Vault(SECRET).fingerprint(NIP) == Vault(SECRET).fingerprint(NIP)


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 32"):
        Vault("short")
