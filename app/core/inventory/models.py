"""Movements of stock: one row for each graded unit, so that no unit can move twice."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.kit.db import Base, EnumText, Tenant, UtcDateTime, one_of


class MovementStatus(StrEnum):
    """Where a movement stands: asked for, booked by the store, not counted there, or refused."""

    PENDING = "pending"
    BOOKED = "booked"
    NOT_COUNTED = "not_counted"
    FAILED = "failed"


class StockMovement(Base, Tenant):
    """One unit put back into stock at a place. ``return_line_id`` and ``unit`` name the unit; a unit moves once."""

    __tablename__ = "stock_movements"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    return_line_id: Mapped[UUID] = mapped_column()
    unit: Mapped[int] = mapped_column()
    outbox_id: Mapped[UUID] = mapped_column()
    sku: Mapped[str] = mapped_column(String(120))
    location_ref: Mapped[str] = mapped_column(String(120))
    quantity: Mapped[int] = mapped_column()
    status: Mapped[MovementStatus] = mapped_column(EnumText(MovementStatus))
    ref: Mapped[str | None] = mapped_column(String(200))
    failure: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    booked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        one_of("status", MovementStatus),
        UniqueConstraint("store_id", "return_line_id", "unit"),
        Index("ix_stock_movements_store_id_outbox_id", "store_id", "outbox_id"),
        CheckConstraint("quantity <> 0", name="quantity_moves"),
    )
