"""Shopify's scalars as we hold them: amounts, instants, ids."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.core.kit.money import Money

Node = Mapping[str, Any]

_GID = re.compile(r"gid://shopify/(\w+)/(\d{1,20})", re.ASCII)


def gid(kind: str, number: int | str) -> str:
    """The global id of a thing that is known by its number: ``gid://shopify/Order/1001``."""
    return f"gid://shopify/{kind}/{number}"


def is_gid(kind: str, text: str) -> bool:
    """Whether ``text`` is the global id of a ``kind``."""
    found = _GID.fullmatch(text)
    return found is not None and found[1] == kind


def money(bag: Node, currency: str) -> Money:
    """The presentment side of a MoneyBag. Shopify prints yen as "1200.0": surplus noughts lose nothing."""
    return Money.parse(bag["presentmentMoney"]["amount"], currency, rounded=True)


def instant(text: str) -> datetime:
    """An ISO 8601 instant in UTC. Raises ValueError, OverflowError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def instant_or_none(text: str | None) -> datetime | None:
    """The same for a field that may be null."""
    return instant(text) if text else None
