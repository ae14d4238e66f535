"""The database's schema: bring it up to date, and say whether it is."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, make_url

from app.operations.embedded import check_writable

ROOT = Path(__file__).resolve().parents[2]


def migrate(database_url: str) -> None:
    """Bring the schema to the newest version; an SQLite file is made when there is none. Raises CannotStart, or
    SQLAlchemyError when the database cannot be reached.
    """
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        check_writable(Path(url.database).resolve().parent)
    command.upgrade(config(database_url), "head")


def versions(engine: Engine) -> tuple[frozenset[str], frozenset[str]]:
    """(what the database has, what the program wants): equal when it is up to date."""
    with engine.connect() as connection:
        present = frozenset(MigrationContext.configure(connection).get_current_heads())
    return present, frozenset(ScriptDirectory.from_config(config("")).get_heads())


def config(database_url: str) -> Config:
    """Alembic's configuration for one database; ``migrations/env.py`` takes the URL from it."""
    made = Config(ROOT / "alembic.ini")
    made.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    made.attributes["url"] = database_url
    return made
