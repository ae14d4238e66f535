"""What returns needs from outside: money back through the store, and a word to the shopper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from app.core.kit.money import Money


@dataclass(frozen=True, slots=True)
class RefundTax:
    """Tax going back. ``ref`` is the platform's rate id as it stands on the order (None where it has none)."""

    title: str
    amount: Money
    ref: str | None = None


@dataclass(frozen=True, slots=True)
class RefundLine:
    """Units of one order line going back, with what they were charged. ``line_ref``: the platform's line id."""

    line_ref: str
    quantity: int
    net: Money
    taxes: tuple[RefundTax, ...] = ()
    duty: Money | None = None


@dataclass(frozen=True, slots=True)
class RefundShipping:
    """Shipping going back."""

    ref: str
    net: Money
    taxes: tuple[RefundTax, ...] = ()


@dataclass(frozen=True, slots=True)
class RefundPart:
    """What goes back to one payment. ``payment_ref``: the platform's transaction id; may be empty on WooCommerce."""

    payment_ref: str
    gateway: str
    amount: Money
    refundable_by_gateway: bool = True


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """An order to the store: give this back, once. ``key`` is the outbox id, the store's idempotency key or mark.

    ``amount`` is the sum of ``parts``; it can be below the sum of the lines when a fee was kept (``fee``). Stock is
    never moved by it: restocking is its own effect.
    """

    key: str
    order_ref: str
    rma: str
    amount: Money
    lines: tuple[RefundLine, ...]
    parts: tuple[RefundPart, ...]
    shipping: tuple[RefundShipping, ...] = ()
    fee: Money | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class IssuedRefund:
    """The store's answer. ``ref``: its refund id; ``pending`` when the gateway has not confirmed yet.

    ``by_hand``: the gateway cannot send money (bank transfer, cash on delivery); the refund is booked in the store
    and a person must pay it out.
    """

    ref: str
    amount: Money
    at: datetime
    pending: bool = False
    by_hand: bool = False


class Refunds(Protocol):
    """A store's refunds. Both methods may raise ProviderError."""

    def issue_refund(self, refund: RefundOrder) -> IssuedRefund:
        """Book the refund. A business refusal raises a ProviderError that is not retryable, with the reason."""
        ...

    def find_refund(self, order_ref: str, key: str) -> IssuedRefund | None:
        """The refund that bears our ``key``, if there is one: asked before any second try."""
        ...


@dataclass(frozen=True, slots=True)
class CreditOrder:
    """An order to the store: give its shopper this much credit, once. ``key`` is the outbox id.

    ``amount`` is in the order's currency, ``bonus`` included. ``expires_at`` None: it does not expire. ``lines``,
    ``shipping`` and ``fee`` say what the rest of it is for, as in a ``RefundOrder``: a store that books credit as a
    refund takes them off the order.
    """

    key: str
    order_ref: str
    rma: str
    amount: Money
    email: str
    expires_at: datetime | None = None
    bonus: Money | None = None
    lines: tuple[RefundLine, ...] = ()
    shipping: tuple[RefundShipping, ...] = ()
    fee: Money | None = None


@dataclass(frozen=True, slots=True)
class IssuedCredit:
    """The store's answer. ``code``: what the shopper types at the checkout, where credit is a code; None where it lies
    in the shopper's account.
    """

    ref: str
    amount: Money
    at: datetime
    code: str | None = None


@runtime_checkable
class Credits(Protocol):
    """A store's credit. Both methods may raise ProviderError."""

    def issue_credit(self, credit: CreditOrder) -> IssuedCredit:
        """Give it. A business refusal (guest without an account, credit switched off) is not retryable."""
        ...

    def find_credit(self, credit: CreditOrder) -> IssuedCredit | None:
        """The credit that was given under our key, if there is one: asked before any second try."""
        ...


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a notice, by its key in the file store."""

    file_key: str
    filename: str
    content_type: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell a shopper. ``kind`` names the template (``return_approved``); ``values`` fill it.

    ``key`` is the outbox id: it becomes the Message-ID, so a repeated sending is recognised by mail servers.
    ``values`` are JSON values; money is {"minor": 7990, "currency": "EUR"}, an instant an ISO text in UTC.
    """

    key: str
    kind: str
    to: str
    locale: str
    store_name: str
    reply_to: str | None
    brand: Mapping[str, Any]
    values: Mapping[str, Any]
    attachments: tuple[Attachment, ...] = ()


class Notifier(Protocol):
    """Tells shoppers. May raise ProviderError."""

    def notify(self, notice: Notice) -> None:
        """Render in ``notice.locale`` (falling back to English) and send."""
        ...
