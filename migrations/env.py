"""Alembic's door: migrates the database that the settings (or ``-x url=``) name."""

from __future__ import annotations

from alembic import context
from sqlalchemy import JSON, Connection

from app.core.kit.db import Base, EnumText, UtcDateTime, make_engine
from app.core.schema import TABLES
from app.settings import Settings

if not TABLES:
    msg = "no tables are known: the models were not imported"
    raise RuntimeError(msg)


def _render(kind: str, thing: object, autogen: object) -> str | bool:
    """Write our column types by what the database sees, so that a migration does not change with our code."""
    del autogen
    if kind == "type" and isinstance(thing, EnumText):
        return "sa.String(length=32)"
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, JSON):
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=_render,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _url() -> str:
    given = context.get_x_argument(as_dictionary=True).get("url")
    return given or context.config.attributes.get("url") or Settings().database_url  # type: ignore[call-arg]


engine = make_engine(_url())
try:
    with engine.connect() as connection:
        _run(connection)
finally:
    engine.dispose()
