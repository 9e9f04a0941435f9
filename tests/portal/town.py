"""The services as the portal meets them: third parties that answer, refuse, or are away."""

import json
from collections.abc import Callable
from typing import Final
from uuid import UUID

import httpx

from tests.portal.told import (
    BUDI,
    CORRECTED,
    HOSTILE,
    IMPORT,
    NOTICE,
    NUMERIC,
    OWN,
    RATNA,
    READ,
    REFUSED,
    RUNNING,
    Answer,
    an_import,
    corrected,
    course,
    evaluation,
    finding,
    letter,
    notice,
    numeric,
    page,
    recommended,
    token,
)

PORTS: Final = {8101: "appraisal", 8102: "training", 8103: "notifications", 8104: "desk"}


class Town:
    """All services at once; a test changes what they say, or sends one away."""

    def __init__(self) -> None:
        self.away: set[str] = set()
        self.asked: list[httpx.Request] = []
        self.answers: dict[str, Answer | Callable[[httpx.Request], httpx.Response]] = {
            "GET /me": {
                "employee_id": str(BUDI),
                "name": HOSTILE,
                "employment_kind": "PNS",
                "position_title": "Arsiparis",
                "position_kind": "FUNCTIONAL",
                "unit": "Bidang Arsip",
                "root_unit": "Dinas Arsip",
                "agency": "Pemerintah Provinsi Jambi",
                "reviewer_id": str(RATNA),
                "reviewer_name": "Ratna",
            },
            "GET /evaluations": page(evaluation()),
            f"GET /evaluations/{OWN}": evaluation(),
            f"GET /evaluations/{OWN}/versions": page(evaluation()),
            f"GET /evaluations/{CORRECTED}": corrected(),
            f"GET /evaluations/{CORRECTED}/versions": page(corrected(), evaluation(CORRECTED)),
            f"GET /evaluations/{NUMERIC}": numeric(),
            f"GET /evaluations/{NUMERIC}/versions": page(numeric()),
            "GET /imports": page(an_import()),
            f"GET /imports/{IMPORT}": an_import(),
            f"GET /imports/{RUNNING}": an_import(RUNNING, state="reading", rows_done=200),
            f"GET /imports/{REFUSED}": an_import(
                REFUSED,
                state="refused",
                period=None,
                refused={"code": "encrypted", "text": "It has a <password>.", "remedy": "Open it."},
            ),
            f"GET /imports/{IMPORT}/findings": page(finding("rejected"), more="more&more"),
            f"GET /imports/{IMPORT}/distribution": {
                "total": 10,
                "predicates": {"GOOD": 8, "POOR": 2},
                "units": [
                    {"root_unit": "Dinas <A>", "total": 10, "predicates": {"GOOD": 8, "POOR": 2}}
                ],
            },
            f"GET /imports/{IMPORT}/rejected.xlsx": lambda _: httpx.Response(200, content=b"PK"),
            "POST /imports": lambda _: httpx.Response(
                202, json={"import_id": str(RUNNING), "state": "waiting"}
            ),
            "GET /courses": page(course(), course("OTHER", title="Manajemen Arsip", values=[])),
            "GET /courses/VALUES-SERVICE": course(),
            "GET /courses/OTHER": course("OTHER", alternatives=[], provisional=[], positions=[]),
            "GET /recommendations": page(recommended()),
            "GET /recommendations/summary": {"sets": 588, "recommendations": 521, "people": 319},
            "GET /inbox": page(notice(), notice(READ, read=True)) | {"unread": 3},
            "GET /inbox/stream": _stream,
            f"POST /inbox/{NOTICE}/read": lambda _: httpx.Response(204),
            "GET /notices/summary": {
                "inbox": 1009,
                "email": {"waiting": 1, "sent": 1000, "failed": 8},
                "latency_ms": {"p50": 120.4, "max": 950.0},
            },
            "GET /preferences": {"email": True, "language": "id"},
            "PUT /preferences": {"email": False, "language": "en"},
            "GET /mail": page(letter()),
            "GET /mail/1": letter() | {"text": "Dear <colleague>,", "headers": [], "html": None},
            "GET /readyz": {"started": True},
            "POST /token": _token,
        }

    def answer(self, request: httpx.Request) -> httpx.Response:
        """What stands behind every address the portal asks."""
        service = PORTS[request.url.port or 0]
        self.asked.append(request)
        if service in self.away:
            raise httpx.ConnectError("nobody is there")
        said = self.answers.get(f"{request.method} {request.url.path}")
        if said is None:
            return httpx.Response(404, json={"code": "not_found"})
        return httpx.Response(200, json=said) if isinstance(said, dict) else said(request)

    def refuse(self, where: str, status: int) -> None:
        """Let a question be answered with an error."""
        self.answers[where] = lambda _: httpx.Response(status, json={"code": "refused"})

    def questions(self, path: str) -> list[httpx.Request]:
        """What was asked under this path."""
        return [request for request in self.asked if request.url.path == path]


def _stream(_request: httpx.Request) -> httpx.Response:
    said = ': ping\r\n\r\nevent: inbox\r\ndata: {"unread": 4}\r\n\r\n'
    return httpx.Response(200, content=said, headers={"content-type": "text/event-stream"})


def _token(request: httpx.Request) -> httpx.Response:
    wish = json.loads(request.content)
    employee = UUID(wish["employee_id"]) if "employee_id" in wish else None
    made = token(*wish["roles"], employee=employee)
    return httpx.Response(200, json={"access_token": made, "token_type": "Bearer"})
