"""What is being waited for: a spinner and bars on a terminal, plain lines elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn


class Bar:
    """One progress bar."""

    def __init__(self, progress: Progress, text: str) -> None:
        self._progress = progress
        self._task = progress.add_task(text, total=None)

    def describe(self, text: str) -> None:
        """Say what is counted now."""
        self._progress.update(self._task, description=text)

    def move(self, done: int | None, of: int | None) -> None:
        """Show how far it is; an unknown number is None."""
        self._progress.update(self._task, completed=done or 0, total=of)


class Steps:
    """Says step by step what goes on."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """A step of unknown length."""
        if not self._console.is_terminal:
            self._console.print(what, soft_wrap=True)
            yield
            return
        with self._console.status(what):
            yield

    @contextmanager
    def counting(self, what: str) -> Iterator[Bar]:
        """A step whose length is known sooner or later."""
        if not self._console.is_terminal:
            self._console.print(what, soft_wrap=True)
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
        )
        hidden = not self._console.is_terminal
        with Progress(*columns, console=self._console, transient=True, disable=hidden) as progress:
            yield Bar(progress, what)
