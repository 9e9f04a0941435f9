"""From an export handed in to every evaluation told."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx

from deploy.cli.synthetic import write_export
from deploy.local.environment import HOST
from services.appraisal import workbooks
from tests.bench import machine, talk
from tests.bench.desk import Headers, desk
from tests.bench.facts import YEAR
from tests.bench.knobs import Knobs
from tests.bench.programs import Ours
from tests.bench.results import Row, figure
from tests.bench.site import Site

GOALS: Final = {"xlsx": (">=", 5000.0), "csv": (">=", 15_000.0)}
MEMORY_GOAL: Final = ("<=", 400.0)
STUCK_SECONDS: Final = 900


def imports(site: Site, knobs: Knobs) -> Iterator[Row]:
    """Each format: rows/s to the last fact told, memory, and what reading alone takes."""
    with desk(site) as token:
        for ending in GOALS:
            file = site.folder / f"export.{ending}"
            write_export(file, knobs.rows, seed=5, year=YEAR)
            reading = _read_alone(file, knobs.rows)
            runs = [_once(site, file, knobs.rows, token) for _ in range(knobs.reps)]
            rate = knobs.rows / median(run["seconds"] for run in runs)
            yield figure(
                f"import: {ending}",
                site.name,
                rate,
                "rows/s",
                GOALS[ending],
                rows=knobs.rows,
                reader_share=reading / median(run["cpu"] for run in runs),
                us_app=median(run["cpu"] for run in runs) / knobs.rows * 1e6,
                progress_steps=min(run["steps"] for run in runs),
                reps=knobs.reps,
            )
            peak = max(run["peak"] for run in runs)
            yield figure(f"import: {ending}, memory", site.name, peak, "MiB", MEMORY_GOAL)


def _read_alone(file: Path, rows: int) -> float:
    """CPU seconds the reader takes by itself: each row walked, each cell there, nothing after."""
    before = time.process_time()
    export = workbooks.read(file)
    cells = sum(len(tuple(row.cells)) for row in export)
    took = time.process_time() - before
    if cells != rows * len(export.columns):
        raise RuntimeError(f"the reader gave {cells} cells for {rows} rows")
    return took


def _once(site: Site, file: Path, rows: int, token: Callable[..., Headers]) -> dict[str, Any]:
    site.fresh()
    with Ours().started(site, ("appraisal",)) as running:
        url = f"http://{HOST}:{running.ports['appraisal']}"
        before = running.cpu()
        with httpx.Client(base_url=url, headers=token("personnel_officer"), timeout=120) as office:
            began = time.monotonic()
            with file.open("rb") as content:
                answer = office.post("/imports", files={"file": (file.name, content)})
            where = f"/imports/{answer.raise_for_status().json()['import_id']}"
            seen: set[int] = set()
            while (found := office.get(where).raise_for_status().json())["state"] != "done":
                seen.add(found["rows_done"] or 0)
                running.check()
                if found["state"] == "refused" or time.monotonic() - began > STUCK_SECONDS:
                    raise RuntimeError(f"the import did not end: {found}")
                time.sleep(0.2)
            while site.count("appraisal", "outbox"):
                time.sleep(0.05)
            seconds = time.monotonic() - began
        if found["counts"]["finalised"] != rows:
            raise RuntimeError(f"not all rows were finalised: {found['counts']}")
        cpu, peak = running.cpu() - before, machine.peak_mib(running.pids[0])
        talk.line(f"{site.name} {file.name}: {rows / seconds:,.0f} rows/s, {peak:.0f} MiB")
        return {"seconds": seconds, "cpu": cpu, "peak": peak, "steps": len(seen)}
