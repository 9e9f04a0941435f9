"""What came of an import in all services: awaited, counted by asking them, and shown."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from deploy.cli.importing import Import
from deploy.cli.installation import Installation
from deploy.cli.texts import say
from deploy.cli.trouble import Trouble

POLL_SECONDS: Final = 0.25
CALM_SECONDS: Final = 1.5
"""How long complete numbers must stay the same to be believed."""
PATIENCE_SECONDS: Final = 90.0
"""How long numbers may stand still while they are not complete."""


class Sums(msgspec.Struct, frozen=True):
    """Training's sums for one import: sets (one an evaluation), courses in them, people."""

    sets: int
    recommendations: int
    people: int


class Mails(msgspec.Struct, frozen=True):
    """E-mails by state."""

    waiting: int
    sent: int
    failed: int


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds from result to notice; None before there is a notice."""

    p50: float | None = None
    max: float | None = None


class Notices(msgspec.Struct, frozen=True):
    """Notifications' sums for one import."""

    inbox: int
    email: Mails
    latency_ms: Latency = Latency()


class Told(msgspec.Struct, frozen=True):
    """What the services that listen made of one import."""

    training: Sums
    notices: Notices

    def complete(self, evaluations: int) -> bool:
        """Whether this may be the end: a set and a notice for each evaluation, no mail waiting."""
        return (
            self.training.sets >= evaluations
            and self.notices.inbox >= evaluations
            and self.notices.email.waiting == 0
        )


class Delivered(msgspec.Struct, frozen=True):
    """Notices by channel."""

    inbox: int
    email: int


class Summary(msgspec.Struct, frozen=True):
    """The summary as JSON: every number asked from the service that knows it."""

    rows: int
    finalised: int
    rejected: int
    set_aside: int
    warned: int
    recommendations: int
    people_with_recommendations: int
    notices: Delivered
    latency_ms: Latency
    seconds: float


def ask(services: Installation, import_id: str) -> Told:
    """What training and notifications have made of an import until now."""
    return Told(
        services.get("training", "/recommendations/summary", Sums, import_id=import_id),
        services.get("notifications", "/notices/summary", Notices, import_id=import_id),
    )


def await_told(
    services: Installation,
    done: Import,
    progress: Callable[[Told], None],
    *,
    pause: float = POLL_SECONDS,
    calm: float = CALM_SECONDS,
    patience: float = PATIENCE_SECONDS,
) -> Told:
    """Wait until training and notifications have caught up with an import.

    Raises:
        Trouble: their numbers stand still and are not complete.
    """
    before: Told | None = None
    changed = time.monotonic()
    while True:
        now = ask(services, done.import_id)
        progress(now)
        if now != before:
            before, changed = now, time.monotonic()
        still = time.monotonic() - changed
        if still >= calm and now.complete(done.told):
            return now
        if still >= patience:
            notices = now.notices
            raise Trouble(
                say(
                    "told.stuck",
                    seconds=round(still),
                    evaluations=done.told,
                    sets=now.training.sets,
                    inbox=notices.inbox,
                    waiting=notices.email.waiting,
                )
            )
        time.sleep(pause)


def summarise(done: Import, told: Told, seconds: float) -> Summary:
    """The numbers of one run; `seconds` from its start."""
    if done.counts is None:
        raise ValueError("an import that is done has counts")
    return Summary(
        rows=done.rows or 0,
        finalised=done.counts.finalised,
        rejected=done.counts.rejected,
        set_aside=done.counts.set_aside,
        warned=done.counts.warned,
        recommendations=told.training.recommendations,
        people_with_recommendations=told.training.people,
        notices=Delivered(told.notices.inbox, told.notices.email.sent),
        latency_ms=told.notices.latency_ms,
        seconds=round(seconds, 1),
    )


def show(console: Console, summary: Summary, failed: int, report: Path | None) -> None:
    """One sentence, then the numbers in a table; `failed` e-mails are named if there are any."""
    if report is None:
        rejected = say("summary.rejected_none")
    else:
        rejected = say("summary.rejected_report", count=summary.rejected, report=report)
    console.print(
        say(
            "summary.sentence",
            rows=summary.rows,
            finalised=summary.finalised,
            rejected=rejected,
            set_aside=summary.set_aside,
            recommendations=summary.recommendations,
            people=summary.people_with_recommendations,
            inbox=summary.notices.inbox,
            email=summary.notices.email,
        ),
        soft_wrap=True,
    )
    table = Table(show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    rows: dict[str, object] = {
        "rows": summary.rows,
        "finalised": summary.finalised,
        "rejected": summary.rejected,
        "set_aside": summary.set_aside,
        "warned": summary.warned,
        "recommendations": summary.recommendations,
        "people": summary.people_with_recommendations,
        "inbox": summary.notices.inbox,
        "email": summary.notices.email,
        "p50": _milliseconds(summary.latency_ms.p50),
        "max": _milliseconds(summary.latency_ms.max),
        "seconds": f"{summary.seconds:.1f} s",
    }
    if failed:
        rows["email_failed"] = failed
    for name, value in rows.items():
        table.add_row(say(f"summary.{name}"), str(value))
    console.print(table)


def _milliseconds(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f} ms"
