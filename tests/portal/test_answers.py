"""The portal reads what the services say, in their published contracts, that they write."""

import json
from functools import cache
from typing import Any

import msgspec
import pytest

from services.portal.clients import answers
from tests.architecture.house import PROJECT

READ: dict[str, dict[str, type[msgspec.Struct]]] = {
    "appraisal": {
        "EvaluationOut": answers.Evaluation,
        "ExplanationOut": answers.Explanation,
        "EmployeeOut": answers.Employee,
        "PeriodOut": answers.Period,
        "ImportOut": answers.Import,
        "CountsOut": answers.Counts,
        "RefusedOut": answers.Refused,
        "HandedInOut": answers.HandedIn,
        "FindingOut": answers.Finding,
        "DistributionOut": answers.Distribution,
        "UnitOut": answers.Unit,
    },
    "training": {
        "SetOut": answers.RecommendationSet,
        "RecommendationOut": answers.Recommendation,
        "ReasonOut": answers.Reason,
        "NoteOut": answers.Reason,
        "AlternativeOut": answers.Alternative,
        "SumsOut": answers.RecommendationSums,
        "CourseOut": answers.Course,
    },
    "notifications": {
        "InboxOut": answers.Inbox,
        "NoticeOut": answers.Notice,
        "SumsOut": answers.NoticeSums,
        "MailsOut": answers.Mails,
        "LatencyOut": answers.Latency,
        "Choice": answers.Preferences,
    },
}


@cache
def contract(service: str) -> dict[str, Any]:
    """What a service answers, by name."""
    text = (PROJECT / f"shared/contracts/{service}.openapi.json").read_text()
    schemas: dict[str, Any] = json.loads(text)["components"]["schemas"]
    return schemas


@pytest.mark.parametrize(
    ("service", "name"), [(service, name) for service, names in READ.items() for name in names]
)
def test_every_member_read_is_written(service: str, name: str) -> None:
    read = READ[service][name]
    assert set(read.__struct_fields__) <= contract(service)[name]["properties"].keys()


@pytest.mark.parametrize("service", READ)
def test_every_word_written_can_be_read(service: str) -> None:
    """Enumerations of the contract are those the portal has texts for."""
    for name, members in READ[service].items():
        for member, kind in members.__annotations__.items():
            written = contract(service)[name]["properties"][member]
            words = contract(service).get(written.get("$ref", "").rpartition("/")[2], {})
            if "enum" in words and isinstance(kind, type):
                assert msgspec.convert(words["enum"], list[kind])  # type: ignore[valid-type]  # read at run time
