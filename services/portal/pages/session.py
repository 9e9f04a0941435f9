"""Who is signed in: an encrypted cookie that only the portal can read."""

import base64
import hashlib
import time
from typing import Final
from uuid import UUID

import jwt
import msgspec
from cryptography.fernet import Fernet, InvalidToken
from starlette.requests import Request
from starlette.responses import Response

from services.portal.settings import Settings
from shared.auth import Role

LARGEST: Final = 3800
"""Characters of a cookie that every browser keeps."""


class Person(msgspec.Struct, frozen=True):
    """Somebody signed in.

    Attributes:
        token: what services are asked with; they check it, not the portal.
        name: how the person is greeted; empty where the services know no name.
        expires: when the token ends, in seconds since 1970.
    """

    token: str
    name: str
    roles: frozenset[Role]
    expires: int
    employee_id: UUID | None = None

    def may_be(self, *roles: Role) -> bool:
        """Whether the person has one of these roles."""
        return not self.roles.isdisjoint(roles)


class TokenUnusable(ValueError):
    """The issuer gave no token that can be kept in a session."""


def person_of(token: str, name: str) -> Person:
    """The person a token from the issuer is for.

    The signature is not checked here: the token came from the issuer itself, and every service
    checks it again.

    Raises:
        TokenUnusable: it lacks what a session needs.
    """
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
        known = {role.value for role in Role}
        employee = claims.get("employee_id")
        return Person(
            token=token,
            name=name,
            roles=frozenset(Role(role) for role in claims["roles"] if role in known),
            expires=int(claims["exp"]),
            employee_id=UUID(employee) if employee else None,
        )
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        raise TokenUnusable from error


class Sessions:
    """Keeps people in cookies, encrypted and signed (Fernet: AES-128-CBC, HMAC-SHA256)."""

    def __init__(self, settings: Settings) -> None:
        key = hashlib.sha256(settings.session_key.get_secret_value().encode()).digest()
        self._box = Fernet(base64.urlsafe_b64encode(key))
        self._secure = not settings.embedded
        self._name = "__Host-kinerja" if self._secure else "kinerja"

    def read(self, request: Request) -> Person | None:
        """Who is signed in; None for nobody, a spoiled cookie, or a session that ended."""
        cookie = request.cookies.get(self._name)
        if cookie is None:
            return None
        try:
            person = msgspec.json.decode(self._box.decrypt(cookie.encode()), type=Person)
        except (InvalidToken, msgspec.DecodeError):
            return None
        return person if person.expires > time.time() else None

    def begin(self, response: Response, person: Person) -> None:
        """Keep the person until the token ends.

        Raises:
            TokenUnusable: the token is too long for a cookie.
        """
        cookie = self._box.encrypt(msgspec.json.encode(person)).decode()
        if len(cookie) > LARGEST:
            raise TokenUnusable
        response.set_cookie(
            self._name,
            cookie,
            max_age=max(person.expires - int(time.time()), 0),
            httponly=True,
            samesite="lax",
            secure=self._secure,
        )

    def end(self, response: Response) -> None:
        """Forget who was signed in."""
        response.delete_cookie(self._name, httponly=True, samesite="lax", secure=self._secure)
