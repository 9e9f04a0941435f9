"""An issuer whose keys are served without a network, and people of all kinds."""

import time
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from shared.auth import Role, Tokens
from shared.settings import CommonSettings

ISSUER = "https://issuer.example"
JWKS = f"{ISSUER}/.well-known/jwks.json"
SOMEBODY = UUID("0196a4c2-0000-7000-8000-000000000001")


def agency(bkn: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"urn:kinerja:agency:{bkn}")


JAMBI = agency("5500")
BUNGO = agency("5503")


class Issuer:
    """Signs tokens; one key a test session."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._published = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True) | {"kid": "one"}

    def token(
        self,
        *roles: Role,
        employee_id: UUID | None = None,
        agency_id: UUID | None = None,
        subject: UUID = SOMEBODY,
        **claims: object,
    ) -> str:
        now = int(time.time())
        said: dict[str, object] = {
            "iss": ISSUER,
            "aud": "kinerja",
            "sub": str(subject),
            "iat": now,
            "exp": now + 300,
            "roles": [role.value for role in roles],
        }
        if employee_id is not None:
            said["employee_id"] = str(employee_id)
        if agency_id is not None:
            said["agency_id"] = str(agency_id)
        return jwt.encode(said | claims, self._key, algorithm="ES256", headers={"kid": "one"})

    def tokens(self, common: CommonSettings) -> Tokens:
        """What a service checks tokens with."""

        def answer(request: httpx.Request) -> httpx.Response:
            assert str(request.url) == JWKS
            return httpx.Response(200, json={"keys": [self._published]})

        return Tokens(common, httpx.AsyncClient(transport=httpx.MockTransport(answer)))
