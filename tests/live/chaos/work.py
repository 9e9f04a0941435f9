"""Whether the services are at work."""

import asyncpg

from tests.live.checker import SERVICES
from tests.live.ground import Real


class Work:
    """Knows whether facts were told or heard since it was last asked to forget."""

    def __init__(self, ground: Real) -> None:
        self._ground = ground
        self._before = 0
        self._now = 0

    def was_done(self) -> bool:
        """Whether anything was told or heard since; no, where the databases do not answer."""
        if self._now == self._before:
            self._look()
        return self._now > self._before

    def forget(self) -> None:
        """From now on only new work counts."""
        self._look()
        self._before = self._now

    def _look(self) -> None:
        query = "select (select count(*) from told) + (select count(*) from inbox)"
        try:
            self._now = sum(
                self._ground.ask(service, query, seconds=1)[0][0] for service in SERVICES
            )
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return
