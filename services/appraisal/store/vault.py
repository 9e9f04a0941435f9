"""Personal numbers at rest: encrypted, and found again by a keyed hash."""

import hashlib
import hmac
import os
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE: Final = 12


class Vault:
    """Seals bytes with AES-256-GCM and hashes with HMAC-SHA-256, each under its own derived key.

    The secret has at least 32 characters; a shorter one raises ValueError.
    """

    def __init__(self, secret: str) -> None:
        if len(secret) < 32:  # noqa: PLR2004  # as the docstring says
            raise ValueError("APPRAISAL_SECRET_KEY needs at least 32 characters")
        self._cipher = AESGCM(_derive(secret, b"kinerja at rest"))
        self._hash_key = _derive(secret, b"kinerja look-up")

    def seal(self, clear: bytes) -> bytes:
        """Encrypt; the same bytes never look the same twice."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, clear, None)

    def open(self, sealed: bytes) -> bytes:
        """Decrypt; raises `cryptography.exceptions.InvalidTag` where the key is another."""
        return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], None)

    def fingerprint(self, nip: str) -> bytes:
        """A NIP's keyed hash: without the key, guessing NIPs finds nothing."""
        return hmac.digest(self._hash_key, nip.encode(), hashlib.sha256)


def _derive(secret: str, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, None, purpose).derive(secret.encode())
