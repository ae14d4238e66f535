"""Our snapshot of a store's order, as it was charged, and the counters that guard every unit of it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.kit.db import Base, JsonType, Tenant, UtcDateTime
from app.core.kit.money import Money, total
from app.core.merchants import models as _merchants  # noqa: F401 (the tenant table that the keys point to)
from app.core.orders.ports import Address, Tax


def taxes_to_json(taxes: tuple[Tax, ...]) -> list[Any]:
    """Taxes as charged, for a JSON column (minor units of the order's currency)."""
    return [{"title": t.title, "rate": t.rate, "ref": t.ref, "minor": t.amount.minor} for t in taxes]


def taxes_from_json(value: list[Any], currency: str) -> tuple[Tax, ...]:
    """Taxes from a JSON column."""
    return tuple(Tax(title=t["title"], rate=t["rate"], ref=t["ref"], amount=Money(t["minor"], currency)) for t in value)


class Order(Base, Tenant):
    """An order. Amounts are in ``currency`` (what the shopper paid in).

    ``paid_minor`` is what was captured; ``refunded_minor`` what we gave back or have promised to give back (reserved
    before the store is called), ``refunded_elsewhere_minor`` what was refunded without us. A refund that would pass
    what was paid is refused by the conditional update in ``repository.reserve_refund``.
    """

    __tablename__ = "orders"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(120))
    number: Mapped[str] = mapped_column(String(60))
    number_key: Mapped[str] = mapped_column(String(60))
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254))
    customer_ref: Mapped[str] = mapped_column(String(120), default="")
    locale: Mapped[str] = mapped_column(String(16), default="")
    currency: Mapped[str] = mapped_column(String(3))
    shop_currency: Mapped[str] = mapped_column(String(3))
    exchange_rate: Mapped[Decimal] = mapped_column(Numeric(24, 12))
    prices_include_tax: Mapped[bool] = mapped_column()
    status: Mapped[str] = mapped_column(String(40))
    tags: Mapped[list[Any]] = mapped_column(JsonType, default=list)
    ship_to: Mapped[dict[str, Any]] = mapped_column(JsonType)
    bill_to: Mapped[dict[str, Any]] = mapped_column(JsonType)
    total_minor: Mapped[int] = mapped_column()
    paid_minor: Mapped[int] = mapped_column()
    refunded_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    refunded_elsewhere_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime())
    platform_updated_at: Mapped[datetime] = mapped_column(UtcDateTime())
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    version_id: Mapped[int] = mapped_column(default=1)

    lines: Mapped[list[OrderLine]] = relationship(
        order_by="OrderLine.position", cascade="all, delete-orphan", lazy="raise"
    )
    shipping: Mapped[list[OrderShipping]] = relationship(
        order_by="OrderShipping.position", cascade="all, delete-orphan", lazy="raise"
    )
    payments: Mapped[list[OrderPayment]] = relationship(
        order_by="OrderPayment.position", cascade="all, delete-orphan", lazy="raise"
    )
    fulfillments: Mapped[list[OrderFulfillment]] = relationship(
        order_by="OrderFulfillment.ref", cascade="all, delete-orphan", lazy="raise"
    )
    refunds: Mapped[list[OrderRefund]] = relationship(
        order_by="OrderRefund.ref", cascade="all, delete-orphan", lazy="raise"
    )

    __mapper_args__ = {"version_id_col": version_id}  # noqa: RUF012 (SQLAlchemy's own hook)
    __table_args__ = (
        UniqueConstraint("store_id", "ref"),
        Index("ix_orders_store_id_number_key", "store_id", "number_key"),
        Index("ix_orders_store_id_email_key", "store_id", "email_key"),
        CheckConstraint("refunded_minor >= 0 AND refunded_minor <= paid_minor", name="refunded_within_paid"),
        CheckConstraint("refunded_elsewhere_minor >= 0", name="refunded_elsewhere_positive"),
    )

    @property
    def paid(self) -> Money:
        """Captured, over all payments."""
        return Money(self.paid_minor, self.currency)

    @property
    def refundable(self) -> Money:
        """What can still go back (never below zero)."""
        left = self.paid_minor - self.refunded_minor - self.refunded_elsewhere_minor
        return Money(max(0, left), self.currency)

    @property
    def delivery_address(self) -> Address:
        """Where the goods went."""
        return Address.from_dict(self.ship_to)

    @property
    def delivered_at(self) -> datetime | None:
        """When the last parcel arrived; None unless all that left has arrived."""
        if not self.fulfillments or any(f.delivered_at is None for f in self.fulfillments):
            return None
        return max(f.delivered_at for f in self.fulfillments if f.delivered_at is not None)

    @property
    def shipped_at(self) -> datetime | None:
        """When the last parcel left."""
        dates = [f.shipped_at for f in self.fulfillments if f.shipped_at is not None]
        return max(dates, default=None)


class OrderLine(Base, Tenant):
    """One line as charged, with its counters of units.

    ``requested`` units are in returns that are alive; ``received``, ``accepted``, ``refunded``, ``restocked`` follow
    the goods and the money, each a fact of its own; ``refunded_elsewhere`` units were refunded without us.
    """

    __tablename__ = "order_lines"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column()
    position: Mapped[int] = mapped_column()
    ref: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str] = mapped_column(String(3))
    title: Mapped[str] = mapped_column(String(400))
    variant_title: Mapped[str] = mapped_column(String(400), default="")
    sku: Mapped[str] = mapped_column(String(120), default="")
    product_ref: Mapped[str] = mapped_column(String(120), default="")
    variant_ref: Mapped[str] = mapped_column(String(120), default="")
    stock_ref: Mapped[str] = mapped_column(String(120), default="")
    options: Mapped[list[Any]] = mapped_column(JsonType)
    image_url: Mapped[str] = mapped_column(String(1000), default="")
    tags: Mapped[list[Any] | None] = mapped_column(JsonType)  # null: the store has yet to say
    vendor: Mapped[str] = mapped_column(String(200), default="")
    product_type: Mapped[str] = mapped_column(String(200), default="")
    hs_code: Mapped[str] = mapped_column(String(20), default="")
    origin_country: Mapped[str] = mapped_column(String(2), default="")
    weight_g: Mapped[int | None] = mapped_column()
    requires_shipping: Mapped[bool] = mapped_column()
    gift_card: Mapped[bool] = mapped_column(default=False)
    quantity: Mapped[int] = mapped_column()
    unit_price_minor: Mapped[int] = mapped_column()
    discount_minor: Mapped[int] = mapped_column()
    net_minor: Mapped[int] = mapped_column()
    duty_minor: Mapped[int] = mapped_column(default=0)
    taxes: Mapped[list[Any]] = mapped_column(JsonType)
    requested: Mapped[int] = mapped_column(default=0, server_default="0")
    received: Mapped[int] = mapped_column(default=0, server_default="0")
    accepted: Mapped[int] = mapped_column(default=0, server_default="0")
    refunded: Mapped[int] = mapped_column(default=0, server_default="0")
    restocked: Mapped[int] = mapped_column(default=0, server_default="0")
    refunded_elsewhere: Mapped[int] = mapped_column(default=0, server_default="0")

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["orders.store_id", "orders.id"]),
        UniqueConstraint("store_id", "order_id", "ref"),
        CheckConstraint("quantity >= 0", name="quantity_positive"),
        CheckConstraint("requested >= 0 AND refunded_elsewhere >= 0", name="counters_positive"),
        CheckConstraint("received >= 0 AND received <= requested", name="received_within_requested"),
        CheckConstraint("accepted >= 0 AND accepted <= received", name="accepted_within_received"),
        CheckConstraint("refunded >= 0 AND refunded <= requested", name="refunded_within_requested"),
        CheckConstraint("restocked >= 0 AND restocked <= received", name="restocked_within_received"),
    )

    @property
    def charged_taxes(self) -> tuple[Tax, ...]:
        """Each tax as charged on the whole line."""
        return taxes_from_json(self.taxes, self.currency)

    @property
    def net(self) -> Money:
        """The whole line after discounts, without tax and duty."""
        return Money(self.net_minor, self.currency)

    @property
    def charged(self) -> Money:
        """The whole line with tax and duty."""
        taxes = total([t.amount for t in self.charged_taxes], self.currency)
        return self.net + taxes + Money(self.duty_minor, self.currency)

    @property
    def returnable(self) -> int:
        """Units that no return has claimed and nobody has refunded elsewhere."""
        return max(0, self.quantity - self.requested - self.refunded_elsewhere)

    @property
    def options_text(self) -> str:
        """``M / Black``: the options as a shopper knows them; the variant's title where there are none."""
        return " / ".join(value for _, value in self.options) or self.variant_title


class OrderShipping(Base, Tenant):
    """One shipping line as charged."""

    __tablename__ = "order_shipping"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column()
    position: Mapped[int] = mapped_column()
    ref: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str] = mapped_column(String(3))
    title: Mapped[str] = mapped_column(String(200))
    net_minor: Mapped[int] = mapped_column()
    taxes: Mapped[list[Any]] = mapped_column(JsonType)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["orders.store_id", "orders.id"]),
        UniqueConstraint("store_id", "order_id", "ref"),
    )

    @property
    def charged_taxes(self) -> tuple[Tax, ...]:
        """Each tax as charged."""
        return taxes_from_json(self.taxes, self.currency)


class OrderPayment(Base, Tenant):
    """Money captured for an order."""

    __tablename__ = "order_payments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column()
    position: Mapped[int] = mapped_column()
    ref: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str] = mapped_column(String(3))
    gateway: Mapped[str] = mapped_column(String(80))
    instrument: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(120), default="")
    amount_minor: Mapped[int] = mapped_column()
    refundable_by_gateway: Mapped[bool] = mapped_column()

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["orders.store_id", "orders.id"]),
        UniqueConstraint("store_id", "order_id", "ref"),
    )


class OrderFulfillment(Base, Tenant):
    """One parcel that left the store. ``lines``: [[line ref, quantity], ...]."""

    __tablename__ = "order_fulfillments"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column()
    ref: Mapped[str] = mapped_column(String(120))
    lines: Mapped[list[Any]] = mapped_column(JsonType)
    shipped_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    carrier: Mapped[str] = mapped_column(String(80), default="")
    tracking_number: Mapped[str] = mapped_column(String(120), default="")

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["orders.store_id", "orders.id"]),
        UniqueConstraint("store_id", "order_id", "ref"),
    )


class OrderRefund(Base, Tenant):
    """A refund that the platform knows of; ``our_key`` is set on those that we issued."""

    __tablename__ = "order_refunds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column()
    ref: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int] = mapped_column()
    shipping_minor: Mapped[int] = mapped_column(default=0)
    our_key: Mapped[str | None] = mapped_column(String(60))
    lines: Mapped[list[Any]] = mapped_column(JsonType)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["orders.store_id", "orders.id"]),
        UniqueConstraint("store_id", "order_id", "ref"),
    )
