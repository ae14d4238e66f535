"""What a walk needs around it, once a session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import URL

from demo import world
from tests.crash.stage import PostgresDatabases, SqliteFiles, Stage, raised
from tests.crash.ways import Ways
from tests.databases import postgres, queue_url, valkey

__all__ = ["postgres", "queue_url", "valkey"]


@pytest.fixture(scope="module", autouse=True)
def one_world() -> Iterator[None]:
    """The stand-ins draw the whole demo world whenever they are opened; a walk needs it only to be the same."""
    drawn: list[world.World] = []
    draw = world.make_world

    def draw_once(now: datetime) -> world.World:
        if not drawn:
            drawn.append(draw(now))
        return drawn[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(world, "make_world", draw_once)
        yield


@pytest.fixture(scope="session")
def on_sqlite() -> Iterator[Stage]:
    """A stage over SQLite files."""
    with raised(SqliteFiles()) as stage:
        yield stage


@pytest.fixture(scope="session")
def on_postgres(postgres: URL) -> Iterator[Stage]:
    """A stage over PostgreSQL."""
    with raised(PostgresDatabases(postgres)) as stage:
        yield stage


@pytest.fixture(scope="session")
def ways(on_sqlite: Stage, tmp_path_factory: pytest.TempPathFactory) -> Ways:
    return Ways(on_sqlite, tmp_path_factory.mktemp("ways"))


@pytest.fixture(scope="session")
def postgres_ways(on_postgres: Stage, tmp_path_factory: pytest.TempPathFactory) -> Ways:
    return Ways(on_postgres, tmp_path_factory.mktemp("ways"))
