import json
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from shared import auth
from shared.auth import IssuerAway, Principal, Role, Scope, TokenRefused, Tokens
from shared.settings import CommonSettings

ISSUER = "https://id.example"
COMMON = CommonSettings(issuer=ISSUER, audience="kinerja", jwks_url=f"{ISSUER}/keys")
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())
PERSON = UUID(int=1)
AGENCY = UUID(int=2)


def public(key: Any, kid: str, **more: str) -> dict[str, Any]:
    algorithm = ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else RSAAlgorithm
    known = {"ES256": ECAlgorithm, "RS256": RSAAlgorithm}
    alg = next(name for name, kind in known.items() if kind is algorithm)
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, "alg": alg, **more}


class Issuer:
    """An issuer of keys at the other end of the client."""

    def __init__(self) -> None:
        self.keys: Any = {"keys": [public(KEY, "k1")]}
        self.away = False
        self.asked = 0

    def answer(self, _request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.away:
            raise httpx.ConnectError("away")
        if isinstance(self.keys, bytes):
            return httpx.Response(200, content=self.keys)
        return httpx.Response(200, json=self.keys)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def tokens(issuer: Issuer) -> Tokens:
    return Tokens(COMMON, httpx.AsyncClient(transport=httpx.MockTransport(issuer.answer)))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves on the clock that says how old keys are."""
    now = time.monotonic()

    def move(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(auth.time, "monotonic", lambda: now)
    return move


def token(key: Any = KEY, alg: str = "ES256", kid: str | None = "k1", **claims: Any) -> str:
    now = int(time.time())
    said = {
        "iss": ISSUER,
        "aud": "kinerja",
        "sub": str(PERSON),
        "iat": now,
        "exp": now + 600,
        "roles": ["employee"],
    } | claims
    said = {name: value for name, value in said.items() if value is not None}
    return jwt.encode(said, key, algorithm=alg, headers={"kid": kid} if kid else None)


async def test_a_good_token_says_who_asks(tokens: Tokens) -> None:
    claims = {"roles": ["reviewer", "personnel_officer"], "agency_id": str(AGENCY)}
    found = await tokens.principal(token(employee_id=str(PERSON), **claims))
    assert found == Principal(
        PERSON, frozenset({Role.REVIEWER, Role.PERSONNEL_OFFICER}), AGENCY, PERSON
    )


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1_000_000_000},
        {"iat": 4_000_000_000},
        {"nbf": 4_000_000_000},
        {"iss": "https://elsewhere.example"},
        {"aud": "another"},
        {"aud": None},
        {"exp": None},
        {"iat": None},
        {"iss": None},
        {"sub": None},
        {"sub": "siti"},
        {"sub": str(PERSON), "agency_id": "Jambi"},
        {"roles": 5},
        {"roles": None, "employee_id": ["x"]},
    ],
    ids=str,
)
async def test_a_token_that_is_out_of_date_or_of_another_is_refused(
    tokens: Tokens, claims: dict[str, Any]
) -> None:
    with pytest.raises(TokenRefused):
        await tokens.principal(token(**claims))


async def test_a_token_nobody_signed_or_another_did_is_refused(tokens: Tokens) -> None:
    unsigned = jwt.encode({"sub": str(PERSON)}, None, algorithm="none", headers={"kid": "k1"})
    public_pem = KEY.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    good = token()
    head, body, signature = good.split(".")
    forged = [
        unsigned,
        token(OTHER),
        token(public_pem[:100].hex(), "HS256"),
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{token(sub=str(AGENCY)).split('.')[1]}.{signature}",
    ]
    for one in forged:
        with pytest.raises(TokenRefused):
            await tokens.principal(one)


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "a.b.c", "é.é.é", "x" * 5000, "eyJhbGciOiJub25lIn0..", "\x00"],
    ids=lambda text: ascii(text[:12]),
)
async def test_what_is_no_token_is_refused(tokens: Tokens, text: str) -> None:
    with pytest.raises(TokenRefused):
        await tokens.principal(text)


async def test_a_token_nested_beyond_reading_is_refused(tokens: Tokens) -> None:
    deep = "[" * 100_000
    head = jwt.utils.base64url_encode(deep.encode()).decode()
    with pytest.raises(TokenRefused):
        await tokens.principal(f"{head}.e30.e30")


async def test_a_key_of_one_kind_does_not_take_a_token_of_another(
    tokens: Tokens, issuer: Issuer
) -> None:
    other = rsa.generate_private_key(65537, 2048)
    issuer.keys = {"keys": [public(KEY, "k1"), public(other, "k2")]}
    assert (await tokens.principal(token(other, "RS256", "k2"))).subject == PERSON
    with pytest.raises(TokenRefused):
        await tokens.principal(token(other, "RS256", "k1"))
    with pytest.raises(TokenRefused):
        await tokens.principal(token(KEY, "ES256", "k2"))


async def test_roles_nobody_knows_are_left_out(tokens: Tokens) -> None:
    found = await tokens.principal(token(roles=["employee", "emperor", "", "EMPLOYEE"]))
    assert found.roles == {Role.EMPLOYEE}
    assert (await tokens.principal(token(roles="operator"))).roles == frozenset()


async def test_keys_are_asked_for_once_and_again_after_a_while(
    tokens: Tokens, issuer: Issuer, clock: Callable[[float], None]
) -> None:
    for _ in range(5):
        await tokens.principal(token())
    assert issuer.asked == 1
    clock(auth.KEYS_SECONDS + 1)
    await tokens.principal(token())
    assert issuer.asked == 2


async def test_a_key_that_is_new_is_found_and_an_unknown_one_asks_seldom(
    tokens: Tokens, issuer: Issuer, clock: Callable[[float], None]
) -> None:
    await tokens.principal(token())
    issuer.keys = {"keys": [public(OTHER, "k2")]}
    clock(auth.RETRY_SECONDS + 1)
    await tokens.principal(token(OTHER, kid="k2"))
    with pytest.raises(TokenRefused):
        await tokens.principal(token())  # its key was withdrawn
    asked = issuer.asked
    for number in range(20):
        with pytest.raises(TokenRefused):
            await tokens.principal(token(kid=f"unknown {number}"))
    assert issuer.asked == asked


async def test_known_keys_stay_good_while_the_issuer_is_away_and_it_is_not_asked_each_time(
    tokens: Tokens, issuer: Issuer, clock: Callable[[float], None]
) -> None:
    await tokens.principal(token())
    issuer.away = True
    clock(auth.KEYS_SECONDS + 1)
    for _ in range(10):
        assert (await tokens.principal(token())).subject == PERSON
    assert issuer.asked == 2
    issuer.away = False
    clock(auth.RETRY_SECONDS + 1)
    await tokens.principal(token())
    assert issuer.asked == 3, "an issuer that was away is asked again soon"


@pytest.mark.parametrize("keys", [b"not JSON", b"[]", b"5", b"{}", b'{"keys": 5}', b'{"keys": []}'])
async def test_without_any_keys_nobody_can_be_let_in_and_it_is_said_why(
    tokens: Tokens, issuer: Issuer, clock: Callable[[float], None], keys: bytes
) -> None:
    issuer.keys = keys
    for _ in range(5):
        with pytest.raises(IssuerAway):
            await tokens.principal(token())
    assert issuer.asked == 1
    issuer.keys = {"keys": [public(KEY, "k1")]}
    clock(auth.RETRY_SECONDS + 1)
    assert (await tokens.principal(token())).subject == PERSON


async def test_an_issuer_that_is_away_at_first_is_said_to_be_away(
    tokens: Tokens, issuer: Issuer
) -> None:
    issuer.away = True
    with pytest.raises(IssuerAway):
        await tokens.principal(token())
    await tokens.close()


def test_a_scope_names_whose_rows_may_be_seen() -> None:
    everything = frozenset({Role.EMPLOYEE, Role.REVIEWER, Role.PERSONNEL_OFFICER})
    who = Principal(PERSON, everything, AGENCY, PERSON)
    assert who.scope == Scope(PERSON, PERSON, AGENCY)
    officer = Principal(PERSON, frozenset({Role.PERSONNEL_OFFICER}), AGENCY, PERSON)
    assert officer.scope.named == {"agency_id": AGENCY}
    assert officer.scope.allows(Scope(agency_id=AGENCY))
    assert not officer.scope.allows(Scope(employee_id=PERSON))


def test_an_operator_or_somebody_without_an_agency_sees_no_rows() -> None:
    assert Principal(PERSON, frozenset({Role.OPERATOR}), AGENCY, PERSON).scope.named == {}
    nobody = Principal(PERSON, frozenset({Role.PERSONNEL_OFFICER})).scope
    assert nobody.named == {}
    assert not nobody.allows(Scope())
