"""A return, its lines, units and photos, the refund promised for it, and the one-time codes of the returns page."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.kit.db import Base, EnumText, JsonType, Tenant, UtcDateTime, one_of
from app.core.kit.money import Money
from app.core.orders.models import Order, OrderLine
from app.core.returns.receiving.rules import Disposition, Grade
from app.core.returns.refunds.states import RefundMethod, RefundStatus
from app.core.returns.rules import Decision, Parcel, Settlement


class ReturnPolicy(Base, Tenant):
    """One version of a store's policy; the highest version is in force. ``body``: see ``policy.service``."""

    __tablename__ = "return_policies"

    version: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(JsonType)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    created_by: Mapped[str] = mapped_column(String(80))


class Return(Base, Tenant):
    """One request to send goods of one order back. ``outcome_wished`` is a ``policy.rules.WishedOutcome``.

    ``quoted_minor`` is what the shopper was shown before confirming; ``reasons`` are the decision's verdicts.
    ``access_key`` opens the status page by link; ``submit_key`` is the form's, so that a double submit is one return.
    """

    __tablename__ = "returns"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column()
    rma: Mapped[str] = mapped_column(String(20))
    submit_key: Mapped[str] = mapped_column(String(64))
    access_key: Mapped[str] = mapped_column(String(64))
    order_number: Mapped[str] = mapped_column(String(60))
    email: Mapped[str] = mapped_column(String(254))
    shopper_name: Mapped[str] = mapped_column(String(200), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    locale: Mapped[str] = mapped_column(String(16))
    currency: Mapped[str] = mapped_column(String(3))
    outcome_wished: Mapped[str] = mapped_column(String(20), default="refund")
    decision: Mapped[Decision] = mapped_column(EnumText(Decision), default=Decision.PENDING)
    parcel: Mapped[Parcel] = mapped_column(EnumText(Parcel), default=Parcel.NONE)
    settlement: Mapped[Settlement] = mapped_column(EnumText(Settlement), default=Settlement.NONE)
    reasons: Mapped[list[Any]] = mapped_column(JsonType, default=list)
    policy_version: Mapped[int] = mapped_column(default=0)
    quoted_minor: Mapped[int] = mapped_column()
    units: Mapped[int] = mapped_column()
    search_text: Mapped[str] = mapped_column(String(1000), default="")
    send_by: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    version_id: Mapped[int] = mapped_column(default=1)

    lines: Mapped[list[ReturnLine]] = relationship(
        order_by="ReturnLine.position", cascade="all, delete-orphan", lazy="raise"
    )
    refunds: Mapped[list[Refund]] = relationship(order_by="Refund.id", lazy="raise", viewonly=True)
    order: Mapped[Order] = relationship(lazy="raise", viewonly=True)

    __mapper_args__ = {"version_id_col": version_id}  # noqa: RUF012 (SQLAlchemy's own hook)
    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["orders.store_id", "orders.id"]),
        one_of("decision", Decision),
        one_of("parcel", Parcel),
        one_of("settlement", Settlement),
        CheckConstraint("quoted_minor >= 0 AND units > 0", name="amounts_positive"),
        UniqueConstraint("store_id", "rma"),
        UniqueConstraint("store_id", "submit_key"),
        UniqueConstraint("store_id", "access_key"),
        Index("ix_returns_store_id_order_id", "store_id", "order_id"),
        Index("ix_returns_store_id_decision", "store_id", "decision", "id"),
        # The inbox's counters and its filter read these alone, not the rows.
        Index("ix_returns_store_id_states", "store_id", "decision", "parcel", "settlement"),
        Index("ix_returns_store_id_country", "store_id", "country"),
        Index("ix_returns_store_id_parcel", "store_id", "parcel", "id"),
        Index("ix_returns_store_id_settlement", "store_id", "settlement", "id"),
    )

    @property
    def lane(self) -> str:
        """Effects on the store run one after the other for each order: two returns of one order share its money."""
        return f"order:{self.order_id}"

    @property
    def quoted(self) -> Money:
        """What the shopper was shown."""
        return Money(self.quoted_minor, self.currency)


class ReturnLine(Base, Tenant):
    """Units of one order line in a return."""

    __tablename__ = "return_lines"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    return_id: Mapped[UUID] = mapped_column()
    order_line_id: Mapped[UUID] = mapped_column()
    position: Mapped[int] = mapped_column()
    quantity: Mapped[int] = mapped_column()
    reason: Mapped[str] = mapped_column(String(40))
    answers: Mapped[dict[str, Any]] = mapped_column(JsonType)
    note: Mapped[str] = mapped_column(Text, default="")

    order_line: Mapped[OrderLine] = relationship(lazy="raise", viewonly=True)
    photos: Mapped[list[ReturnPhoto]] = relationship(order_by="ReturnPhoto.id", lazy="raise", viewonly=True)
    units: Mapped[list[ReturnUnit]] = relationship(order_by="ReturnUnit.unit", lazy="raise", viewonly=True)

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "return_id"], ["returns.store_id", "returns.id"]),
        ForeignKeyConstraint(["store_id", "order_line_id"], ["order_lines.store_id", "order_lines.id"]),
        UniqueConstraint("store_id", "return_id", "order_line_id"),
        Index("ix_return_lines_store_id_order_line_id", "store_id", "order_line_id"),
        CheckConstraint("quantity > 0", name="quantity_positive"),
    )


class ReturnPhoto(Base, Tenant):
    """A photo of one line, re-encoded and without its metadata; the bytes are in the file store under ``file_key``.

    Until the request is confirmed ``return_line_id`` is empty and ``draft_key`` holds it together.
    """

    __tablename__ = "return_photos"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    return_line_id: Mapped[UUID | None] = mapped_column()
    draft_key: Mapped[str] = mapped_column(String(64))
    order_line_id: Mapped[UUID] = mapped_column()
    file_key: Mapped[str] = mapped_column(String(200))
    content_type: Mapped[str] = mapped_column(String(40))
    width: Mapped[int] = mapped_column()
    height: Mapped[int] = mapped_column()
    size: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "return_line_id"], ["return_lines.store_id", "return_lines.id"]),
        ForeignKeyConstraint(["store_id", "order_line_id"], ["order_lines.store_id", "order_lines.id"]),
        Index("ix_return_photos_store_id_return_line_id", "store_id", "return_line_id"),
        Index("ix_return_photos_store_id_draft_key", "store_id", "draft_key"),
    )


class ReturnUnit(Base, Tenant):
    """One unit that arrived: its grade and what is done with it. One row a unit, so stock moves once a unit."""

    __tablename__ = "return_units"

    return_line_id: Mapped[UUID] = mapped_column(primary_key=True)
    unit: Mapped[int] = mapped_column(primary_key=True)
    grade: Mapped[Grade] = mapped_column(EnumText(Grade))
    disposition: Mapped[Disposition] = mapped_column(EnumText(Disposition))
    note: Mapped[str] = mapped_column(Text, default="")
    inspected_by: Mapped[str] = mapped_column(String(80))
    inspected_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "return_line_id"], ["return_lines.store_id", "return_lines.id"]),
        one_of("grade", Grade),
        one_of("disposition", Disposition),
        CheckConstraint("unit >= 0", name="unit_positive"),
    )


class Refund(Base, Tenant):
    """Value promised for a return. ``outbox_id`` is the key the store was given; ``components`` say what it is made of.

    ``amount_minor`` is the value of goods and shipping that goes back; as store credit ``bonus_minor`` comes on top,
    and ``credit_code`` is what the shopper types at the checkout, where the store's credit is a code.
    ``components``: {"lines", "shipping", "charges", "restocking", "goodwill", "fee", "parts"}, see ``refunds.service``.
    """

    __tablename__ = "refunds"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    return_id: Mapped[UUID] = mapped_column()
    order_id: Mapped[UUID] = mapped_column()
    outbox_id: Mapped[UUID] = mapped_column()
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int] = mapped_column()
    components: Mapped[dict[str, Any]] = mapped_column(JsonType)
    status: Mapped[RefundStatus] = mapped_column(EnumText(RefundStatus))
    ref: Mapped[str | None] = mapped_column(String(120))
    method: Mapped[RefundMethod] = mapped_column(
        EnumText(RefundMethod), default=RefundMethod.ORIGINAL, server_default=RefundMethod.ORIGINAL.value
    )
    bonus_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    credit_code: Mapped[str | None] = mapped_column(String(60))
    by_hand: Mapped[bool] = mapped_column(default=False)
    failure: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "return_id"], ["returns.store_id", "returns.id"]),
        ForeignKeyConstraint(["store_id", "order_id"], ["orders.store_id", "orders.id"]),
        one_of("status", RefundStatus),
        one_of("method", RefundMethod),
        CheckConstraint("bonus_minor >= 0 AND (bonus_minor = 0 OR method = 'store_credit')", name="bonus_is_credit"),
        UniqueConstraint("store_id", "outbox_id"),
        Index("ix_refunds_store_id_return_id", "store_id", "return_id"),
        Index("ix_refunds_store_id_order_id", "store_id", "order_id"),
        CheckConstraint("amount_minor >= 0", name="amount_positive"),
    )

    @property
    def amount(self) -> Money:
        """What goes back."""
        return Money(self.amount_minor, self.currency)


class AccessChallenge(Base, Tenant):
    """A one-time code sent by mail. ``order_id`` is empty when nothing matched: the answer looks the same."""

    __tablename__ = "access_challenges"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID | None] = mapped_column()
    code_hash: Mapped[str] = mapped_column(String(64))
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        ForeignKeyConstraint(["store_id", "order_id"], ["orders.store_id", "orders.id"]),
        Index("ix_access_challenges_store_id_order_id", "store_id", "order_id", "created_at"),
    )
