"""What is in the clear for a moment, and what a killed process leaves of it."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from services.appraisal.clock.scratch import PREFIX, scratch, sweep


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_nobody_else_may_look_into_the_folder_and_it_does_not_stay() -> None:
    with scratch() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        (folder / "export").write_text("nip")
    assert not folder.exists()


def test_what_dead_processes_left_goes_and_what_living_ones_use_stays(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        check=True,
        text=True,
    )
    gone = done.stdout.strip()
    left, earlier = tmp_path / f"{PREFIX}{gone}-a", tmp_path / f"{PREFIX}{os.getpid()}-b"
    living, foreign = tmp_path / f"{PREFIX}{os.getppid()}-c", tmp_path / f"{PREFIX}somebody"
    for folder in (left, earlier, living, foreign):
        folder.mkdir()
        (folder / "export").write_text("nip")
    sweep()
    assert {folder for folder in tmp_path.iterdir() if PREFIX in folder.name} == {living, foreign}
