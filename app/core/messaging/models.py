"""Three tables by which nothing is lost and nothing is doubled: what came in, what must go out, what happened."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.kit.db import Base, EnumText, JsonType, Tenant, UtcDateTime, one_of

# Conditions of partial indexes. A query must say them word for word, not with parameters, or a planner cannot know that
# the index holds all that is asked for.
UNHANDLED = text("handled_at IS NULL")
BODY_KEPT = text("length(body) > 0")
EVENT_NAMED = text("event_key IS NOT NULL")
UNFINISHED = text("status IN ('pending', 'leased', 'unknown')")


class InboxEvent(Base, Tenant):
    """One delivery from a store's platform, as received.

    ``dedup_key`` is the platform's true one, so a repeated delivery is an ignored insert. ``handled_at`` is set in
    the transaction that applied it. A row that keeps failing stays, with its error, for a person to see.
    """

    __tablename__ = "inbox_events"

    dedup_key: Mapped[str] = mapped_column(String(200), primary_key=True)
    topic: Mapped[str] = mapped_column(String(100))
    event_key: Mapped[str | None] = mapped_column(String(200))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime())
    occurred_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    available_at: Mapped[datetime] = mapped_column(UtcDateTime())
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    handled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    outcome: Mapped[str | None] = mapped_column(String(40))
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        # A work queue over all stores: the drain asks for the oldest waiting rows whoever they belong to.
        Index(
            "ix_inbox_events_waiting",
            "available_at",
            postgresql_where=UNHANDLED,
            sqlite_where=UNHANDLED,
        ),
        # Was another delivery of this business event handled? Only some platforms name the event.
        Index(
            "ix_inbox_events_event",
            "store_id",
            "event_key",
            postgresql_where=EVENT_NAMED,
            sqlite_where=EVENT_NAMED,
        ),
        # Whose body is old enough to be forgotten? Once it is, the row leaves the index.
        Index(
            "ix_inbox_events_kept",
            "store_id",
            "received_at",
            postgresql_where=BODY_KEPT,
            sqlite_where=BODY_KEPT,
        ),
    )


class OutboxStatus(StrEnum):
    """Where an intended effect stands."""

    PENDING = "pending"
    LEASED = "leased"
    UNKNOWN = "unknown"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


class OutboxMessage(Base, Tenant):
    """One effect on an outside party that must happen exactly once. Its ``id`` is the key the vendor is given.

    ``lane`` orders: rows of one lane (a return) run one after the other, lanes run in parallel. ``unknown`` means
    the last call may have worked: the next step is a look-up, not a second call.
    """

    __tablename__ = "outbox_messages"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    lane: Mapped[str] = mapped_column(String(80))
    once_key: Mapped[str | None] = mapped_column(String(200))
    payload: Mapped[dict[str, Any]] = mapped_column(JsonType)
    status: Mapped[OutboxStatus] = mapped_column(EnumText(OutboxStatus), default=OutboxStatus.PENDING)
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    available_at: Mapped[datetime] = mapped_column(UtcDateTime())
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    lease_token: Mapped[UUID | None] = mapped_column()
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    result: Mapped[dict[str, Any] | None] = mapped_column(JsonType)
    error: Mapped[str | None] = mapped_column(Text)

    must_find = False
    """Set by ``outbox.claim`` (not a column): look our key up at the vendor before calling."""

    __table_args__ = (
        one_of("status", OutboxStatus),
        UniqueConstraint("store_id", "once_key"),
        # A work queue over all stores, like the inbox's.
        Index(
            "ix_outbox_messages_waiting",
            "available_at",
            postgresql_where=UNFINISHED,
            sqlite_where=UNFINISHED,
        ),
        Index("ix_outbox_messages_store_id_lane_id", "store_id", "lane", "id"),
        Index("ix_outbox_messages_store_id_status", "store_id", "status", "created_at"),
    )


class HistoryEntry(Base, Tenant):
    """One fact about a subject (a return, an order, a store). Never changed, never deleted: a trigger refuses both."""

    __tablename__ = "history_entries"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[UUID] = mapped_column()
    machine: Mapped[str | None] = mapped_column(String(16))
    from_state: Mapped[str | None] = mapped_column(String(32))
    event: Mapped[str] = mapped_column(String(48))
    to_state: Mapped[str | None] = mapped_column(String(32))
    actor: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    data: Mapped[dict[str, Any]] = mapped_column(JsonType)

    __table_args__ = (Index("ix_history_entries_store_id_subject_id", "store_id", "subject_id", "id"),)
