"""Services that answer as ours do, out of one object a test can look into."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.cli.installation import Installation
from deploy.local.environment import Stack

STACK = Stack(base=9300, kafka=9399)
ID = "01990000-0000-7000-8000-00000000000a"
COUNTS = {
    "finalised": 3,
    "superseded": 0,
    "unchanged": 0,
    "rejected": 2,
    "set_aside": 1,
    "warned": 1,
}
FINDINGS = {
    "rejected": [
        {"row": 9, "column": "nip", "code": "nip_float", "reason": "Broken.", "remedy": "Type it."},
        {
            "row": 12,
            "column": "nip",
            "code": "nip_float",
            "reason": "Broken.",
            "remedy": "Type it.",
        },
    ],
    "set_aside": [
        {"row": 10, "column": "", "code": "plt", "reason": "An acting post.", "remedy": "None."}
    ],
    "warned": [{"row": 11, "column": "hasil_akhir", "code": "odd", "reason": "R.", "remedy": "S."}],
}


def problem(status: int, code: str, detail: str) -> httpx.Response:
    return httpx.Response(status, json={"status": status, "code": code, "detail": detail})


@dataclass
class Fake:
    """What the services say; each import is asked for as often as `states` has entries."""

    states: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"state": "waiting", "rows": 0, "rows_done": 0, "counts": None},
            {"state": "reading", "rows": 6, "rows_done": 4, "counts": None},
            {"state": "done", "rows": 6, "rows_done": 6, "counts": COUNTS},
        ]
    )
    told: list[tuple[int, int, int]] = field(default_factory=lambda: [(3, 5, 0)])
    """Sets, notices and waiting e-mails at each look; the last stays."""
    ready: bool = True
    silent: set[str] = field(default_factory=set)
    asked: list[httpx.Request] = field(default_factory=list)
    uploads: list[bytes] = field(default_factory=list)
    refuse_upload: httpx.Response | None = None

    def installation(self) -> Installation:
        return Installation.embedded(STACK, "personnel_officer", transport=self.transport())

    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        name = {
            STACK.port(name): name for name in ("appraisal", "training", "notifications", "desk")
        }
        service = name[request.url.port or 0]
        if service in self.silent:
            raise httpx.ConnectError("refused", request=request)
        self.asked.append(request)
        path = request.url.path
        if path == "/token":
            return httpx.Response(200, json={"access_token": "signed", "expires_in": 60})
        if path == "/readyz":
            return httpx.Response(200 if self.ready else 503, json={})
        if request.headers.get("authorization") != "Bearer signed":
            return problem(401, "sign_in_first", "Send a valid bearer token.")
        doors: dict[str, Callable[[httpx.Request], httpx.Response]] = {
            "/imports": self._hand_in,
            f"/imports/{ID}": self._import,
            f"/imports/{ID}/findings": self._findings,
            f"/imports/{ID}/rejected.xlsx": lambda _: httpx.Response(200, content=b"workbook"),
            "/recommendations/summary": self._training,
            "/notices/summary": self._notices,
        }
        return doors[path](request) if path in doors else problem(404, "not_found", "Nothing here.")

    def _hand_in(self, request: httpx.Request) -> httpx.Response:
        if self.refuse_upload is not None:
            return self.refuse_upload
        self.uploads.append(request.read())
        return httpx.Response(202, json={"import_id": ID, "state": "waiting"})

    def _import(self, _request: httpx.Request) -> httpx.Response:
        now = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return httpx.Response(200, json={"import_id": ID, "filename": "x.xlsx", **now})

    def _findings(self, request: httpx.Request) -> httpx.Response:
        """One finding a page, so that pages are followed."""
        kind = request.url.params["kind"]
        place = int(request.url.params.get("after", 0))
        items = [{"kind": kind, **one} for one in FINDINGS[kind][place : place + 1]]
        more = place + 1 < len(FINDINGS[kind])
        return httpx.Response(200, json={"items": items, "next": str(place + 1) if more else None})

    def _training(self, _request: httpx.Request) -> httpx.Response:
        sets = self.told[0][0]
        return httpx.Response(200, json={"sets": sets, "recommendations": sets + 1, "people": 2})

    def _notices(self, _request: httpx.Request) -> httpx.Response:
        _, inbox, waiting = self.told.pop(0) if len(self.told) > 1 else self.told[0]
        mails = {"waiting": waiting, "sent": inbox - waiting, "failed": 0}
        latency = {"p50": 120.5 if inbox else None, "max": 300.0 if inbox else None}
        return httpx.Response(200, json={"inbox": inbox, "email": mails, "latency_ms": latency})


def body(request: httpx.Request) -> dict[str, Any]:
    """A request's JSON."""
    found: dict[str, Any] = json.loads(request.content)
    return found
