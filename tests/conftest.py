"""What many tests want. (No network but loopback: pytest-socket, see pyproject.)"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from app.container import Container
from app.core import schema
from app.core.kit.db import Database, make_engine
from app.core.kit.texts import shipped_texts
from app.core.merchants.vault import Vault
from app.settings import Settings
from tests.fakes.store import FakeBell, FakeCarrier, FakeFiles, FakeNotifier, FakePlatform, FakeStore, FixedClock


@pytest.fixture
def sqlite_database(tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite database with the whole schema."""
    database = Database(make_engine(f"sqlite:///{tmp_path / 'test.sqlite'}"))
    with database.engine.begin() as connection:
        schema.create_all(connection)
    yield database
    database.dispose()


@pytest.fixture
def fake_store() -> FakeStore:
    """An in-memory store."""
    return FakeStore()


@pytest.fixture
def container(sqlite_database: Database, fake_store: FakeStore, tmp_path: Path) -> Container:
    """The product over fakes: only the database is real."""
    settings = Settings(
        _env_file=None,
        database_url="sqlite://",
        redis_url="memory://",
        secret_key="a secret that is long enough for the tests",
        vault_keys=Fernet.generate_key().decode(),
        public_url="https://app.helloword.example",
        data_dir=tmp_path,
        insecure_cookies=True,
    )
    platform = FakePlatform(fake_store)
    return Container(
        settings=settings,
        clock=FixedClock(),
        database=sqlite_database,
        vault=Vault(settings.vault_keys.get_secret_value().split(",")),
        texts=shipped_texts(),
        files=FakeFiles(),
        bell=FakeBell(),
        notifier=FakeNotifier(),
        platforms={"woocommerce": platform, "shopify": platform},
        carriers={"own_label": FakeCarrier()},
    )
