import pytest
from pydantic import ValidationError

from services.portal.settings import Settings


def test_embedded_needs_no_settings_and_makes_its_own_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINERJA_PROFILE", "embedded")
    one, two = Settings(), Settings()
    assert len(one.session_key.get_secret_value()) >= 32
    assert one.session_key != two.session_key
    assert one.appraisal_url == "http://127.0.0.1:8101"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "PORTAL_SESSION_KEY"),
        ({"PORTAL_SESSION_KEY": "short"}, "PORTAL_SESSION_KEY"),
        ({"PORTAL_SESSION_KEY": "k" * 32}, "PORTAL_PUBLIC_URL"),
        ({"PORTAL_SESSION_KEY": "k" * 32, "PORTAL_PUBLIC_URL": "http://x.id"}, "PORTAL_PUBLIC_URL"),
    ],
)
def test_production_says_what_it_lacks(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str
) -> None:
    monkeypatch.setenv("KINERJA_PROFILE", "production")
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=said):
        Settings()


def test_a_key_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINERJA_PROFILE", "embedded")
    monkeypatch.setenv("PORTAL_SESSION_KEY", "a-key-nobody-may-see-in-any-log-line")
    assert "nobody-may-see" not in repr(Settings())
