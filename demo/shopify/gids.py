"""Shopify's global ids: ``gid://shopify/Order/1001``."""

from __future__ import annotations


def gid(kind: str, number: int | str) -> str:
    """The global id of a thing."""
    return f"gid://shopify/{kind}/{number}"


def number_of(value: str, kind: str) -> int | None:
    """The number in a global id of this kind; None for another kind or no id at all (bare numbers are refused)."""
    head = f"gid://shopify/{kind}/"
    tail = value.removeprefix(head).partition("?")[0]
    return int(tail) if value.startswith(head) and tail.isascii() and tail.isdecimal() else None


def kind_of(value: str) -> str | None:
    """What kind of thing a global id names."""
    head, _, rest = value.partition("gid://shopify/")
    return rest.split("/")[0] if head == "" and rest else None
