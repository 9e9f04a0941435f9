import stat
import time
from pathlib import Path
from typing import get_args
from uuid import UUID

import httpx
import jwt
import msgspec
import pytest

from deploy.local.issuer import AUDIENCE, LIFETIME, MARK, Issuer, Role, Wish
from shared import auth
from shared.settings import CommonSettings, Profile

ADDRESS = "http://127.0.0.1:8104"
EMPLOYEE = UUID("01990000-0000-7000-8000-000000000001")
AGENCY = UUID("6ba7b811-9dad-51d1-80b4-00c04fd430c8")


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer(tmp_path / "key.pem", ADDRESS)


def claims(issuer: Issuer, wish: Wish, **when: int) -> dict[str, object]:
    signed = str(issuer.token(wish, **when)["access_token"])
    return dict(jwt.decode(signed, options={"verify_signature": False}))


async def test_services_let_in_whom_it_names(issuer: Issuer) -> None:
    common = CommonSettings(
        profile=Profile.EMBEDDED, issuer=ADDRESS, jwks_url=f"{ADDRESS}/.well-known/jwks.json"
    )
    published = httpx.MockTransport(lambda _: httpx.Response(200, json=issuer.keys()))
    tokens = auth.Tokens(common, httpx.AsyncClient(transport=published))
    wish = Wish(("employee", "reviewer"), employee_id=EMPLOYEE, agency_id=AGENCY)
    who = await tokens.principal(str(issuer.token(wish)["access_token"]))
    await tokens.close()
    assert who.roles == {auth.Role.EMPLOYEE, auth.Role.REVIEWER}
    assert (who.employee_id, who.agency_id) == (EMPLOYEE, AGENCY)


def test_it_knows_the_roles_services_know() -> None:
    assert set(get_args(Role)) == {role.value for role in auth.Role}


def test_it_expects_the_audience_services_expect() -> None:
    assert CommonSettings.model_fields["audience"].default == AUDIENCE


def test_its_tokens_say_that_they_are_for_development_and_when_they_end(issuer: Issuer) -> None:
    found = claims(issuer, Wish(("operator",)), now=1000)
    assert found[MARK] is True
    assert (found["iat"], found["exp"]) == (1000, 1000 + LIFETIME)
    assert abs(int(str(claims(issuer, Wish(("operator",)))["iat"])) - time.time()) < 5


def test_the_same_wish_is_the_same_account_and_another_is_another(issuer: Issuer) -> None:
    same = {claims(issuer, Wish(("operator",)))["sub"] for _ in range(2)}
    others = {
        claims(issuer, wish)["sub"]
        for wish in (
            Wish(("operator",), agency_id=AGENCY),
            Wish(("employee",), employee_id=EMPLOYEE),
            Wish(("operator",), subject=EMPLOYEE),
        )
    }
    assert len(same) == 1
    assert len(same | others) == 4
    assert claims(issuer, Wish(("operator",), subject=EMPLOYEE))["sub"] == str(EMPLOYEE)


def test_what_was_not_wished_for_is_not_in_the_token(issuer: Issuer) -> None:
    assert not {"employee_id", "agency_id"} & claims(issuer, Wish(("operator",))).keys()


def test_its_key_is_kept_for_its_owner_and_stays_the_same(tmp_path: Path, issuer: Issuer) -> None:
    file = tmp_path / "key.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Issuer(file, ADDRESS).keys() == issuer.keys()
    assert Issuer(tmp_path / "other.pem", ADDRESS).keys() != issuer.keys()


def test_it_publishes_no_private_part(issuer: Issuer) -> None:
    (key,) = issuer.keys()["keys"]  # type: ignore[misc]  # JSON
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415 - only here
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - only here

    pem = ed25519.Ed25519PrivateKey.generate().private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    )
    (tmp_path / "key.pem").write_bytes(pem)
    with pytest.raises(TypeError, match="delete it"):
        Issuer(tmp_path / "key.pem", ADDRESS)


@pytest.mark.parametrize(
    "wish",
    [
        b"{}",
        b'{"roles": []}',
        b'{"roles": ["king"]}',
        b'{"roles": ["operator"], "employee_id": "1"}',
        b'{"roles": ["operator"], "admin": true}',
        b"no json",
    ],
)
def test_a_wish_that_is_none_is_not_understood(wish: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(wish, type=Wish)
