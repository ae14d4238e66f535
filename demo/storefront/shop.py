"""What the storefront's pages need from a store. Each stand-in has a ``front.py`` that gives it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from flask import Request, Response

from demo.world import Person, Store


class Progress(StrEnum):
    """How far an order is."""

    PAID = "paid"
    SENT = "sent"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BoughtLine:
    """One line of an order. ``options`` as read ("M / Black"), ``total`` as charged, in minor units of the order's
    currency; ``image`` is the file name below ``/images/``, empty where there is none.
    """

    title: str
    options: str
    quantity: int
    total: int
    image: str = ""


@dataclass(frozen=True, slots=True)
class Bought:
    """An order as the shopper sees it. ``number`` without "#"; ``total`` and ``refunded`` in minor units."""

    number: str
    email: str
    placed_at: datetime
    delivered_at: datetime | None
    progress: Progress
    currency: str
    total: int
    refunded: int
    lines: tuple[BoughtLine, ...]


class Shop(Protocol):
    """One store behind the pages."""

    @property
    def source(self) -> Store:
        """Name, colours and catalogue (the demo world's)."""
        ...

    @property
    def returns_path(self) -> str:
        """Where the returns page hangs, without a slash at the end: ``/apps/returns``."""
        ...

    def stock(self, sku: str) -> int:
        """Units left; 0 for an unknown SKU."""
        ...

    def orders_of(self, email: str) -> Sequence[Bought]:
        """A person's orders, newest first."""
        ...

    def order(self, number: str) -> Bought | None:
        """One order."""
        ...

    def buy(self, buyer: Person, sku: str, quantity: int) -> Bought:
        """A new order of one article, paid in the store's own currency and announced by webhook.

        Raises LookupError for an unknown SKU, ValueError for a quantity that is not there.
        """
        ...

    def deliver(self, number: str) -> Bought:
        """The carrier hands the order over at once (a visitor does not want to wait a week). Raises LookupError."""
        ...

    def forward(self, request: Request, path: str, *, email: str, theme: Callable[[str], str]) -> Response:
        """Hand a visit of the returns page on to Helloword, signed, as the platform does.

        ``path`` below ``returns_path``; ``email`` of the signed-in shopper, empty for a guest; ``theme`` puts an HTML
        fragment into the store's own page.
        """
        ...
