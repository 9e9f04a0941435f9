"""What `python -m shared.replay` can be asked for."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.replay.__main__ import arguments, say


def test_a_service_and_nothing_else_means_all_that_is_missing() -> None:
    asked = arguments(["training"])
    assert (asked.service, asked.since, asked.employee) == ("training", None, None)
    assert (asked.again, asked.to_end, asked.dry_run) == (False, False, False)


def test_an_image_knows_which_service_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINERJA_SERVICE", "notifications")
    assert arguments(["--dry-run"]).service == "notifications"


def test_moments_and_employees_are_read() -> None:
    asked = arguments(
        ["training", "--since", "2026-11-24T08:00:00+00:00", "--employee", str(UUID(int=7))]
    )
    assert asked.since == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert asked.employee == UUID(int=7)


@pytest.mark.parametrize(
    "given",
    [
        [],
        ["../training"],
        ["training", "--since", "yesterday"],
        ["training", "--since", "2026-11-24T08:00:00"],
        ["training", "--employee", "Rini"],
    ],
)
def test_what_makes_no_sense_is_refused(
    given: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KINERJA_SERVICE", raising=False)
    with pytest.raises(SystemExit):
        arguments(given)
    assert "shared.replay" in capsys.readouterr().err


def test_it_speaks_in_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    say(progress={"done": 1, "of": 2})
    assert capsys.readouterr().out == '{"progress":{"done":1,"of":2}}\n'
