"""The product over fakes, on SQLite and on PostgreSQL; and, where it is asked for, a real queue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.container import Container
from app.core.kit.db import Database
from tests.databases import database, database_url, postgres, queue_url, valkey

__all__ = ["database", "database_url", "postgres", "queue_url", "valkey"]


@pytest.fixture
def container(container: Container, database: Database) -> Container:
    """The product over fakes: only the database is real, one of each kind."""
    return replace(container, database=database)
