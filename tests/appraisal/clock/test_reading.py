"""From a file handed in to what is kept and told."""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from services.appraisal.clock.keeping import Chunk
from shared.events import EvaluationFinalized, EvaluationSuperseded, ImportCompleted
from shared.events.words import LOW
from tests.appraisal.clock.kept import results
from tests.services.exports import ABOVE, BELOW, JAKA, RINI, made, nip, sample, truth
from tests.services.facts import said
from tests.services.issuer import BUNGO
from tests.services.stage import Stage

PREDICATES = {
    "SANGAT BAIK": "VERY_GOOD",
    "BAIK": "GOOD",
    "BUTUH PERBAIKAN": "NEEDS_IMPROVEMENT",
    "KURANG": "POOR",
    "SANGAT KURANG": "VERY_POOR",
}
RATINGS = {1: "ABOVE", 2: "MEETS", 3: "BELOW"}


@contextmanager
def crash_at(stage: Stage, table: str, time: int) -> Iterator[None]:
    """Let the process die, as it were, when it writes to a table for the nth time."""
    seen = Counter[str]()

    def on_execute(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(f"INSERT INTO {table} "):
            seen[table] += 1
            if seen[table] == time:
                raise SystemError("the process dies here")

    engine = stage.appraisal.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", on_execute)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", on_execute)


@pytest.mark.parametrize("year", [2024, 2025])
async def test_the_sample_comes_out_as_its_truth_says(stage: Stage, year: int) -> None:
    done = await stage.hand_in(sample(year).read_bytes())
    expected = truth(year)["counts"]
    counts = done["counts"]
    assert (done["state"], done["rows"], done["rows_done"]) == (
        "done", expected["rows"], expected["rows"],
    )  # fmt: skip
    assert counts["finalised"] == expected["valid"]
    assert counts["rejected"] == expected["rejected"]
    assert counts["set_aside"] == expected["rows"] - expected["valid"] - expected["rejected"]
    assert counts["warned"] == len(truth(year)["warned"])
    assert (counts["superseded"], counts["unchanged"]) == (0, 0)
    kept = {
        number: (one["result_rating"], one["behaviour_rating"], one["predicate"])
        for number, one in (await results(stage)).items()
    }
    assert kept == {
        number: (RATINGS[one["result"]], RATINGS[one["behaviour"]], PREDICATES[one["predicate"]])
        for number, one in truth(year)["valid"].items()
    }


async def test_all_that_is_kept_is_told_and_the_end_says_how_much(stage: Stage) -> None:
    done = await stage.hand_in(sample(2025).read_bytes())
    told = said(await stage.collect())
    kinds = Counter(fact.type for fact in told)
    [(employees,)] = await stage.appraisal.query("select count(*) from employee")
    assert kinds == {
        "employee.registered.v1": employees,
        "evaluation.finalized.v1": 588,
        "import.completed.v1": 1,
    }
    low = sum(isinstance(fact, EvaluationFinalized) and fact.predicate in LOW for fact in told)
    end = told[-1]
    assert isinstance(end, ImportCompleted)
    assert end.import_id == UUID(done["import_id"])
    assert (end.told, end.low, end.rejected, end.set_aside) == (588, low, 12, 3)
    assert low > 0


async def test_everybody_is_registered_before_a_result_is_told_of_him(stage: Stage) -> None:
    await stage.hand_in(sample(2025).read_bytes())
    known: set[UUID] = set()
    for fact in said(await stage.collect()):
        if isinstance(fact, EvaluationFinalized):
            assert {fact.employee_id, fact.reviewer_id} - {None} <= known
        else:
            known.add(fact.key)


async def test_the_same_file_again_changes_nothing(stage: Stage) -> None:
    first = await stage.hand_in(sample(2025).read_bytes())
    await stage.collect()
    again = await stage.hand_in(sample(2025).read_bytes(), filename="salinan.xlsx")
    assert again["import_id"] == first["import_id"]
    assert await stage.collect() == []


async def test_a_corrected_row_supersedes_and_the_others_stay(stage: Stage) -> None:
    rows = [{"nip": nip(number)} for number in range(5)]
    before = made(*rows)
    corrected = made(rows[0] | {"hasil_kerja": BELOW}, *rows[1:])
    await stage.hand_in(before)
    await stage.collect()
    second = await stage.hand_in(corrected)
    assert second["counts"]["finalised"] == 5
    assert (second["counts"]["superseded"], second["counts"]["unchanged"]) == (1, 4)
    changed, end = said(await stage.collect())
    assert isinstance(changed, EvaluationSuperseded)
    assert (changed.version, changed.previous_version, changed.previous_predicate) == (2, 1, "GOOD")
    assert isinstance(end, ImportCompleted)
    assert (end.told, end.low) == (1, 0)

    third = await stage.hand_in(before)
    assert third["import_id"] != second["import_id"]
    back, _ = said(await stage.collect())
    assert isinstance(back, EvaluationSuperseded)
    assert (back.version, back.evaluation_id) == (3, changed.evaluation_id)
    assert back.predicate == "GOOD"
    versions = await stage.appraisal.query(
        "select version from evaluation_version where evaluation_id = :id order by version",
        id=changed.evaluation_id.hex,
    )
    assert versions == [(1,), (2,), (3,)]


@pytest.mark.parametrize(
    ("table", "time"),
    [
        ("import_finding", 1),  # judged, nothing kept yet
        ("employee", 3),  # in the middle of the third chunk
        ("evaluation_version", 5),
        ("outbox", 6),  # all kept, the end not told
    ],
)
async def test_after_a_crash_another_goes_on_and_nothing_is_there_twice(
    stage: Stage, table: str, time: int
) -> None:
    rows = [{"nip": nip(number)} for number in range(60)]
    half = rows[7] | {"periode_akhir_skp": "2025-06-30"}
    await stage.hand_in(made(*rows, half, {"nip": nip(70), "hasil_kerja": "BAGUS"}), read=False)
    with crash_at(stage, table, time), pytest.raises(SystemError):
        await stage.reader(import_batch=12).read_next()
    assert not await stage.reader().read_next(), "it is still leased"
    await stage.let_leases_run_out()
    await stage.read_imports(reader=stage.reader(import_batch=12))
    async with stage.officer() as officer:
        [done] = (await officer.get("/imports")).json()["items"]
        listed = await officer.get(f"/imports/{done['import_id']}/findings")
    assert done["state"] == "done"
    assert done["counts"] == {
        "finalised": 60, "superseded": 0, "unchanged": 0,
        "rejected": 1, "set_aside": 1, "warned": 1,
    }  # fmt: skip
    told = said(await stage.collect())
    evaluations = [fact.evaluation_id for fact in told if isinstance(fact, EvaluationFinalized)]
    assert len(evaluations) == len(set(evaluations)) == 60
    registered = [fact.key for fact in told if fact.type == "employee.registered.v1"]
    assert len(registered) == len(set(registered)) == 61
    codes = [one["code"] for one in listed.json()["items"]]
    assert codes == ["superseded_by_later_period", "rating_unknown"]


async def test_who_was_taken_for_dead_stops_though_the_next_rows_are_made_already(
    stage: Stage,
) -> None:
    await stage.hand_in(made(*({"nip": nip(number)} for number in range(60))), read=False)
    slow, kept = stage.reader(import_batch=12), []
    keep_chunk = slow._keep_chunk

    async def keep_slowly(import_id: UUID, chunk: Chunk) -> bool:
        if len(kept) == 2:  # so the third is made, and waits
            await stage.let_leases_run_out()
            assert await stage.reader(import_batch=12).read_next()
        kept.append(await keep_chunk(import_id, chunk))
        return kept[-1]

    slow._keep_chunk = keep_slowly  # type: ignore[method-assign]  # between its steps
    assert await slow.read_next()
    assert kept == [True, True, False]
    told = said(await stage.collect())
    evaluations = [fact.evaluation_id for fact in told if isinstance(fact, EvaluationFinalized)]
    assert len(evaluations) == len(set(evaluations)) == 60
    assert [fact.type for fact in told].count("import.completed.v1") == 1


async def test_told_to_end_a_reader_gives_its_import_back_and_another_goes_on_at_once(
    stage: Stage,
) -> None:
    await stage.hand_in(made(*({"nip": nip(number)} for number in range(60))), read=False)
    first, kept = stage.reader(import_batch=12), 0
    keep_chunk = first._keep_chunk

    async def told_to_end(import_id: UUID, chunk: Chunk) -> bool:
        nonlocal kept
        kept += 1
        if kept == 3:
            reading.cancel()
        return await keep_chunk(import_id, chunk)

    first._keep_chunk = told_to_end  # type: ignore[method-assign]  # between its steps
    reading = asyncio.create_task(first.read_next())
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert await stage.reader(import_batch=12).read_next(), "it is not leased any more"
    told = said(await stage.collect())
    evaluations = [fact.evaluation_id for fact in told if isinstance(fact, EvaluationFinalized)]
    assert len(evaluations) == len(set(evaluations)) == 60
    assert [fact.type for fact in told].count("import.completed.v1") == 1


async def test_an_import_that_kills_whoever_reads_it_is_given_up(stage: Stage) -> None:
    await stage.hand_in(made({}), read=False)
    for _ in range(3):  # the first one came as far as its beginning, so two more are made
        with crash_at(stage, "evaluation_version", 1), pytest.raises(SystemError):
            await stage.reader(import_attempts=2).read_next()
        await stage.let_leases_run_out()
    await stage.read_imports(reader=stage.reader(import_attempts=2))
    async with stage.officer(language="en") as officer:
        [done] = (await officer.get("/imports")).json()["items"]
    assert (done["state"], done["refused"]["code"]) == ("refused", "given_up")
    assert "2 times" in done["refused"]["text"]
    assert [fact.type for fact in said(await stage.collect())] == ["import.completed.v1"]
    again = await stage.hand_in(made({}))
    assert (again["state"], again["counts"]["finalised"]) == ("done", 1)


OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"<html><body>Sesi berakhir</body></html>", "html"),
        (OLE, "old_excel"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        (sample(2025).read_bytes()[:9000], "cut_off"),
        (b"satu;dua\n1;2\n", "not_export"),
        (made({}, leave_out=["perilaku_kerja"]), "missing_columns"),
        (made({}) + made({}), "two_headers"),
        (made(), "no_rows"),
        (made({}, instansi="Pemerintah Kabupaten Bungo"), "other_agency"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_file_that_is_no_export_of_the_agency_leaves_nothing_behind(
    stage: Stage, content: bytes, code: str
) -> None:
    refused = await stage.hand_in(content)
    assert (refused["state"], refused["refused"]["code"]) == ("refused", code)
    async with stage.officer(language="en") as officer:
        english = (await officer.get(f"/imports/{refused['import_id']}")).json()["refused"]
    for said_in_both in ("text", "remedy"):
        assert refused["refused"][said_in_both] != english[said_in_both]
    for table in ("employee", "evaluation", "evaluation_version", "import_part", "outbox"):
        assert await stage.appraisal.query(f"select count(*) from {table}") == [(0,)]  # noqa: S608  # our own names
    again = await stage.hand_in(content)
    assert again["import_id"] != refused["import_id"], "it may be that our reader was mended"


async def test_the_same_export_is_good_for_the_agency_it_names(stage: Stage) -> None:
    export = made({}, instansi="Pemerintah Kabupaten Bungo")
    assert (await stage.hand_in(export, agency_id=BUNGO))["state"] == "done"


async def test_two_readers_on_two_imports_of_the_same_people_keep_all_in_order(
    stage: Stage,
) -> None:
    people = [{"nip": nip(number)} for number in range(60)]
    better = [row | {"hasil_kerja": ABOVE} for row in people]
    await stage.hand_in(made(*people), read=False)
    await stage.hand_in(made(*better), read=False)
    one, other = stage.reader(import_batch=7), stage.reader(import_batch=11)
    assert all(await asyncio.gather(one.read_next(), other.read_next()))
    assert not await one.read_next()
    told = said(await stage.collect())
    versions: dict[UUID, list[int]] = {}
    for fact in told:
        if isinstance(fact, EvaluationFinalized | EvaluationSuperseded):
            versions.setdefault(fact.employee_id, []).append(fact.version)
    assert len(versions) == 60
    assert all(found in ([1], [1, 2]) for found in versions.values())
    [(people_kept,)] = await stage.appraisal.query("select count(*) from employee")
    assert people_kept == 61, "and the one who appraises them"
    registered = [fact.key for fact in told if fact.type == "employee.registered.v1"]
    assert len(registered) == len(set(registered)) == 61


async def test_nobodys_nip_is_kept_or_told_in_the_clear(stage: Stage, log_lines: Any) -> None:
    secret = {JAKA, RINI, *(nip(number) for number in range(3)), *truth(2025)["valid"]}
    waiting = made(*({"nip": nip(number)} for number in range(3)), {"nip": "19850315"})
    await stage.hand_in(waiting, read=False)
    assert not secret & digits(files(stage)), "while it waits"
    await stage.read_imports()
    await stage.hand_in(sample(2025).read_bytes())
    await stage.carry()
    clear = files(stage) + log_lines.getvalue() + "".join(map(str, stage.told))
    assert len(clear) > 1_000_000
    assert not secret & digits(clear)
    found = digits(f"a key like {JAKA} or 00{JAKA}")
    assert found == {JAKA, f"00{JAKA}"[:18], f"00{JAKA}"[1:19]}, "the search finds what is there"


def files(stage: Stage) -> str:
    """All a service has on disk, byte for byte."""
    return "".join(
        file.read_bytes().decode("latin-1") for file in sorted(stage.folder.glob("*.db*"))
    )


def digits(text: str) -> set[str]:
    """Everything in the text that might be a NIP."""
    return {
        run[start : start + 18]
        for run in re.findall(r"\d{18,}", text)
        for start in range(len(run) - 17)
    }
