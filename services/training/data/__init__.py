"""The catalogue and the need rules, as texts: what they say is read by `rules`."""

from importlib import resources

_HERE = resources.files(__name__)


def catalogue() -> str:
    """The course catalogue (TOML)."""
    return (_HERE / "catalogue.toml").read_text("utf-8")


def editions() -> list[str]:
    """Every edition of the need rules (TOML)."""
    return [
        edition.read_text("utf-8")
        for edition in sorted((_HERE / "rules").iterdir(), key=lambda file: file.name)
        if edition.name.endswith(".toml")
    ]
