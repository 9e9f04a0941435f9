"""A development identity issuer: signs a token for whoever asks. Never for production."""

import hashlib
import json
import time
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

import jwt
import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from deploy.local.folder import kept_secret

ALGORITHM: Final = "ES256"
AUDIENCE: Final = "kinerja"
LIFETIME: Final = 8 * 3600
"""Seconds a token is good for: a working day."""
MARK: Final = "development_only"
"""The claim that tells these tokens from real ones."""

Role = Literal["employee", "reviewer", "personnel_officer", "operator", "agency_system"]


class Wish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose token is wanted.

    Attributes:
        roles: what the account may act as.
        subject: the account's id; derived from the rest where none is given, so that it stays.
    """

    roles: Annotated[tuple[Role, ...], msgspec.Meta(min_length=1)]
    employee_id: UUID | None = None
    agency_id: UUID | None = None
    subject: UUID | None = None


class Issuer:
    """Signs tokens with a key made once, and publishes its public half."""

    def __init__(self, key_file: Path, address: str) -> None:
        pem = kept_secret(key_file, _new_key)
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{key_file} holds no elliptic-curve key: delete it, a new one is made")
        self.address = address
        self._key = key
        public: dict[str, Any] = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        self._kid = _thumbprint(public)
        self._published = public | {"kid": self._kid, "use": "sig", "alg": ALGORITHM}

    def token(self, wish: Wish, *, now: int | None = None) -> dict[str, object]:
        """An access token, as an OAuth token endpoint answers; `now` in seconds since 1970."""
        at = int(time.time()) if now is None else now
        claims = {
            "iss": self.address,
            "aud": AUDIENCE,
            "sub": str(wish.subject or _subject(wish)),
            "roles": list(wish.roles),
            "iat": at,
            "exp": at + LIFETIME,
            MARK: True,
        }
        for name in ("employee_id", "agency_id"):
            if (value := getattr(wish, name)) is not None:
                claims[name] = str(value)
        signed = jwt.encode(claims, self._key, ALGORITHM, headers={"kid": self._kid})
        return {"access_token": signed, "token_type": "Bearer", "expires_in": LIFETIME}

    def keys(self) -> dict[str, object]:
        """The key set services check tokens against (RFC 7517)."""
        return {"keys": [self._published]}

    def configuration(self) -> dict[str, object]:
        """What OpenID Connect Discovery calls the provider's metadata, as far as it applies."""
        return {
            "issuer": self.address,
            "jwks_uri": f"{self.address}/.well-known/jwks.json",
            "token_endpoint": f"{self.address}/token",
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            MARK: True,
        }


def _new_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _thumbprint(public: dict[str, Any]) -> str:
    """The key's name, the same after every start (RFC 7638)."""
    members = {name: public[name] for name in ("crv", "kty", "x", "y")}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True).encode()
    return hashlib.sha256(canonical).hexdigest()[:16]


def _subject(wish: Wish) -> UUID:
    who = f"{','.join(sorted(wish.roles))}:{wish.employee_id}:{wish.agency_id}"
    return uuid5(NAMESPACE_URL, f"urn:kinerja:development:{who}")
