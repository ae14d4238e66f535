"""Labels bought or made for returns."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.kit.db import Base, JsonType, Tenant, UtcDateTime


class Label(Base, Tenant):
    """Papers for one parcel. ``outbox_id`` is the key the carrier was given; ``files``: [{"name", "key", "type"}]."""

    __tablename__ = "labels"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    return_id: Mapped[UUID] = mapped_column()
    outbox_id: Mapped[UUID] = mapped_column()
    carrier: Mapped[str] = mapped_column(String(40))
    ref: Mapped[str] = mapped_column(String(120))
    tracking_number: Mapped[str] = mapped_column(String(120), default="")
    cost_minor: Mapped[int | None] = mapped_column()
    cost_currency: Mapped[str | None] = mapped_column(String(3))
    files: Mapped[list[Any]] = mapped_column(JsonType)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    __table_args__ = (
        UniqueConstraint("store_id", "outbox_id"),
        Index("ix_labels_store_id_return_id", "store_id", "return_id"),
        Index("ix_labels_store_id_tracking_number", "store_id", "tracking_number"),
    )
