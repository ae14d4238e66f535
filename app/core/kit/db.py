"""The database: declarative base, column types, and the unit of work.

One request or job is one unit of work. Services never commit; the edge does, by leaving ``Database.write()``. What
must happen only after the commit (ringing the queue) hangs on ``on_commit``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    DateTime,
    Engine,
    ForeignKey,
    MetaData,
    String,
    TypeDecorator,
    Uuid,
    create_engine,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

JsonType = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Base(DeclarativeBase):
    """All tables. Constraint names are fixed so that migrations can find them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Uuid(),
        int: BigInteger(),  # minor units of a large order pass 32 bits in KRW or IDR
        dict[str, Any]: JsonType,
        list[Any]: JsonType,
    }


class Tenant:
    """Mixed into every table that belongs to a store: ``store_id`` comes first in its keys and indexes."""

    store_id: Mapped[UUID] = mapped_column(
        Uuid(), ForeignKey("stores.id", ondelete="RESTRICT"), primary_key=True, sort_order=-10
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant; naive values are refused rather than guessed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database, in UTC (SQLite keeps no zone)."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a naive datetime reached the database"
            raise ValueError(msg)
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database, aware."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EnumText(TypeDecorator[Any]):
    """A StrEnum stored as its text. Pair it with ``one_of`` so that the database refuses other texts."""

    impl = String(32)
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:
        """To text, by way of the enum, so that a misspelling fails here."""
        del dialect
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """To the enum."""
        del dialect
        return None if value is None else self.kind(value)


def one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    """CHECK that ``column`` holds a member of ``kind``."""
    members = ", ".join(f"'{member.value}'" for member in kind)
    return CheckConstraint(f"{column} IN ({members})", name=f"{column}_known")


_ROWS = re.compile(r" IN \(VALUES ((?:\((?:\?(?:, )?)+\)(?:, )?)+)\)")


def make_engine(url: str, *, pool_size: int = 8) -> Engine:
    """An engine for ``url``: SQLite (WAL, FULL sync, foreign keys on) or PostgreSQL.

    What a failed statement was given is never in its error: it holds shoppers' addresses and would reach the log.
    SQLite transactions that will write begin IMMEDIATE, so two writers queue instead of dead-locking; reading ones
    (the ``readonly`` execution option) do not take the write lock.
    """
    common: dict[str, Any] = {"pool_size": pool_size, "json_serializer": _dump, "hide_parameters": True}
    if url.startswith("sqlite"):
        engine = create_engine(url, connect_args={"timeout": 15, "check_same_thread": False}, **common)
        _configure_sqlite(engine)
        return engine
    return create_engine(url, max_overflow=pool_size, pool_pre_ping=True, **common)


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _configure_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        del record
        connection.isolation_level = None  # we say BEGIN ourselves, below
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=15000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def _rows_as_a_query(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> tuple[str, Any]:
        # SQLite reads the whole table for ``(a, b) IN (VALUES ...)``, which is how the parts of many rows are loaded;
        # it uses the index when the same rows come from a query.
        del connection, cursor, rest
        if " IN (VALUES (" in statement:
            statement = _ROWS.sub(r" IN (SELECT * FROM (VALUES \1))", statement)
        return statement, parameters

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        readonly = connection.get_execution_options().get("readonly", False)
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")


class Database:
    """Units of work over one engine.

    ``on_commit`` hears what each committed unit of work left in ``session.info`` (the composition root hangs the
    doorbell there, so that whoever writes an outbox row need not think of the queue).
    """

    def __init__(self, engine: Engine, on_commit: Callable[[Mapping[Any, Any]], None] | None = None) -> None:
        self.engine = engine
        self._reading = engine.execution_options(readonly=True)
        self._on_commit = on_commit

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed when the block ends, rolled back when it raises."""
        with Session(self.engine, expire_on_commit=False) as session:
            with session.begin():
                yield session
            if self._on_commit is not None:
                self._on_commit(session.info)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One reading transaction; nothing it changed is kept."""
        with Session(self._reading, expire_on_commit=False, autoflush=False) as session:
            yield session  # closing rolls back, and leaves what was read readable

    def dispose(self) -> None:
        """Close every pooled connection (before a fork, at the end of a process)."""
        self.engine.dispose()
