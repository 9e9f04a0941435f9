"""What all tests share: no network, steady examples, and a word on where the live ones ran."""

from collections.abc import Callable

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("house")

Stack = set[tuple[str, str]]
RAN_ON = pytest.StashKey[Stack]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[RAN_ON] = set()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Live tests have the network; tests marked `localhost` have this machine, the rest neither.

    What runs on a real PostgreSQL is live, whichever folder it stands in.
    """
    for item in items:
        called = getattr(item, "callspec", None)
        if called is not None and called.params.get("database_url") == "postgres":
            item.add_marker(pytest.mark.live)
        if item.get_closest_marker("live"):
            item.add_marker("enable_socket")
        elif item.get_closest_marker("localhost"):
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1", "::1"]))


@pytest.fixture(scope="session")
def ran_on(pytestconfig: pytest.Config) -> Callable[[str, str], None]:
    """Live tests name the stack they run on: `ran_on(broker, database)`."""

    def note(broker: str, database: str) -> None:
        pytestconfig.stash[RAN_ON].add((broker, database))

    return note


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say plainly on which broker and database the live tests ran."""
    noted = terminalreporter.config.stash[RAN_ON]
    for broker, database in sorted(noted):
        terminalreporter.write_line(f"Live tests ran on broker {broker}, database {database}.")
