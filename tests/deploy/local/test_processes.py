import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.environment import PROJECT
from deploy.local.processes import FOUNDATIONS, PROCFILE, Processes, commands
from deploy.local.serve import OWN_MAIN, SERVED

NOTES_ITS_END = """
trap 'echo {name} >> {notes}; exit 0' TERM
echo ready >> {folder}/{name}.ready
while true; do sleep 0.05; done
"""


def until(true: Callable[[], bool], seconds: float = 10) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.02)


def procfile(folder: Path, **lines: str) -> Path:
    file = folder / "Procfile"
    file.write_text("".join(f"{name}: {line}\n" for name, line in lines.items()))
    return file


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_our_procfile_starts_each_process_once_by_its_name() -> None:
    assert commands(PROCFILE) == {
        name: f"exec python -m deploy.local.serve {name}" for name in (*OWN_MAIN, *SERVED)
    }
    assert tuple(commands(PROCFILE))[: len(FOUNDATIONS)] == FOUNDATIONS


def test_comments_and_blank_lines_start_nothing(tmp_path: Path) -> None:
    file = tmp_path / "Procfile"
    file.write_text("# web: no\n\nweb:  sleep 1 \n")
    assert commands(file) == {"web": "sleep 1"}


def test_each_process_has_a_log_and_the_one_before_is_kept(tmp_path: Path) -> None:
    file = procfile(tmp_path, a="echo $WORD; echo oops >&2", b="echo b")
    with Processes(tmp_path, {"WORD": "one"}, procfile=file) as processes:
        processes.start("a", "b")
        processes.wait("a", seconds=10)
        assert processes.log("a").read_text() == "one\noops\n"
        processes.start("a")
        processes.wait("a", seconds=10)
        assert (tmp_path / "a.log.1").read_text() == "one\noops\n"


def test_python_in_the_procfile_is_the_one_we_run_on(tmp_path: Path) -> None:
    file = procfile(tmp_path, a="exec python -c 'import sys; print(sys.executable)'")
    with Processes(tmp_path, {"PATH": "/usr/bin:/bin"}, procfile=file) as processes:
        processes.start("a")
        processes.wait("a", seconds=10)
        assert Path(processes.log("a").read_text().strip()).parent == Path(sys.executable).parent


def test_a_process_that_ends_by_itself_is_named_with_its_code_and_last_words(
    tmp_path: Path,
) -> None:
    file = procfile(tmp_path, good="exec sleep 30", bad="seq 20; exit 3")
    with Processes(tmp_path, {"PATH": os.environ["PATH"]}, procfile=file) as processes:
        processes.start("good")
        assert processes.ended() is None
        processes.start("bad")
        until(lambda: processes.ended() is not None)
        ended = processes.ended()
        assert ended is not None
        assert (ended.name, ended.code) == ("bad", 3)
        assert ended.last_lines(2) == ["19", "20"]


def test_what_others_stand_on_ends_last(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    names = ("broker", "desk", "appraisal", "portal")
    for name in names:
        (tmp_path / f"{name}.sh").write_text(
            NOTES_ITS_END.format(name=name, notes=notes, folder=tmp_path)
        )
    file = procfile(tmp_path, **{name: f"exec sh {tmp_path}/{name}.sh" for name in names})
    with Processes(tmp_path, {"PATH": os.environ["PATH"]}, procfile=file) as processes:
        processes.start(*processes.names)
        until(lambda: all((tmp_path / f"{name}.ready").exists() for name in names))
    ended = notes.read_text().split()
    assert set(ended[:2]) == {"appraisal", "portal"}
    assert set(ended[2:]) == {"broker", "desk"}


def test_a_process_that_will_not_end_is_killed_with_all_it_started(tmp_path: Path) -> None:
    stubborn = f"trap '' TERM; sleep 60 & echo $! > {tmp_path}/child; wait; sleep 60"
    file = procfile(tmp_path, stubborn=stubborn)
    processes = Processes(tmp_path, {"PATH": os.environ["PATH"]}, procfile=file)
    processes.start("stubborn")
    pid = processes.pids()["stubborn"]
    until(lambda: (tmp_path / "child").exists() and (tmp_path / "child").read_text() != "")
    child = int((tmp_path / "child").read_text())
    processes.stop(grace=0.3)
    assert not alive(pid)
    until(lambda: not alive(child) or is_zombie(child))


def test_whoever_cannot_wait_kills_the_rest(tmp_path: Path) -> None:
    file = procfile(tmp_path, stubborn=f"trap '' TERM; touch {tmp_path}/ready; sleep 60; sleep 60")
    processes = Processes(tmp_path, {"PATH": os.environ["PATH"]}, procfile=file)
    processes.start("stubborn")
    pid = processes.pids()["stubborn"]
    until((tmp_path / "ready").exists)
    ctrl_c = threading.Timer(0.3, signal.raise_signal, [signal.SIGINT])
    ctrl_c.start()
    processes.stop()
    ctrl_c.join()
    assert not alive(pid)


def is_zombie(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" in status.read_text()


def test_an_error_in_the_block_ends_them_too(tmp_path: Path) -> None:
    file = procfile(tmp_path, a="exec sleep 60")
    processes = Processes(tmp_path, {"PATH": os.environ["PATH"]}, procfile=file)
    processes.start("a")
    pid = processes.pids()["a"]
    with pytest.raises(ZeroDivisionError), processes:
        raise ZeroDivisionError
    assert not alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children")
def test_nothing_is_left_over_when_the_one_who_started_it_is_killed(tmp_path: Path) -> None:
    child = (
        "from deploy.local.serve import end_with_parent as e; import os, time; e();"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])",
        ],
        cwd=PROJECT,
    )
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text() != "")
    pid = int((tmp_path / "pid").read_text())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    until(lambda: not alive(pid) or is_zombie(pid))
