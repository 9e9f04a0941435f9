"""Hands exports in while it storms."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.live.running import Running

OPEN = 3
"""Imports that may wait to be read; the next is handed in when there are fewer."""
LOOK_SECONDS = 0.5


class Clerk:
    """Hands exports in one after the other, each as often as it takes, in a thread of its own."""

    def __init__(self, running: Running, files: Iterator[Path]) -> None:
        self._running = running
        self._files = files
        self._thread = threading.Thread(target=self._work, name="clerk", daemon=True)
        self.imports: list[str] = []
        self._thread.start()

    def done(self, seconds: float = 240) -> list[str]:
        """Wait until all are handed in; gives the imports' ids."""
        self._thread.join(timeout=seconds)
        assert not self._thread.is_alive(), f"only {len(self.imports)} exports could be handed in"
        return self.imports

    def _work(self) -> None:
        for file in self._files:
            while not self._handed_in(file):
                if self._running.client.is_closed:
                    return
                time.sleep(LOOK_SECONDS)

    def _handed_in(self, file: Path) -> bool:
        try:
            if len(self.imports) >= OPEN:
                before = self._running.get("appraisal", f"/imports/{self.imports[-OPEN]}")
                if before["state"] not in {"done", "refused"}:
                    return False
            self.imports.append(self._running.hand_in(file))
        except (httpx.HTTPError, RuntimeError):  # also that it is all over
            return False
        return True
