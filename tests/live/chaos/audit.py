"""The promises, judged from the topics and the databases alone, without the services' code."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.live.chaos.bus import Record, everything
from tests.live.chaos.poison import LISTENERS, MARK
from tests.live.checker import LOW, SERVICES, TO_COACH, Ask

Facts = Mapping[str, Sequence[Record]]
"""By topic, each fact once, in the order of its first record; poison left out."""
EVALUATIONS, RECOMMENDATIONS = "appraisal.evaluations.v1", "training.recommendations.v1"


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as a service remembers to have told it."""

    identity: str
    key: bytes | None
    payload: bytes


class Audit:
    """All there is to judge by, read once."""

    def __init__(self, servers: str, ask: Ask, poison: Mapping[bytes, str]) -> None:
        self.ask = ask
        self.poison = poison
        self.records = everything(servers, [*LISTENERS, *(f"{one}.dead" for one in LISTENERS)])
        self.facts: Facts = {topic: self._firsts(topic) for topic in LISTENERS}
        self.told = self._told()

    @property
    def repeats(self) -> int:
        """Records too many on the topics: allowed, since every listener knows them again."""
        said = sum(len(self.records[topic]) for topic in LISTENERS)
        return said - len(self.poison) - sum(map(len, self.facts.values()))

    def wrong(self) -> list[str]:
        """Every promise that was not kept; empty when all were."""
        return [
            *self._waiting(),
            *self._on_topics(),
            *self._in_order(),
            *self._versions(),
            *self._sets(),
            *self._notices(),
            *self._digests(),
            *self._dead(),
        ]

    def _firsts(self, topic: str) -> list[Record]:
        found: dict[str, Record] = {}
        for record in self.records[topic]:
            if record.value not in self.poison:
                found.setdefault(record.identity, record)
        return list(found.values())

    def _told(self) -> dict[str, list[Told]]:
        """By topic, in the order of the outbox."""
        found: dict[str, list[Told]] = defaultdict(list)
        query = "select topic, fact_id, key, payload from told where error is null order by id"
        for service in SERVICES:
            for topic, identity, key, payload in self.ask(service, query):
                found[topic].append(Told(_id(identity), key, payload))
        return found

    def _waiting(self) -> Iterator[str]:
        for service in SERVICES:
            [(waiting,)] = self.ask(service, "select count(*) from outbox")
            if waiting:
                yield f"{service}: {waiting} facts wait to be told"
            [(failed,)] = self.ask(service, "select count(*) from told where error is not null")
            if failed:
                yield f"{service}: {failed} facts were refused by the broker"

    def _on_topics(self) -> Iterator[str]:
        """What was told is on its topic as it was told, and nothing else is."""
        for topic, facts in self.facts.items():
            told = {one.identity: (one.key, one.payload) for one in self.told[topic]}
            if len(told) != len(self.told[topic]):
                yield f"{topic}: {len(self.told[topic]) - len(told)} facts were told twice"
            there = {record.identity: (record.key, record.value) for record in facts}
            if lost := told.keys() - there.keys():
                yield f"{topic}: {len(lost)} facts were told and are not there"
            if invented := there.keys() - told.keys():
                yield f"{topic}: {len(invented)} facts are there that nobody told"
            other = [one for one in told.keys() & there.keys() if told[one] != there[one]]
            if other:
                yield f"{topic}: {len(other)} facts say something else than was told"

    def _in_order(self) -> Iterator[str]:
        """The facts of a key lie on one partition, in the order of the outbox."""
        for topic, facts in self.facts.items():
            place = {record.identity: (record.partition, record.offset) for record in facts}
            by_key: dict[bytes | None, list[tuple[int, int]]] = defaultdict(list)
            for one in self.told[topic]:
                if one.identity in place:
                    by_key[one.key].append(place[one.identity])
            apart = sum(len({partition for partition, _ in found}) > 1 for found in by_key.values())
            mixed = sum(found != sorted(found) for found in by_key.values())
            if apart or mixed:
                yield f"{topic}: {apart} keys on several partitions, {mixed} not in order"

    def _versions(self) -> Iterator[str]:
        """The versions of one thing come as 1, 2, 3 …"""
        things = {"workforce.employees.v1": "employee_id"}
        things |= dict.fromkeys((EVALUATIONS, RECOMMENDATIONS), "evaluation_id")
        for topic, thing in things.items():
            found: dict[str, list[int]] = defaultdict(list)
            for record in self.facts[topic]:
                said = json.loads(record.value)
                found[said[thing]].append(said["version"])
            odd = sum(versions != list(range(1, len(versions) + 1)) for versions in found.values())
            if odd:
                yield f"{topic}: {odd} of {len(found)} whose versions are not 1, 2, 3 …"

    def _sets(self) -> Iterator[str]:
        """Every evaluation has one set, which answers its newest version; each was told once."""
        newest: dict[str, int] = {}
        kept = self.ask("appraisal", "select evaluation_id, version from evaluation_version")
        for evaluation, version in kept:
            newest[_id(evaluation)] = max(version, newest.get(_id(evaluation), 0))
        answers = "select evaluation_id, evaluation_version from recommendation_set"
        sets = self.ask("training", answers)
        if len(sets) != len(newest) or {_id(one): version for one, version in sets} != newest:
            yield f"{len(sets)} recommendation sets do not answer {len(newest)} evaluations"
        for topic, name in ((EVALUATIONS, "version"), (RECOMMENDATIONS, "evaluation_version")):
            facts = [json.loads(record.value) for record in self.facts[topic]]
            told = Counter((_id(one["evaluation_id"]), one[name]) for one in facts)
            if told != Counter((_id(evaluation), version) for evaluation, version in kept):
                yield f"{topic}: {told.total()} facts about {len(kept)} versions of evaluations"

    def _notices(self) -> Iterator[str]:
        """Everybody a fact concerns has one row in the inbox for it, and one e-mail to be sent."""
        expected = Counter(
            notice
            for topic in (EVALUATIONS, RECOMMENDATIONS)
            for record in self.facts[topic]
            for notice in _notices_of(record.kind, json.loads(record.value))
        )
        query = "select recipient_id, kind, about from notice where about is not null"
        actual = Counter(
            (_id(recipient), kind, _id(about))
            for recipient, kind, about in self.ask("notifications", query)
        )
        for what, found in (("are missing", expected - actual), ("too many", actual - expected)):
            if found:
                kinds = Counter(kind for _, kind, _ in found.elements())
                yield f"{found.total()} notices {what}: {dict(kinds)}"
        [(unsent,)] = self.ask(
            "notifications",
            "select count(*) from notice full join delivery using (notice_id) "
            "where notice.notice_id is null or delivery.notice_id is null",
        )
        if unsent:
            yield f"{unsent} notices without an e-mail, or e-mails without a notice"

    def _digests(self) -> Iterator[str]:
        """The personnel office is told once of every import with low results."""
        ends = [json.loads(record.value) for record in self.facts["appraisal.imports.v1"]]
        [(done,)] = self.ask("appraisal", "select count(*) from import where state = 'done'")
        if len(ends) != done:
            yield f"{len(ends)} ends were told of {done} imports"
        seen = Counter(
            _id(one["import_id"])
            for one in (json.loads(record.value) for record in self.facts[EVALUATIONS])
            if one["predicate"] in LOW
        )
        if {_id(one["import_id"]): one["low"] for one in ends if one["low"]} != dict(seen):
            yield "imports' ends name other numbers of low results than were told"
        digests = self.ask(
            "notifications", "select import_id from notice where kind = 'low_results_digest'"
        )
        if Counter(_id(one) for (one,) in digests) != Counter(seen.keys()):
            yield f"{len(digests)} digests for {len(seen)} imports with low results"

    def _dead(self) -> Iterator[str]:
        """Dead topics hold the poison, once for each service that heard it, and nothing else."""
        expected: set[tuple[str, str, int, int]] = set()
        found: set[bytes] = set()
        for topic, services in LISTENERS.items():
            for record in self.records[topic]:
                if MARK in record.value:
                    found.add(record.value)
                    place = (record.topic, record.partition, record.offset)
                    expected |= {(service, *place) for service in services}
        if found != self.poison.keys():
            yield f"{len(found)} kinds of poison on the topics, {len(self.poison)} were put there"
        dead = [one for topic in LISTENERS for one in self.records[f"{topic}.dead"]]
        actual = {_origin(one) for one in dead if one.value in self.poison}
        if actual != expected:
            yield (
                f"dead topics: {len(expected - actual)} records are missing, "
                f"{len(actual - expected)} are of nothing that was put there"
            )
        if others := [one for one in dead if one.value not in self.poison]:
            reasons = Counter(one.headers["dead_reason"].decode() for one in others)
            yield f"dead topics: {len(others)} that are no poison: {dict(reasons)}"
        told = sum(len(self.told[f"{topic}.dead"]) for topic in LISTENERS)
        if told != len(expected):
            yield f"{told} dead letters were told of {len(expected)}"


def _notices_of(kind: str, said: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Who must be told what of a fact: recipient, kind of notice, evaluation."""
    employee, about = _id(said["employee_id"]), _id(said["evaluation_id"])
    if kind == "evaluation.finalized.v1":
        yield employee, "result_ready", about
    elif kind == "evaluation.superseded.v1":
        yield employee, "result_corrected", about
    elif said["recommendations"]:
        issued = kind == "recommendations.issued.v1"
        yield employee, "training_recommended" if issued else "training_changed", about
    elif said.get("withdrawn"):
        yield employee, "training_withdrawn", about
    reviewer = _id(said.get("reviewer_id") or "")
    if kind.startswith("evaluation.") and reviewer and reviewer != employee:
        if said["predicate"] in TO_COACH:
            yield reviewer, "coaching_needed", about
        elif said.get("previous_predicate") in TO_COACH:
            yield reviewer, "coaching_lifted", about


def _origin(dead: Record) -> tuple[str, str, int, int]:
    said = {name: value.decode() for name, value in dead.headers.items()}
    return (
        said["dead_service"],
        said["dead_topic"],
        int(said["dead_partition"]),
        int(said["dead_offset"]),
    )


def _id(value: object) -> str:
    """An id as text, without dashes."""
    return str(value).replace("-", "")
