import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import jwt
import pytest

from deploy.local import desk
from deploy.local.environment import PROJECT
from deploy.local.issuer import Issuer
from deploy.local.mail import Sink
from tests.deploy.local.test_mail import filled

ADDRESS = "http://127.0.0.1:8104"


@pytest.fixture
def sink() -> Sink:
    return filled(5)


@pytest.fixture
async def client(tmp_path: Path, sink: Sink) -> AsyncIterator[httpx.AsyncClient]:
    app = desk.build(Issuer(tmp_path / "key.pem", ADDRESS), sink, smtp_port=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ADDRESS) as client:
        yield client


async def test_a_token_is_checked_by_the_keys_it_publishes(client: httpx.AsyncClient) -> None:
    answer = await client.post("/token", json={"roles": ["operator"]})
    assert answer.headers["cache-control"] == "no-store"
    signed = answer.json()["access_token"]
    assert answer.json()["expires_in"] > 0
    configuration = (await client.get("/.well-known/openid-configuration")).json()
    assert configuration["issuer"] == ADDRESS
    published = (await client.get(configuration["jwks_uri"])).json()
    key = jwt.PyJWKSet.from_dict(published).keys[0]
    found = jwt.decode(signed, key, algorithms=["ES256"], audience="kinerja", issuer=ADDRESS)
    assert found["roles"] == ["operator"]
    assert found["development_only"]


async def test_a_wish_it_does_not_understand_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.post("/token", json={"roles": ["king"]})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "wish_invalid"
    assert "roles" in answer.json()["detail"]


async def test_the_page_says_that_it_is_for_development(client: httpx.AsyncClient) -> None:
    page = (await client.get("/")).text
    assert "Hanya untuk pengembangan" in page
    assert "For development only" in page


async def test_another_name_for_this_machine_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/mail", headers={"Host": "evil.example"})
    assert answer.status_code == 400


async def test_it_answers_to_the_name_it_signs_with(tmp_path: Path, sink: Sink) -> None:
    app = desk.build(Issuer(tmp_path / "key.pem", "http://desk:8104"), sink, smtp_port=None)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk:8104") as client:
        configuration = (await client.get("/.well-known/openid-configuration")).json()
    assert configuration["issuer"] == "http://desk:8104"


async def test_mails_are_listed_page_by_page(client: httpx.AsyncClient) -> None:
    seen: list[int] = []
    after = ""
    while after is not None:
        page = (await client.get("/mail", params={"limit": 2, "after": after})).json()
        seen += [mail["id"] for mail in page["items"]]
        after = page["next"]
    assert seen == [5, 4, 3, 2, 1]


async def test_one_mail_the_mails_of_one_and_their_number(client: httpx.AsyncClient) -> None:
    assert (await client.get("/mail/3")).json()["text"].strip() == "Isi 3"
    assert (await client.get("/mail/9")).status_code == 404
    to = (await client.get("/mail", params={"to": "b@pegawai.example"})).json()
    assert [mail["id"] for mail in to["items"]] == [4, 2]
    assert to["next"] is None
    assert (await client.get("/mail/count")).json() == {"total": 5, "kept": 5, "repeated": 0}


@pytest.mark.parametrize("query", ["limit=x", "after=x"])
async def test_a_page_it_does_not_understand_is_a_problem(
    client: httpx.AsyncClient, query: str
) -> None:
    answer = await client.get(f"/mail?{query}")
    assert answer.status_code == 422
    assert answer.json()["code"] == "page_invalid"


async def test_it_says_that_it_is_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/readyz")).status_code == 200


@pytest.mark.localhost
async def test_it_warns_at_the_start_and_takes_mail_until_the_end(
    tmp_path: Path, sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    app = desk.build(Issuer(tmp_path / "key.pem", ADDRESS), sink, smtp_port=0)
    with caplog.at_level(logging.WARNING):
        async with app.router.lifespan_context(app):
            assert sink._server is not None
            assert sink._server.is_serving()
    assert not sink._server.is_serving()
    assert "DEVELOPMENT ONLY" in caplog.text


@pytest.mark.parametrize("profile", [None, "production", "staging"])
def test_it_refuses_to_start_outside_the_embedded_profile(
    tmp_path: Path, profile: str | None
) -> None:
    knobs = {"PATH": os.environ["PATH"], "KINERJA_DATA": str(tmp_path / "data")}
    if profile is not None:
        knobs["KINERJA_PROFILE"] = profile
    started = subprocess.run(
        [sys.executable, "-m", "deploy.local.desk"],
        cwd=PROJECT,
        env=knobs,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert started.returncode == 1
    assert len(started.stderr.splitlines()) == 1
    assert f"not {profile or 'production'}" in started.stderr
    assert not (tmp_path / "data").exists(), "no key is made either"


def test_the_embedded_profile_is_the_only_one_it_runs_in() -> None:
    assert desk.refusal({"KINERJA_PROFILE": "embedded"}) is None
