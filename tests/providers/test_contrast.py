"""A store's colour is used where it can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.providers.contrast import ink_on, luminance, readable


def ratio(one: str, other: str) -> float:
    """WCAG 2.2 contrast."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("colour", "used"),
    [
        ("#0b6e4f", "#0b6e4f"),
        ("#0B6E4F", "#0b6e4f"),
        ("#ffee00", "#000000"),
        ("#ffffff", "#000000"),
        ("", "#000000"),
        ("red", "#000000"),
        ("#12345", "#000000"),
        ("#123456;x", "#000000"),
        (None, "#000000"),
    ],
)
def test_a_colour_that_cannot_be_seen_on_white_becomes_black(colour: object, used: str) -> None:
    assert readable(colour) == used


def test_the_extremes_have_the_contrast_of_the_standard() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)


@given(st.integers(0, 0xFFFFFF))
def test_words_on_any_colour_can_be_read(number: int) -> None:
    colour = f"#{number:06x}"
    assert ratio(ink_on(colour), colour) >= 4.5
    assert ratio(readable(colour), "#ffffff") >= 3
