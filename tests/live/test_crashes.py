"""Whatever dies in the middle of an import: nothing lost, nothing twice."""

import random
import signal
import time
from pathlib import Path

import pytest

from deploy.cli.synthetic import write_export
from tests.live import checker
from tests.live.running import Running

pytestmark = [pytest.mark.live, pytest.mark.timeout(420)]

FEW, ROWS = 8_000, 20_000


def all_told(running: Running, import_id: str) -> bool:
    state = running.get("appraisal", f"/imports/{import_id}")
    return state["state"] == "done" and not checker.what_is_wrong(running.stack.data)


def settle(running: Running, import_id: str, seconds: float = 180) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            if all_told(running, import_id):
                return
        except Exception:  # noqa: BLE001  # a service may still be on its way up
            time.sleep(0.5)
        time.sleep(0.5)
    state = running.get("appraisal", f"/imports/{import_id}")
    pytest.fail(f"{state['state']}: {checker.what_is_wrong(running.stack.data)}")


def rows_kept(running: Running) -> int:
    [(kept,)] = checker.rows(running.database("appraisal"), "select sum(kept) from import")
    return kept or 0


def wait_for_rows(running: Running, at_least: int) -> None:
    running.wait(lambda: rows_kept(running) >= at_least, seconds=60, what=f"{at_least} rows kept")


@pytest.mark.parametrize("victim", ["appraisal", "broker"])
def test_a_process_killed_in_the_middle_of_an_import_and_started_again_loses_and_doubles_nothing(
    running: Running, tmp_path: Path, victim: str
) -> None:
    export = tmp_path / "export.xlsx"
    write_export(export, FEW, seed=7, year=2025)
    import_id = running.hand_in(export)
    wait_for_rows(running, 2_000)
    assert rows_kept(running) < FEW, "too late to prove anything"
    running.kill(victim)
    time.sleep(1)
    running.start(victim)
    settle(running, import_id)
    assert len(checker.evaluations(running.database("appraisal"))) == FEW
    assert checker.what_is_wrong(running.stack.data) == []


def test_all_of_them_killed_again_and_again_lose_and_double_nothing(
    running: Running, tmp_path: Path
) -> None:
    chance = random.Random(11)
    export = tmp_path / "export.xlsx"
    write_export(export, ROWS, seed=8, year=2025)
    import_id = running.hand_in(export)
    for _ in range(6):
        victim = chance.choice(["appraisal", "training", "notifications", "broker"])
        how = chance.choice([signal.SIGKILL, signal.SIGTERM])
        time.sleep(chance.uniform(0.3, 2.0))
        running.kill(victim, how)
        time.sleep(chance.uniform(0.2, 1.0))
        running.kill(victim)  # a drain under way is cut off
        time.sleep(0.3)
        running.start(victim)
    settle(running, import_id, seconds=240)
    assert len(checker.evaluations(running.database("appraisal"))) == ROWS


def test_two_imports_at_once_both_end_whole(running: Running, tmp_path: Path) -> None:
    files = [tmp_path / "2024.xlsx", tmp_path / "2025.xlsx"]
    for file, year in zip(files, (2024, 2025), strict=True):
        write_export(file, 3_000, seed=9, year=year)
    handed_in = [running.hand_in(file) for file in files]
    for import_id in handed_in:
        settle(running, import_id)
    assert len(checker.evaluations(running.database("appraisal"))) == 6_000


def test_sigterm_ends_every_service_in_good_order(running: Running, tmp_path: Path) -> None:
    export = tmp_path / "export.xlsx"
    write_export(export, 5_000, seed=10, year=2025)
    import_id = running.hand_in(export)
    wait_for_rows(running, 1_000)
    for service in ("appraisal", "training", "notifications"):
        running.kill(service, signal.SIGTERM)
        assert running.end(service) == 0, running.log(service).read_text()[-2000:]
        running.start(service)
    settle(running, import_id)
