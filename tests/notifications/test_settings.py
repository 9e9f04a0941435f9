"""Knobs that would do harm are refused at the start."""

from typing import Any

import pytest

from services.notifications.settings import Settings
from tests.notifications.channels.office import HOST


def test_production_invents_no_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINERJA_PROFILE", "production")
    knobs: dict[str, Any] = {
        "database_url": "sqlite+aiosqlite://",
        "portal_url": "https://portal.example",
        "smtp_host": HOST,
        "sender": "k@agency.example",
    }
    Settings(**knobs)
    with pytest.raises(ValueError, match="address_pattern"):
        Settings(**knobs, address_pattern="{id}@pegawai.example")
