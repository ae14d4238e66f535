"""What stores send us: kept as received, handled once."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, TextClause, func, select, update
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import Session

from app.core.messaging.models import BODY_KEPT, InboxEvent
from app.core.messaging.outbox import RINGING

MAX_ATTEMPTS = 12
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""When a delivery that was given up is tried again: so it is out of the queue's way, and stays to be seen."""
_BACK_OFF = timedelta(seconds=15)
_BACK_OFF_CAP = timedelta(hours=6)
_COLUMNS = (
    "store_id",
    "dedup_key",
    "topic",
    "event_key",
    "body",
    "received_at",
    "occurred_at",
    "available_at",
    "attempts",
)

EventKey = tuple[UUID, str, str]
"""Store, topic, event key: what the deliveries of one business event have in common."""


# --- keeping what comes in -----------------------------------------------------------------------------------------


def row(
    store_id: UUID,
    topic: str,
    dedup_key: str,
    body: bytes,
    *,
    received_at: datetime,
    event_key: str | None = None,
    occurred_at: datetime | None = None,
) -> dict[str, Any]:
    """A delivery as the values of one inbox row."""
    return {
        "store_id": store_id,
        "dedup_key": dedup_key[:200],
        "topic": topic[:100],
        "event_key": event_key[:200] if event_key else None,
        "body": body,
        "received_at": received_at,
        "occurred_at": occurred_at,
        "available_at": received_at,
        "attempts": 0,
    }


class Writer:
    """Keeps deliveries over a connection of its own: one statement, which is its own transaction, for many rows.

    SQLAlchemy is left out on this one path: a unit of work costs several times what the insert does, and a store waits
    for the answer. Not thread-safe: one caller at a time. The connection is made at the first use, so after a fork.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = _Insert(engine.dialect)
        self._connection: Any = None
        dbapi = engine.dialect.loaded_dbapi
        self.refused: tuple[type[Exception], ...] = (dbapi.IntegrityError, dbapi.DataError)
        """What ``keep`` raises when a row, and not the database, is at fault."""

    def keep(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Gives back when all ``rows`` are on the disk; one that was there already is left as it is. At most 1,000.

        Raises what the driver raises, and then has kept none. A connection that broke since it was last used is
        replaced once: the same insert again does no harm.
        """
        used_before = self._connection is not None
        try:
            self._execute(rows)
        except self.refused:
            raise
        except self._engine.dialect.loaded_dbapi.Error as error:
            broken = self._engine.dialect.is_disconnect(error, self._connection, None)
            self.close()
            if not (broken and used_before):
                raise
            self._execute(rows)

    def close(self) -> None:
        """Let go of the connection; the next ``keep`` makes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _execute(self, rows: Sequence[Mapping[str, Any]]) -> None:
        if not rows:
            return
        if self._connection is None:
            self._connection = self._open()
        # In one order everywhere, so that two processes that are given the same deliveries cannot wait in a circle.
        ordered = sorted(rows, key=lambda values: (values["store_id"], values["dedup_key"]))
        self._connection.execute(self._insert.sql(len(ordered)), list(self._insert.values(ordered)))

    def _open(self) -> Any:
        pooled = self._engine.raw_connection()
        connection: Any = pooled.driver_connection
        pooled.detach()  # ours from here on; the pool may fill its place
        if self._engine.dialect.name == "postgresql":
            connection.autocommit = True
        else:
            connection.execute(f"PRAGMA busy_timeout={_SQLITE_PATIENCE_MS}")
        return connection


_SQLITE_PATIENCE_MS = 3000  # shorter than a store's patience with us, and with it the other deliveries'


class _Insert:
    """Inserts of any number of rows, with values as the driver wants them."""

    def __init__(self, dialect: Dialect) -> None:
        columns = [InboxEvent.__table__.c[name] for name in _COLUMNS]
        self._binders = [(column.name, column.type.dialect_impl(dialect).bind_processor(dialect)) for column in columns]
        mark = "?" if dialect.paramstyle == "qmark" else "%s"
        self._one = f"({', '.join([mark] * len(_COLUMNS))})"
        self._known: dict[int, str] = {}

    def sql(self, rows: int) -> str:
        """The statement for so many rows."""
        if rows not in self._known:
            into = f"{InboxEvent.__tablename__} ({', '.join(_COLUMNS)})"
            places = ", ".join([self._one] * rows)
            self._known[rows] = f"INSERT INTO {into} VALUES {places} ON CONFLICT DO NOTHING"  # noqa: S608 (no values)
        return self._known[rows]

    def values(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
        """The rows' values, one row after the other."""
        for values in rows:
            for name, bind in self._binders:
                yield values[name] if bind is None else bind(values[name])


# --- handling it ---------------------------------------------------------------------------------------------------


def take(session: Session, now: datetime, limit: int) -> Sequence[InboxEvent]:
    """The oldest waiting rows, locked for this unit of work; rows that another worker holds are passed over."""
    query = (
        select(InboxEvent)
        .where(InboxEvent.handled_at.is_(None), InboxEvent.available_at <= now)
        .order_by(InboxEvent.available_at)
        .limit(limit)
    )
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def event_of(event: InboxEvent) -> EventKey | None:
    """Which business event a delivery is about; None where the platform does not say."""
    return None if event.event_key is None else (event.store_id, event.topic, event.event_key)


def events_handled(session: Session, batch: Sequence[InboxEvent]) -> set[EventKey]:
    """Of the business events that ``batch`` is about, those of which another delivery has been handled."""
    asked = {key for event in batch if (key := event_of(event)) is not None}
    if not asked:
        return set()
    query = select(InboxEvent.store_id, InboxEvent.topic, InboxEvent.event_key).where(
        InboxEvent.store_id.in_({store_id for store_id, _, _ in asked}),
        InboxEvent.event_key.in_({event_key for _, _, event_key in asked}),
        InboxEvent.handled_at.is_not(None),
    )
    return {(store_id, topic, key) for store_id, topic, key in session.execute(query) if key is not None} & asked


def handled(event: InboxEvent, outcome: str, now: datetime) -> None:
    """Applied, in the same unit of work. ``outcome`` is a stable code."""
    event.handled_at, event.outcome, event.error = now, outcome[:40], None
    event.attempts += 1


def failed(event: InboxEvent, error: str, now: datetime) -> None:
    """Not applied: later again, ever more slowly; after MAX_ATTEMPTS it stays for a person to see."""
    event.attempts += 1
    event.error = error[:2000]
    if event.attempts >= MAX_ATTEMPTS:
        event.available_at = NEVER
        return
    wait = min(_BACK_OFF * 2 ** (event.attempts - 1), _BACK_OFF_CAP)
    event.available_at = now + wait * (0.75 + secrets.randbelow(500) / 1000)  # not all of them at one moment


def oldest_waiting(session: Session, now: datetime) -> datetime | None:
    """Since when the longest waiting row could have been handled; None when nothing waits."""
    return session.scalar(
        select(func.min(InboxEvent.available_at)).where(InboxEvent.handled_at.is_(None), InboxEvent.available_at <= now)
    )


# --- looking after it ----------------------------------------------------------------------------------------------


def given_up(session: Session, store_id: UUID) -> Sequence[InboxEvent]:
    """A store's deliveries that could not be applied, oldest first; each says why in ``error``."""
    return session.scalars(
        select(InboxEvent)
        .where(InboxEvent.store_id == store_id, InboxEvent.handled_at.is_(None), InboxEvent.available_at >= NEVER)
        .order_by(InboxEvent.received_at)
    ).all()


def retry(session: Session, store_id: UUID, dedup_key: str, now: datetime) -> bool:
    """A person asks for a delivery that was given up once more. False when it was not given up."""
    event = session.get(InboxEvent, (store_id, dedup_key), with_for_update=True)
    if event is None or event.handled_at is not None or event.available_at < NEVER:
        return False
    event.available_at, event.attempts = now, 0
    session.info[RINGING] = True
    return True


def stores_to_forget(session: Session, before: datetime) -> Sequence[UUID]:
    """The stores, connected or not, for which ``forget_bodies`` has something to do."""
    return session.scalars(select(InboxEvent.store_id).where(*_forgettable(before)).distinct()).all()


def forget_bodies(session: Session, store_id: UUID, before: datetime, limit: int) -> int:
    """Empty the bodies of deliveries that came before ``before`` and were handled; gives how many, at most ``limit``.

    They hold shoppers' addresses, and what they said has been recorded. The row stays: its key tells a repetition.
    """
    old = select(InboxEvent.dedup_key).where(InboxEvent.store_id == store_id, *_forgettable(before))
    keys = session.scalars(old.order_by(InboxEvent.received_at).limit(limit)).all()
    if keys:
        session.execute(
            update(InboxEvent)
            .where(InboxEvent.store_id == store_id, InboxEvent.dedup_key.in_(keys))
            .values(body=b"")
            .execution_options(synchronize_session=False)
        )
    return len(keys)


def _forgettable(before: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool], TextClause]:
    return InboxEvent.received_at < before, InboxEvent.handled_at.is_not(None), BODY_KEPT
