"""A store's colour, made readable: WCAG 2.2 contrast (success criterion 1.4.3) computed here, never hoped for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

DEFAULT = "#1f5f4e"
LIGHT_SURFACE = "#f4f5f3"
DARK_SURFACE = "#1c2123"
"""The least favourable grounds of portal.css that the colour stands on."""
_ENOUGH = 4.6  # 4.5:1 is asked for; the rest is for rounding
_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")


@dataclass(frozen=True, slots=True)
class Accent:
    """The colour as text and as a button's ground, on a light and on a dark surface, and the ink on that button."""

    light: str
    on_light: str
    dark: str
    on_dark: str


def accent(colour: object) -> Accent:
    """The nearest colours to ``colour`` (``#rrggbb``; anything else gives the default) that can be read."""
    wished = colour if isinstance(colour, str) and _HEX.match(colour) else DEFAULT
    light = _towards(wished, "#000000", LIGHT_SURFACE)
    dark = _towards(wished, "#ffffff", DARK_SURFACE)
    return Accent(light, "#ffffff", dark, "#0d1112" if contrast(dark, "#0d1112") >= _ENOUGH else "#000000")


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _towards(colour: str, end: str, surface: str) -> str:
    for step in range(0, 101, 4):
        mixed = _mix(colour, end, Fraction(step, 100))
        if contrast(mixed, surface) >= _ENOUGH:
            return mixed
    return end


def _mix(one: str, other: str, share: Fraction) -> str:
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 (WCAG's formula)
