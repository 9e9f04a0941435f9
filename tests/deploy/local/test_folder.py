import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.local.environment import Stack
from deploy.local.folder import environment, kept_secret, prepare


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    stack = Stack(data=tmp_path / "data")
    prepare(stack)
    return stack


def test_secrets_are_made_once_and_only_their_owner_may_read_them(stack: Stack) -> None:
    assert stat.S_IMODE(stack.keys.stat().st_mode) == 0o700
    kept = {file.name: file.read_bytes() for file in stack.keys.iterdir()}
    assert kept.keys() == {"appraisal.key", "portal.key"}
    assert all(len(secret) == 64 for secret in kept.values())
    for file in stack.keys.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    prepare(stack)
    assert {file.name: file.read_bytes() for file in stack.keys.iterdir()} == kept


def test_many_who_ask_at_once_get_the_same_secret(tmp_path: Path) -> None:
    made = iter(range(100))
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(kept_secret, tmp_path / "key", lambda: b"%d" % next(made))
            for _ in range(32)
        ]
    assert len({one.result() for one in asked}) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_a_secret_reaches_only_the_process_it_is_for(stack: Stack) -> None:
    assert "APPRAISAL_SECRET_KEY" in environment(stack, {}, "appraisal")
    assert "PORTAL_SESSION_KEY" not in environment(stack, {}, "appraisal")
    for name in ("training", "notifications", "desk", "broker"):
        knobs = environment(stack, {}, name)
        assert not {"APPRAISAL_SECRET_KEY", "PORTAL_SESSION_KEY"} & knobs.keys()


def test_what_the_caller_says_comes_first(stack: Stack) -> None:
    knobs = environment(
        stack,
        {"KINERJA_PROFILE": "production", "APPRAISAL_SECRET_KEY": "mine", "KINERJA_ISSUER": ""},
        "appraisal",
    )
    assert knobs["KINERJA_PROFILE"] == "production"
    assert knobs["APPRAISAL_SECRET_KEY"] == "mine"
    assert knobs["KINERJA_ISSUER"] == "http://127.0.0.1:8104", "an empty variable says nothing"


def test_a_broker_of_the_callers_own_is_met_as_any_other(stack: Stack) -> None:
    embedded = environment(stack, {}, "training")
    assert embedded["KINERJA_KAFKA_IDEMPOTENT"] == "false"
    assert embedded == environment(stack, embedded, "training"), "twice is the same as once"
    own = {"KINERJA_KAFKA_SERVERS": "kafka.example:9092", "KINERJA_KAFKA_REPLICATION": "1"}
    knobs = environment(stack, own, "training")
    assert {key: knobs[key] for key in knobs if key.startswith("KINERJA_KAFKA_")} == own


def test_a_folder_that_cannot_be_written_to_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file is in the way")
    with pytest.raises(OSError, match="data"):
        prepare(Stack(data=tmp_path / "data"))
