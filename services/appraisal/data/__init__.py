"""Reference tables, as they lie in files: what they say is read by `rules`."""

from importlib import resources


def agencies() -> bytes:
    """Agencies with their codes (JSON)."""
    return (resources.files(__name__) / "agencies.json").read_bytes()
