"""What many tests want. (No network but loopback: pytest-socket, see pyproject.)"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core import schema
from app.core.kit.db import Database, make_engine


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite database with the whole schema."""
    database = Database(make_engine(f"sqlite:///{tmp_path / 'test.sqlite'}"))
    with database.engine.begin() as connection:
        schema.create_all(connection)
    yield database
    database.dispose()
