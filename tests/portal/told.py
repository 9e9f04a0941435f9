"""What services say, in the shape of their published contracts; names are hostile on purpose."""

from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

import jwt

Answer = dict[str, Any]
SECRET: Final = "a key nobody checks, for tokens nobody needs to trust"
FAR: Final = 4_000_000_000
"""Seconds since 1970, long from now."""
HOSTILE: Final = "<script>alert('x')</script> & \"Budi\""


def id_of(name: str) -> UUID:
    """A steady id."""
    return uuid5(NAMESPACE_URL, name)


AGENCY: Final = id_of("urn:kinerja:agency:5500")
BUDI, SITI, RATNA, STRANGER = (id_of(name) for name in ("budi", "siti", "ratna", "stranger"))
IMPORT, RUNNING, REFUSED = (id_of(name) for name in ("import", "running", "refused"))
OWN, CORRECTED, NUMERIC, FOREIGN = (id_of(n) for n in ("own", "corrected", "numeric", "foreign"))
NOTICE, READ = id_of("notice"), id_of("read")


def token(*roles: str, employee: UUID | None = None, expires: int = FAR) -> str:
    """What the issuer would give."""
    claims: Answer = {"roles": list(roles), "exp": expires, "sub": str(id_of("account"))}
    claims |= {"agency_id": str(AGENCY)}
    if employee is not None:
        claims["employee_id"] = str(employee)
    return jwt.encode(claims, SECRET, "HS256")


def evaluation(identity: UUID = OWN, **other: Any) -> Answer:
    """A finalised evaluation, Budi's unless said otherwise."""
    return {
        "evaluation_id": str(identity),
        "version": 1,
        "employee_id": str(BUDI),
        "employee_name": HOSTILE,
        "reviewer_id": str(RATNA),
        "reviewer_name": "Ratna <b>Sari</b>",
        "regime": "PERMENPANRB_6_2022",
        "period": period(),
        "result_rating": "MEETS",
        "behaviour_rating": "BELOW",
        "predicate": "POOR",
        "score": None,
        "position_title": "Arsiparis <i>Terampil</i>",
        "position_kind": "FUNCTIONAL",
        "unit": "Bidang Arsip",
        "root_unit": "Dinas <Arsip>",
        "acting": False,
        "finalised_at": "2026-01-31T17:30:00Z",
        "explanation": {"text": "Because <so>.", "law": "PermenPANRB 6/2022", "article": "24-25"},
    } | other


def period(kind: str = "ANNUAL", year: int = 2025, number: int = 0) -> Answer:
    """A stretch of time."""
    return {
        "kind": kind,
        "year": year,
        "number": number,
        "start": f"{year}-01-01",
        "end": f"{year}-12-31",
    }


def an_import(identity: UUID = IMPORT, **other: Any) -> Answer:
    """A finished import."""
    counts = {"finalised": 588, "superseded": 2, "unchanged": 1}
    counts |= {"rejected": 12, "set_aside": 3, "warned": 1}
    return {
        "import_id": str(identity),
        "agency_id": str(AGENCY),
        "agency": "Pemerintah Provinsi Jambi",
        "state": "done",
        "filename": "<laporan>.xlsx",
        "period": period(),
        "rows": 1603,
        "rows_done": 1603,
        "counts": counts,
        "refused": None,
        "created_at": "2026-02-01T02:00:00Z",
        "finished_at": "2026-02-01T02:00:05Z",
    } | other


def finding(kind: str) -> Answer:
    """Something found in a row."""
    return {
        "row": 21,
        "column": "perilaku_kerja",
        "code": "rating_unknown",
        "kind": kind,
        "reason": "It says <b>BAGUS</b>.",
        "remedy": "Choose one.",
    }


def course(code: str = "VALUES-SERVICE", **other: Any) -> Answer:
    """A kind of training."""
    return {
        "code": code,
        "title": "Pelayanan <Prima>",
        "siasn_course": 3095,
        "siasn_form": 3,
        "form": "TECHNICAL",
        "form_title": "Pelatihan Teknis",
        "jp": 20,
        "mode": "BLENDED",
        "level": 2,
        "organiser": "BPSDM Provinsi",
        "competencies": ["PUBLIC_SERVICE"],
        "values": ["SERVICE"],
        "positions": ["EXECUTOR", "UNKNOWN"],
        "families": [],
        "alternatives": ["OTHER"],
        "provisional": ["jp"],
    } | other


def recommended(identity: UUID = OWN, count: int = 2) -> Answer:
    """A set of recommendations."""
    one = {
        "recommendation_id": str(id_of("recommendation")),
        "course": "VALUES-SERVICE",
        "title": "Pelayanan <Prima>",
        "jp": 20,
        "form_title": "Pelatihan Teknis",
        "priority": 2,
        "reasons": [{"code": "results_below", "text": "To <help> with the work."}],
        "alternatives": [{"course": "OTHER", "title": "Another", "jp": 8}],
    }
    return {
        "evaluation_id": str(identity),
        "version": 1,
        "evaluation_version": 1,
        "employee_id": str(BUDI),
        "rule_version": "2026-01",
        "decided_at": "2026-02-01T02:00:06Z",
        "recommendations": [one] * count,
        "notes": [{"code": "jp_room_for_own_choice", "text": "There is <room> left."}],
    }


def notice(identity: UUID = NOTICE, *, read: bool = False) -> Answer:
    """A line in an inbox."""
    return {
        "notice_id": str(identity),
        "kind": "result_ready",
        "title": "Result <ready>",
        "body": "Open it & see.",
        "link": f"/results/{OWN}",
        "created_at": "2026-02-01T02:00:07Z",
        "read_at": "2026-02-01T03:00:00Z" if read else None,
    }


def page(*items: Answer, more: str | None = None) -> Answer:
    """A page of a list."""
    return {"items": list(items), "next": more}


def corrected() -> Answer:
    """A result in its second version."""
    return evaluation(
        CORRECTED,
        version=2,
        predicate="GOOD",
        behaviour_rating="MEETS",
        acting=True,
        reviewer_name=None,
        reviewer_id=None,
    )


def numeric() -> Answer:
    """A result by numbers, of an older law."""
    return evaluation(
        NUMERIC,
        regime="PP_46_2011",
        result_rating=None,
        behaviour_rating=None,
        predicate="VERY_POOR",
        score=49.5,
        period=period("QUARTERLY", 2019, 2),
    )


def letter() -> Answer:
    """An e-mail in the sink."""
    return {
        "id": 1,
        "at": "2026-02-01T02:00:08+00:00",
        "from": "kinerja@surat.example",
        "to": ["<x>@pegawai.example"],
        "subject": "News <for you>",
        "message_id": "<1@surat.example>",
    }
