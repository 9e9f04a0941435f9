"""A whole embedded stack with one import done, and a Chromium in front of it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.environment import PROJECT, SERVICES
from tests.live.browser.chromium import Browser, chromium, program
from tests.live.running import Running, run

SAMPLES = PROJECT / "samples"
NOW, BEFORE = (SAMPLES / f"laporan-penilaian-skp-{year}.xlsx" for year in (2025, 2024))


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, on_embedded: None) -> Iterator[Running]:
    """Every process of the stack, the portal included; the newer sample is imported."""
    if program() is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    folder = tmp_path_factory.mktemp("stack")
    with run(folder, (*SERVICES, "portal")) as running:
        settle(running, running.hand_in(NOW))
        yield running


@pytest.fixture
def browser(stack: Running, tmp_path: Path) -> Iterator[Browser]:
    """A Chromium of its own for each test; what goes wrong in its pages fails the test."""
    with chromium(tmp_path) as one:
        one.look()
        one.address = stack.stack.url("portal")
        yield one
        assert one.said == []


def settle(running: Running, import_id: str) -> None:
    """Wait until an import and what follows from it is done."""

    def done() -> bool:
        told = running.get("appraisal", f"/imports/{import_id}")
        sums = running.get("training", "/recommendations/summary", import_id=import_id)
        noticed = running.get("notifications", "/notices/summary", import_id=import_id)
        counts = told["counts"]
        assert isinstance(counts, dict)
        return (
            told["state"] == "done"
            and sums["sets"] == counts["finalised"]
            and int(str(noticed["inbox"])) >= counts["finalised"]
        )

    running.wait(done, seconds=90, what=f"the import {import_id} and its notices")


def truth(file: Path) -> dict[str, list[object]]:
    """What a sample really holds."""
    found: dict[str, list[object]] = json.loads(
        file.with_name(f"{file.name}.truth.json").read_text()
    )
    return found
