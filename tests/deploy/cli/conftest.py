import pytest

from tests.deploy.cli.kafka import Broker, install


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test reads is English, whatever terminal it runs in."""
    monkeypatch.setenv("KINERJA_LANGUAGE", "en")
    for name in ("KINERJA_PROFILE", "KINERJA_PORT_BASE", "KINERJA_KAFKA_PORT", "KINERJA_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Broker:
    """A broker in memory, where the command finds its client library."""
    return install(monkeypatch)
