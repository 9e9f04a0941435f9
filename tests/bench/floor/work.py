"""What the floor computes: facts in, rows and facts out."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from hashlib import md5
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from shared.events import (
    EvaluationFinalized,
    Recommendation,
    RecommendationsIssued,
    encode,
)
from shared.events.words import TO_COACH

Row = tuple[Any, ...]
Headers = list[tuple[str, bytes]]


class Pick(msgspec.Struct, frozen=True, gc=False):
    """A course, as `Answers` lists it."""

    course: str
    priority: int
    jp: int
    reasons: tuple[str, ...]
    alternatives: tuple[str, ...]


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What one situation is recommended."""

    picks: tuple[Pick, ...]
    notes: tuple[str, ...]


Answers = Mapping[str, Answer]
"""By situation: the floor's rule is one look into a table, as a rulebook that remembers is."""

_finalized: Final = msgspec.json.Decoder(EvaluationFinalized).decode
_issued: Final = msgspec.json.Decoder(RecommendationsIssued).decode
_items: Final = msgspec.json.Encoder().encode
_answers: Final = msgspec.json.Decoder(dict[str, Answer]).decode
NOBODY: Final = Answer((), ("nothing_needed",))
ISSUED: Final = RecommendationsIssued.type.encode()


def load(file: Path) -> dict[str, Answer]:
    """The table the bench wrote from the product's own rules."""
    return _answers(file.read_bytes())


def situation(result: Any) -> str:
    """Where to look in the table."""
    return "|".join(
        (
            result.predicate,
            result.result_rating or "",
            result.behaviour_rating or "",
            result.employment_kind,
            result.position_title,
            result.root_unit,
            result.unit,
        )
    )


class Training:
    """Results in, recommendation sets and facts out."""

    def __init__(self, table: Answers) -> None:
        self._table = table

    def __call__(self, value: bytes, headers: Headers) -> tuple[UUID, Row, bytes, bytes, Headers]:
        """The inbox row, the effect's row, and the key, value and headers to tell."""
        named = dict(headers)
        identity = UUID(named["ce_id"].decode())
        result = _finalized(value)
        evaluation = result.evaluation_id
        answer = self._table.get(situation(result), NOBODY)
        found = tuple(
            [
                Recommendation(
                    recommendation_id=UUID(
                        bytes=md5(evaluation.bytes + one.course.encode()).digest()  # noqa: S324  # names
                    ),
                    course=one.course,
                    priority=one.priority,
                    jp=one.jp,
                    reasons=one.reasons,
                    alternatives=one.alternatives,
                )
                for one in answer.picks
            ]
        )
        told = encode(
            RecommendationsIssued(
                evaluation_id=evaluation,
                version=1,
                evaluation_version=result.version,
                employee_id=result.employee_id,
                agency_id=result.agency_id,
                import_id=result.import_id,
                rule_version="2026-01",
                recommendations=found,
                notes=answer.notes,
            )
        )
        key = str(result.employee_id).encode()
        follows = UUID(bytes=md5(b"issued" + identity.bytes).digest())  # noqa: S324  # the same
        row = (evaluation, result.employee_id, result.version, _items(found))
        out: Headers = [
            ("ce_specversion", b"1.0"),
            ("ce_id", str(follows).encode()),
            ("ce_type", ISSUED),
            ("ce_source", b"urn:kinerja:training"),
            ("ce_time", named["ce_time"]),
            ("ce_subject", key),
            ("ce_dataschema", b"urn:kinerja:schema:" + ISSUED),
            ("content-type", b"application/json"),
            ("traceparent", named["traceparent"]),
        ]
        return identity, row, key, told, out


class Notifications:
    """Results and recommendations in, notices out."""

    def __init__(self) -> None:
        self._of: dict[bytes, Callable[[UUID, bytes], list[Row]]] = {
            EvaluationFinalized.type.encode(): self._of_result,
            ISSUED: self._of_answer,
        }

    def __call__(self, value: bytes, headers: Headers) -> tuple[UUID, Sequence[Row]]:
        """The inbox row, and notices: 0-2 each."""
        named = dict(headers)
        identity = UUID(named["ce_id"].decode())
        caused = datetime.fromisoformat(named["ce_time"].decode())
        rows = self._of[named["ce_type"]](identity, value)
        return identity, [(*row, caused) for row in rows]

    def _of_result(self, identity: UUID, value: bytes) -> list[Row]:
        result = _finalized(value)
        period = result.period
        params = (
            f'{{"regime":"{result.regime}","predicate":"{result.predicate}","period":'
            f'"{period.kind}","year":{period.year},"number":{period.number},"objection_days":14}}'
        )
        about = result.evaluation_id
        told = [self._row(identity, result.employee_id, "result_ready", params, about)]
        reviewer = result.reviewer_id
        if result.predicate in TO_COACH and reviewer and reviewer != result.employee_id:
            told.append(self._row(identity, reviewer, "coaching_needed", params, about))
        return told

    def _of_answer(self, identity: UUID, value: bytes) -> list[Row]:
        answer = _issued(value)
        if not answer.recommendations:
            return []
        jp = sum([one.jp for one in answer.recommendations])
        params = f'{{"count":{len(answer.recommendations)},"jp":{jp}}}'
        kind = "training_recommended"
        return [self._row(identity, answer.employee_id, kind, params, answer.evaluation_id)]

    @staticmethod
    def _row(identity: UUID, recipient: UUID, kind: str, params: str, about: UUID) -> Row:
        made = md5(identity.bytes + recipient.bytes + kind.encode()).digest()  # noqa: S324  # names
        return UUID(bytes=made), recipient, kind, params, f"/results/{about}", about
