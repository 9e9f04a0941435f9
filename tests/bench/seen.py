"""When inbox rows became visible to others: by PostgreSQL's own commit times, or by looking."""

import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

from tests.bench.embedded import Embedded
from tests.bench.production import Production
from tests.bench.programs import Program
from tests.bench.site import Site

LOOK_SECONDS: Final = 0.002
Seen = Mapping[UUID, datetime]
"""By evaluation, when its row could first be read."""


class Watch(Protocol):
    """Sees inbox rows come."""

    def seen(self, kind: str) -> Seen:
        """All rows of a kind."""

    def wait(self, about: Collection[UUID], *, seconds: float) -> None:
        """Wait until each of these evaluations has all its rows: its result, then the training."""


@contextmanager
def watching(site: Site, program: Program) -> Iterator[Watch]:
    """Watch the inbox rows a program makes on a site."""
    if isinstance(site, Production):
        yield _ByCommit(site, program)
        return
    assert isinstance(site, Embedded)
    with closing(_ByLooking(site, program)) as watch:
        yield watch


class _ByCommit:
    """PostgreSQL notes when each transaction was committed: nothing has to look meanwhile."""

    def __init__(self, site: Production, program: Program) -> None:
        self._site = site
        self._program = program

    def seen(self, kind: str) -> Seen:
        rows = self._site.ask(
            self._program.database("notifications"),
            "select about, pg_xact_commit_timestamp(xmin) as at from notice "  # noqa: S608  # our own word
            f"where kind = '{kind}' and about is not null",
        )
        return {row["about"]: row["at"] for row in rows}

    def wait(self, about: Collection[UUID], *, seconds: float) -> None:
        _wait(self, self._site, self._program, about, seconds=seconds)


class _ByLooking:
    """SQLite notes no times: a thread asks for new rows every other millisecond."""

    def __init__(self, site: Embedded, program: Program) -> None:
        self._site = site
        self._program = program
        self._file = site.stack.data / f"{program.database('notifications')}.db"
        self._seen: dict[str, dict[UUID, datetime]] = defaultdict(dict)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(self._file,), daemon=True)
        self._thread.start()

    def _look(self, path: Path) -> None:
        last = 0
        new = "select rowid, kind, about from notice where rowid > ? and about is not null"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as file:
            while not self._ending.wait(LOOK_SECONDS):
                rows = file.execute(new, (last,)).fetchall()
                now = datetime.now(UTC)
                for number, kind, about in rows:
                    self._seen[kind][UUID(about)] = now
                    last = max(last, number)

    def seen(self, kind: str) -> Seen:
        return dict(self._seen[kind])  # a copy: the thread goes on adding

    def wait(self, about: Collection[UUID], *, seconds: float) -> None:
        _wait(self, self._site, self._program, about, seconds=seconds)

    def close(self) -> None:
        self._ending.set()
        self._thread.join()


def _wait(
    watch: Watch, site: Site, program: Program, about: Collection[UUID], *, seconds: float
) -> None:
    ends = time.monotonic() + seconds
    left = (0, 0)
    while (missing := set(about) - set(watch.seen("result_ready"))) or (
        left := _left(site, program)
    ) != (0, 0):
        if time.monotonic() > ends:
            count = len(missing)
            raise TimeoutError(f"{count} results are in no inbox; not heard, not told: {left}")
        time.sleep(0.2)


def _left(site: Site, program: Program) -> tuple[int, int]:
    """How many facts notifications have not heard, and how many parcels training has not told."""
    training, notifications = map(program.database, ("training", "notifications"))
    answered = site.count(training, "recommendation_set")
    heard = site.count(notifications, "inbox")
    return max(0, 2 * answered - heard), site.count(training, "outbox")
