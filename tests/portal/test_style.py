"""Colours people can tell apart: WCAG 2.2 AA, 4.5 to 1 for text, 3 to 1 for what shows a state."""

import re

import pytest

from services.portal.pages.rendering import STATIC

CSS = (STATIC / "portal.css").read_text()
TEXT = [
    ("ink", "paper"),
    ("ink", "sheet"),
    ("ink", "accent-soft"),
    ("ink", "marked"),
    ("quiet", "paper"),
    ("quiet", "sheet"),
    ("quiet", "accent-soft"),
    ("accent", "paper"),
    ("accent", "sheet"),
    ("accent", "accent-soft"),
    ("accent-ink", "accent"),
]
SHAPES = [("accent", "line"), ("quiet", "sheet"), ("marked-line", "paper")]


def colours(scheme: str) -> dict[str, str]:
    """The colours of a scheme by name."""
    blocks = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    light, dark = (dict(re.findall(r"--([a-z-]+): #([0-9a-f]{6});", one)) for one in blocks[:2])
    return light if scheme == "light" else light | dark


def brightness(colour: str) -> float:
    """Relative luminance, 0-1 (WCAG 2.2)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """How many times brighter the brighter colour is."""
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT)
def test_text_can_be_read(scheme: str, front: str, back: str) -> None:
    known = colours(scheme)
    assert contrast(known[front], known[back]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), SHAPES)
def test_shapes_can_be_seen(scheme: str, front: str, back: str) -> None:
    known = colours(scheme)
    assert contrast(known[front], known[back]) >= 3


def test_who_wants_less_motion_gets_none() -> None:
    assert "prefers-reduced-motion: reduce" in CSS


def test_nothing_is_fetched_from_elsewhere() -> None:
    for file in STATIC.iterdir():
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "//" not in re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE), file.name
        assert "@import" not in text
