"""Every door of every service: who may come in, and what those outside learn (nothing)."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from shared.auth import Role
from shared.http import PROBLEM
from shared.openapi import roles_of
from tests.services.fixtures import Played
from tests.services.issuer import BUNGO, JAMBI, Issuer
from tests.services.stage import SERVICES, Stage

PUBLIC = {"/asyncapi", "/asyncapi.json", "/docs", "/docs/assets", "/healthz", "/metrics",
          "/openapi.json", "/readyz"}  # fmt: skip
EVERYBODY = set(Role)
OFFICE = {Role.PERSONNEL_OFFICER, Role.AGENCY_SYSTEM}
COUNTING = OFFICE | {Role.OPERATOR}
CONCERNED = OFFICE | {Role.EMPLOYEE, Role.REVIEWER}
READERS = {Role.EMPLOYEE, Role.REVIEWER, Role.PERSONNEL_OFFICER}
WHO_MAY = {
    "appraisal": {
        "POST /imports": COUNTING,
        "GET /imports": COUNTING,
        "GET /imports/{import_id}": COUNTING,
        "GET /imports/{import_id}/findings": COUNTING,
        "GET /imports/{import_id}/distribution": COUNTING,
        "GET /imports/{import_id}/rejected.xlsx": OFFICE,
        "GET /evaluations": CONCERNED,
        "GET /evaluations/{evaluation_id}": CONCERNED,
        "GET /evaluations/{evaluation_id}/versions": CONCERNED,
        "GET /employees/{employee_id}": CONCERNED,
        "GET /me": {Role.EMPLOYEE, Role.REVIEWER},
    },
    "training": {
        "GET /courses": EVERYBODY,
        "GET /courses/{code}": EVERYBODY,
        "GET /recommendations": CONCERNED,
        "GET /recommendations/summary": COUNTING,
    },
    "notifications": {
        "GET /inbox": READERS,
        "POST /inbox/{notice_id}/read": READERS,
        "GET /inbox/stream": READERS,
        "GET /notices/summary": COUNTING,
        "GET /preferences": READERS,
        "PUT /preferences": READERS,
    },
}
"""A second opinion, written by hand: a new route is entered here by somebody who thought."""


class Door(NamedTuple):
    method: str
    path: str
    roles: frozenset[str] | None

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def doors(app: FastAPI) -> Iterator[Door]:
    """Every way into an application, documented or not."""
    for route in iter_route_contexts(app.routes):
        inner = route.original_route
        roles = roles_of(route.dependant) if isinstance(inner, APIRoute) else None
        for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
            yield Door(method, str(route.path), roles)


def guarded(app: FastAPI) -> list[Door]:
    return [door for door in doors(app) if door.path not in PUBLIC]


every_service = pytest.mark.parametrize("name", SERVICES)
every_door = pytest.mark.parametrize(
    ("name", "door"), [(name, door) for name, doors in WHO_MAY.items() for door in doors]
)


async def ask(client: httpx.AsyncClient, door: str, **values: object) -> httpx.Response:
    """Go to a door; ids nobody has fill what is not said."""
    method, _, path = door.partition(" ")
    for name in ("import_id", "evaluation_id", "employee_id", "notice_id", "code"):
        path = path.replace(f"{{{name}}}", str(values.get(name, uuid4())))
    return await client.request(method, path)


@every_service
async def test_every_door_is_on_the_list_with_those_who_may(stage: Stage, name: str) -> None:
    found = {door.name: door.roles for door in guarded(stage.services[name].app)}
    assert found == {door: frozenset(roles) for door, roles in WHO_MAY[name].items()}


@every_service
async def test_doors_for_everybody_need_no_token_and_are_there(stage: Stage, name: str) -> None:
    app = stage.services[name].app
    assert {door.path for door in doors(app)} >= PUBLIC
    async with stage.client(name) as nobody:
        for path in PUBLIC - {"/docs/assets", "/healthz", "/readyz"}:
            assert (await nobody.get(path)).status_code == 200, path


def is_problem(answer: httpx.Response, status: int) -> bool:
    said = answer.json()
    return (
        answer.status_code == said["status"] == status
        and answer.headers["content-type"] == PROBLEM
        and said.keys() >= {"type", "title", "status", "detail", "code"}
    )


@every_door
async def test_without_a_good_token_nobody_comes_in(stage: Stage, name: str, door: str) -> None:
    role = next(iter(WHO_MAY[name][door]))
    bad = {
        "none": "",
        "no token": "Bearer x.y.z",
        "basic": "Basic YTpi",
        "expired": f"Bearer {stage.issuer.token(role, exp=1, iat=0)}",
        "foreign": f"Bearer {Issuer().token(role)}",
        "other audience": f"Bearer {stage.issuer.token(role, aud='another')}",
        "other issuer": f"Bearer {stage.issuer.token(role, iss='https://another.example')}",
    }
    async with stage.client(name) as nobody:
        for kind, header in bad.items():
            nobody.headers["Authorization"] = header
            answer = await ask(nobody, door)
            assert is_problem(answer, 401), kind
            assert answer.headers["www-authenticate"] == "Bearer"


@every_door
async def test_with_another_role_nobody_comes_in(stage: Stage, name: str, door: str) -> None:
    claims: dict[str, Any] = {"agency_id": JAMBI, "employee_id": uuid4()}
    for role in EVERYBODY - WHO_MAY[name][door]:
        async with stage.client(name, role, **claims) as other:
            assert is_problem(await ask(other, door), 403), role
    async with stage.client(name, **claims) as roleless:
        roleless.headers["Authorization"] = f"Bearer {stage.issuer.token(roles=['chief'])}"
        assert is_problem(await ask(roleless, door), 403)


@every_door
async def test_with_a_fitting_role_one_comes_in_and_errors_are_problems(
    stage: Stage, name: str, door: str
) -> None:
    if door.endswith("/stream"):
        return  # it does not end; see tests/notifications/test_routes.py
    claims: dict[str, Any] = {"agency_id": JAMBI, "employee_id": uuid4()}
    for role in WHO_MAY[name][door]:
        async with stage.client(name, role, **claims) as client:
            answer = await ask(client, door)
            assert answer.status_code in {200, 404, 422}, answer.text
            assert answer.is_success or is_problem(answer, answer.status_code)


@every_service
async def test_what_is_no_door_at_all_answers_with_a_problem_too(stage: Stage, name: str) -> None:
    async with stage.officer(name) as officer:
        assert is_problem(await officer.get("/no/such/path"), 404)
        assert is_problem(await officer.delete("/healthz"), 405)


async def ids(stage: Stage, played: Played) -> dict[str, UUID]:
    """Something of everything: ids that are really there."""
    [(evaluation, employee)] = await stage.appraisal.query(
        "select evaluation_id, employee_id from evaluation order by 1 limit 1"
    )
    [(notice,)] = await stage.notifications.query("select notice_id from notice order by 1 limit 1")
    return {
        "import_id": played.import_id,
        "evaluation_id": UUID(evaluation),
        "employee_id": UUID(employee),
        "notice_id": UUID(notice),
    }


async def test_what_is_foreign_answers_byte_for_byte_as_what_is_absent(
    sample_stage: Stage, played: Played
) -> None:
    there = await ids(sample_stage, played)
    outside: dict[str, Any] = {"agency_id": BUNGO, "employee_id": uuid4()}
    tried = 0
    for name, listed in WHO_MAY.items():
        for door in (door for door in listed if "_id}" in door):
            for role in listed[door] - {Role.OPERATOR}:
                async with sample_stage.client(name, role, **outside) as client:
                    foreign, absent = await ask(client, door, **there), await ask(client, door)
                assert is_problem(foreign, 404), (door, role)
                assert foreign.content == absent.content
                assert foreign.headers.items() == absent.headers.items()
                tried += 1
    assert tried >= 20


async def _everything_seen(stage: Stage, there: dict[str, Any], *roles: Role, **claims: Any) -> str:
    """All that somebody with these roles can read in any service, with true ids at hand."""
    seen = ""
    for name, listed in WHO_MAY.items():
        async with stage.client(name, *roles, **claims) as client:
            for door in (door for door in listed if door.startswith("GET ")):
                if set(roles) & listed[door] and not door.endswith("/stream"):
                    client.params = {"import_id": str(there["import_id"])}
                    seen += (await ask(client, door, **there)).text
    return seen


async def test_an_operator_sees_counts_and_nobody_in_person(
    sample_stage: Stage, played: Played
) -> None:
    there = await ids(sample_stage, played)
    people = await sample_stage.appraisal.query("select name, employee_id from employee")
    personal = {name for name, _ in people if name} | {str(UUID(one)) for _, one in people}
    assert len(personal) > 1000
    everybody: dict[str, Any] = {"agency_id": JAMBI, "employee_id": there["employee_id"]}

    def persons_in(seen: str) -> set[str]:
        return {one for one in personal if one in seen}

    seen = await _everything_seen(sample_stage, there, Role.OPERATOR, **everybody)
    assert '"finalised":588' in seen
    assert persons_in(seen) == set()
    foreign = await _everything_seen(
        sample_stage, there, Role.AGENCY_SYSTEM, Role.PERSONNEL_OFFICER, agency_id=BUNGO
    )
    assert persons_in(foreign) == set()
    own = await _everything_seen(sample_stage, there, Role.AGENCY_SYSTEM, agency_id=JAMBI)
    assert len(persons_in(own)) > 40, "the search finds who is there"
