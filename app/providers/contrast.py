"""Whether a store's colour can be read: on white paper, and under the words of a button (WCAG 2.2)."""

from __future__ import annotations

import re

_BLACK, _WHITE = "#000000", "#ffffff"
_ON_WHITE = 0.3  # the luminance that has a contrast of 3:1 to white: 1.05 / (0.3 + 0.05)
_EVEN = 0.179  # the luminance at which black and white are equally far: sqrt(1.05 * 0.05) - 0.05


def readable(colour: object) -> str:
    """``colour`` if it is ``#rrggbb`` and stands out from white (3:1, success criterion 1.4.11), else black."""
    if not isinstance(colour, str) or re.fullmatch(r"#[0-9a-fA-F]{6}", colour) is None:
        return _BLACK
    return colour.lower() if luminance(colour) <= _ON_WHITE else _BLACK


def ink_on(colour: str) -> str:
    """Black or white, whichever is better to read on ``colour`` (``#rrggbb``)."""
    return _BLACK if luminance(colour) > _EVEN else _WHITE


def luminance(colour: str) -> float:
    """The relative luminance of ``#rrggbb``, from 0 (black) to 1 (white)."""
    red, green, blue = (_linear(int(colour[place : place + 2], 16) / 255) for place in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    threshold = 0.04045
    return part / 12.92 if part <= threshold else float(((part + 0.055) / 1.055) ** 2.4)
