import json
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from typer.testing import CliRunner, Result

from deploy.cli import app
from deploy.cli.doctor import examination
from deploy.cli.doctor.findings import Finding
from tests.deploy.cli.kafka import TOPIC, Broker


def kinerja(*arguments: str) -> Result:
    return CliRunner().invoke(app.app, arguments)


def test_lag_exits_1_only_where_a_service_is_further_behind_than_allowed(broker: Broker) -> None:
    broker.put(TOPIC, timestamp=1_000)
    broker.committed = {("notifications", TopicPartition(TOPIC, 0)): 1}
    ran = kinerja("lag")
    assert ran.exit_code == 0
    assert "training: 1 messages behind" in ran.output
    assert "notifications: 0 messages behind, 0 s." in ran.output
    assert kinerja("lag", "--max-seconds", "60").exit_code == 1
    assert kinerja("lag", "--max-seconds", "1e12").exit_code == 0


def test_lag_as_json_names_every_partition(broker: Broker) -> None:
    broker.make(TOPIC, 4)
    found = json.loads(kinerja("lag", "--json").stdout)
    assert (found["messages"], found["seconds"], found["late"]) == (0, 0, False)
    assert len(found["partitions"]) == 8


def test_lag_says_what_expired(broker: Broker) -> None:
    where = TopicPartition(TOPIC, 0)
    for _ in range(5):
        broker.put(TOPIC)
    broker.first[where] = 3
    broker.committed = {("training", where): 1, ("notifications", where): 5}
    said = kinerja("lag").output
    assert "training: 2 messages were deleted before they were read" in said


def test_lag_without_topics_says_so(broker: Broker) -> None:
    assert "none of our topics" in kinerja("lag").output


@pytest.mark.parametrize(
    ("finding", "strict", "code"),
    [
        (Finding.ok("topics"), True, 0),
        (Finding.note("clock_unknown"), True, 0),
        (Finding.warning("dead", count=2), False, 0),
        (Finding.warning("dead", count=2), True, 1),
        (Finding.problem("topic_missing", topic="a"), False, 1),
    ],
)
def test_the_doctor_exits_1_where_something_is_wrong(
    finding: Finding, strict: bool, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KINERJA_DATA", str(tmp_path))
    monkeypatch.setattr(examination, "examine", lambda _site: [finding])
    ran = kinerja("doctor", *(["--strict"] if strict else []))
    assert ran.exit_code == code
    assert finding.text in ran.output
    assert (finding.remedy or finding.text) in ran.output
    told = json.loads(kinerja("doctor", "--json").stdout)
    assert told["findings"][0]["code"] == finding.code
    assert told["counts"][finding.level] == 1


def test_brief_leaves_out_what_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [Finding.ok("topics"), Finding.warning("dead", count=2)]
    monkeypatch.setattr(examination, "examine", lambda _site: found)
    said = kinerja("doctor", "--brief").output
    assert found[0].text not in said
    assert found[1].text in said
