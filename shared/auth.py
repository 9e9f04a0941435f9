"""Who is asking: signed tokens (JWT) of one issuer, checked against the keys it publishes."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import httpx
import jwt

from shared.settings import CommonSettings

log = logging.getLogger(__name__)

ALGORITHMS: Final = ["ES256", "RS256", "PS256", "EdDSA"]
KEYS_SECONDS: Final = 300.0
"""How long the issuer's keys are used before they are asked for again."""
RETRY_SECONDS: Final = 5.0
"""An unknown key id, or an issuer that is away, leads to a question at most this often."""


class Role(StrEnum):
    """What somebody may be; one person can be several."""

    EMPLOYEE = "employee"
    REVIEWER = "reviewer"
    PERSONNEL_OFFICER = "personnel_officer"
    OPERATOR = "operator"
    AGENCY_SYSTEM = "agency_system"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose rows somebody may see: any of these is enough; none at all means nothing."""

    employee_id: UUID | None = None
    reviewer_id: UUID | None = None
    agency_id: UUID | None = None

    @property
    def named(self) -> dict[str, UUID]:
        """The columns that let a row in, with the value each must have; empty: no row."""
        every = {
            "employee_id": self.employee_id,
            "reviewer_id": self.reviewer_id,
            "agency_id": self.agency_id,
        }
        return {name: value for name, value in every.items() if value is not None}

    def allows(self, row: object) -> bool:
        """Whether this row, with columns of these names, may be seen."""
        return any(getattr(row, name) == value for name, value in self.named.items())


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking.

    Attributes:
        subject: the account's opaque id.
        roles: what the account may act as.
        agency_id: the agency an officer or system acts for.
        employee_id: the employee the account belongs to.
    """

    subject: UUID
    roles: frozenset[Role]
    agency_id: UUID | None = None
    employee_id: UUID | None = None

    @property
    def scope(self) -> Scope:
        """Own rows as an employee, subordinates' as a reviewer, the agency's as its officer."""
        office = not self.roles.isdisjoint({Role.PERSONNEL_OFFICER, Role.AGENCY_SYSTEM})
        return Scope(
            employee_id=self.employee_id if Role.EMPLOYEE in self.roles else None,
            reviewer_id=self.employee_id if Role.REVIEWER in self.roles else None,
            agency_id=self.agency_id if office else None,
        )


class TokenRefused(Exception):
    """The token is missing, spoiled, out of date, or of another issuer."""


class IssuerAway(Exception):
    """The issuer's keys cannot be had now; nobody can be let in."""


class Tokens:
    """Checks tokens; keeps the issuer's keys for a while."""

    def __init__(self, common: CommonSettings, client: httpx.AsyncClient | None = None) -> None:
        self._common = common
        self._client = client or httpx.AsyncClient(timeout=5)
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked = float("-inf")
        self._answered = False
        self._lock = asyncio.Lock()

    async def principal(self, token: str) -> Principal:
        """Whose token it is; raises `TokenRefused` or `IssuerAway`."""
        try:
            key = await self._key(str(jwt.get_unverified_header(token).get("kid", "")))
            claims = jwt.decode(
                token,
                key,
                algorithms=ALGORITHMS,
                audience=self._common.audience,
                issuer=self._common.issuer,
                leeway=30,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
            return _principal(claims)
        except (jwt.PyJWTError, ValueError, KeyError, TypeError, RecursionError):
            raise TokenRefused from None

    async def close(self) -> None:
        """Let go of the connection to the issuer."""
        await self._client.aclose()

    async def _key(self, kid: str) -> jwt.PyJWK:
        async with self._lock:
            age = time.monotonic() - self._asked
            stale = age > (KEYS_SECONDS if kid in self._keys and self._answered else RETRY_SECONDS)
            if stale:
                self._asked = time.monotonic()
                self._answered = await self._ask()
        if not self._keys:
            raise IssuerAway
        return self._keys[kid]

    async def _ask(self) -> bool:
        """Ask for the keys; known ones stay good while the issuer is away."""
        try:
            answer = await self._client.get(self._common.jwks_url)
            answer.raise_for_status()
            found = jwt.PyJWKSet.from_dict(answer.json())
        except (httpx.HTTPError, httpx.InvalidURL, jwt.PyJWTError, *_UNREADABLE) as error:
            log.warning("the issuer's keys cannot be had", extra={"error": type(error).__name__})
            return False
        self._keys = {key.key_id: key for key in found.keys if key.key_id}
        return True


_UNREADABLE: Final = (ValueError, TypeError, AttributeError, KeyError, RecursionError)
"""What an answer that is no key set may raise."""


def _principal(claims: Mapping[str, Any]) -> Principal:
    known = {role.value for role in Role}
    return Principal(
        subject=UUID(claims["sub"]),
        roles=frozenset(Role(role) for role in claims.get("roles", ()) if role in known),
        agency_id=_optional_id(claims.get("agency_id")),
        employee_id=_optional_id(claims.get("employee_id")),
    )


def _optional_id(value: object) -> UUID | None:
    return UUID(str(value)) if value else None
