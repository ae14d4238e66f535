from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography.fernet import Fernet

from app.core.kit.db import Database, make_engine
from app.core.merchants import service as merchants
from app.core.merchants.credentials import service as credentials
from app.core.merchants.models import Store, StoreCredential
from app.core.merchants.ports import StoreFacts
from app.core.merchants.rules import PlatformName
from app.core.merchants.vault import Vault
from app.core.schema import create_all
from app.operations import doctor, embedded, migrations
from app.operations.doctor import Finding, Verdict
from app.operations.supervisor import Part, Supervisor
from app.providers.local_files import LocalFiles

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
FACTS = StoreFacts(name="Acme", currency="EUR", country="DE")


def good(part: str, says: str) -> Finding:
    return Finding(part, Verdict.GOOD, says)


def note(part: str, says: str) -> Finding:
    return Finding(part, Verdict.NOTE, says)


def wrong(part: str, says: str) -> Finding:
    return Finding(part, Verdict.WRONG, says)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(make_engine(f"sqlite:///{tmp_path}/helloword.sqlite"))
    with made.engine.begin() as connection:
        create_all(connection)
    yield made
    made.dispose()


# --- database and migrations ----------------------------------------------------------------------------------------


def test_a_database_that_answers_is_well(database: Database) -> None:
    found = doctor.check_database(database.engine)
    assert found.verdict is Verdict.GOOD
    assert found.says.startswith("sqlite 3.")
    assert found.says.endswith(" answers.")


def test_a_missing_database_file_is_not_made_by_looking(tmp_path: Path) -> None:
    file = tmp_path / "helloword.sqlite"
    engine = make_engine(f"sqlite:///{file}")
    says = f"{file} is not there yet. Run `helloword migrate` or `helloword up`."
    assert doctor.check_database(engine) == wrong("database", says)
    expected = wrong("migrations", "there are no tables yet. Run `helloword migrate`.")
    assert doctor.check_migrations(engine) == expected
    assert not file.exists()


def test_a_database_that_does_not_answer_is_named_without_its_password(free_port: int) -> None:
    engine = make_engine(f"postgresql+psycopg://anna:geheim@127.0.0.1:{free_port}/shop?connect_timeout=3")
    found = doctor.check_database(engine)
    assert found.verdict is Verdict.WRONG
    assert found.says.startswith(f"postgresql+psycopg://anna:***@127.0.0.1:{free_port}/shop?connect_timeout=3 does not")
    assert found.says.endswith("Check HELLOWORD_DATABASE_URL.")
    assert "geheim" not in found.says


def test_a_migrated_database_is_up_to_date(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/fresh/helloword.sqlite"
    migrations.migrate(url)
    engine = make_engine(url)
    present, wanted = migrations.versions(engine)
    assert present == wanted
    assert doctor.check_migrations(engine) == good("migrations", f"up to date ({', '.join(present)}).")
    engine.dispose()


def test_a_database_of_another_version_is_told_what_to_run(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/helloword.sqlite"
    migrations.migrate(url)
    engine = make_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'an_older_one'")
    wanted = ", ".join(migrations.versions(engine)[1])
    says = f"the database is at an_older_one, this program wants {wanted}. Run `helloword migrate`."
    assert doctor.check_migrations(engine) == wrong("migrations", says)
    engine.dispose()


# --- queue ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[redis.Redis]:
    made = embedded.prepare(tmp_path, environ={}, dotenv=tmp_path / "none")
    assert made.queue is not None
    embedded.make_queue_folder(tmp_path)
    client = redis.Redis.from_url(made.environment["HELLOWORD_REDIS_URL"])

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False

    with Supervisor([Part("queue", made.queue, ready=answers)]):
        yield client
    client.close()


def _url(client: redis.Redis) -> str:
    return f"unix://{client.connection_pool.connection_kwargs['path']}"


def test_a_queue_that_answers_and_persists_is_well(queue: redis.Redis) -> None:
    name = f"Valkey {queue.info()['valkey_version']}"
    assert doctor.check_queue(_url(queue), own=True) == good("queue", f"{name} answers and keeps what it is given.")


def test_a_queue_that_keeps_nothing_on_disk_is_worth_a_note(queue: redis.Redis) -> None:
    queue.config_set("appendonly", "no")
    name = f"Valkey {queue.info()['valkey_version']}"
    says = f"{name} answers, but keeps no append-only file: after its restart, waiting work is found by the sweeper."
    assert doctor.check_queue(_url(queue), own=True) == note("queue", f"{says} Set appendonly to yes.")


def test_a_queue_that_throws_keys_away_is_wrong(queue: redis.Redis) -> None:
    queue.config_set("maxmemory", 100_000_000)
    queue.config_set("maxmemory-policy", "allkeys-lru")
    name = f"Valkey {queue.info()['valkey_version']}"
    says = f"{name} throws keys away when memory is full. Set maxmemory-policy to noeviction."
    assert doctor.check_queue(_url(queue), own=False) == wrong("queue", says)


def test_a_configured_queue_that_does_not_answer_is_wrong_and_its_password_is_not_shown(free_port: int) -> None:
    found = doctor.check_queue(f"redis://:geheim@127.0.0.1:{free_port}/0", own=False)
    assert found.verdict is Verdict.WRONG
    assert found.says.startswith(f"127.0.0.1:{free_port} does not answer (")
    assert found.says.endswith("Check HELLOWORD_REDIS_URL.")
    assert "geheim" not in found.says


def test_the_embedded_queue_need_not_run_while_we_do_not(tmp_path: Path) -> None:
    found = doctor.check_queue(f"unix://{tmp_path}/none.sock", own=True)
    assert found == note("queue", "the embedded one is not running now; it starts with `helloword up`.")


# --- storage --------------------------------------------------------------------------------------------------------


def test_storage_that_can_be_written_is_well(tmp_path: Path) -> None:
    assert doctor.check_storage(LocalFiles(tmp_path / "files")) == good("storage", "photos and labels can be written.")


def test_storage_that_cannot_be_written_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    found = doctor.check_storage(LocalFiles(tmp_path / "file" / "files"))
    assert found.verdict is Verdict.WRONG
    assert found.says.endswith("Check HELLOWORD_DATA_DIR and the disk.")


# --- mail -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def mail_server(free_port: int) -> Iterator[Callable[..., int]]:
    """A real SMTP server; gives its port. ``authenticator``: what judges a user and a password."""
    started: list[Controller] = []

    def start(**more: Any) -> int:
        server = Controller(object(), hostname="127.0.0.1", port=free_port, **more)
        server.start()
        started.append(server)
        return free_port

    yield start
    for server in started:
        server.stop()


def test_a_mail_server_that_takes_us_is_well(mail_server: Callable[..., int]) -> None:
    port = mail_server()
    assert doctor.check_mail(f"smtp://127.0.0.1:{port}") == good("mail", f"127.0.0.1:{port} takes mail from us.")


def test_a_mail_server_that_refuses_the_password_is_wrong(mail_server: Callable[..., int]) -> None:
    refuse = lambda *_: AuthResult(success=False, handled=False)  # noqa: E731
    port = mail_server(authenticator=refuse, auth_require_tls=False)
    says = f"127.0.0.1:{port} refuses the user or the password. Check HELLOWORD_SMTP_URL."
    assert doctor.check_mail(f"smtp://anna:geheim@127.0.0.1:{port}") == wrong("mail", says)


def test_a_mail_server_that_is_not_there_is_wrong(free_port: int) -> None:
    found = doctor.check_mail(f"smtp://anna:geheim@127.0.0.1:{free_port}")
    assert found.verdict is Verdict.WRONG
    assert found.says.startswith(f"127.0.0.1:{free_port} does not take mail from us (")
    assert "Connection refused" in found.says
    assert "geheim" not in found.says


def test_no_mail_server_is_worth_a_note() -> None:
    says = "no mail server is set, so shoppers get no mail. Set HELLOWORD_SMTP_URL."
    assert doctor.check_mail(None) == note("mail", says)


def test_an_address_that_is_none_of_mail_is_wrong() -> None:
    says = "HELLOWORD_SMTP_URL is not of the form smtp://user:password@host:587 or smtps://..."
    assert doctor.check_mail("https://mail.example") == wrong("mail", says)


# --- stores, carriers, translators ----------------------------------------------------------------------------------


def connect_store(database: Database, keys: list[str]) -> None:
    secrets = {"consumer_key": "ck_1", "consumer_secret": "cs_1"}
    platform, url = PlatformName.WOOCOMMERCE, "https://acme.example"
    with database.write() as session:
        merchants.connect(session, Vault(keys), platform, url, secrets, FACTS, actor="system", now=NOW)


def test_no_store_yet_is_worth_a_note(database: Database) -> None:
    assert doctor.check_stores(database, Vault([OLD])) == note("stores", "none is connected yet.")


def test_stores_whose_credentials_open_are_well(database: Database) -> None:
    connect_store(database, [OLD])
    expected = good("stores", "1 connected, their credentials can be read.")
    assert doctor.check_stores(database, Vault([NEW, OLD])) == expected


def test_credentials_under_a_lost_key_are_named(database: Database) -> None:
    connect_store(database, [OLD])
    says = (
        "credentials cannot be decrypted (https://acme.example: consumer_key, consumer_secret). "
        "Put the missing key back into HELLOWORD_VAULT_KEYS, or connect the store again."
    )
    assert doctor.check_stores(database, Vault([NEW])) == wrong("stores", says)


def test_rotation_moves_every_credential_to_the_newest_key(database: Database) -> None:
    connect_store(database, [OLD])
    with database.write() as session:
        assert credentials.rotate(session, Vault([NEW, OLD])) == credentials.Rotation(moved=2, unreadable=0)
    with database.read() as session:
        found = session.query(Store).one()
        assert merchants.connection(session, Vault([NEW]), found).credentials == {
            "consumer_key": "ck_1",
            "consumer_secret": "cs_1",
        }


def test_rotation_leaves_what_it_cannot_read_as_it_is(database: Database) -> None:
    connect_store(database, [OLD])
    with database.read() as session:
        before = {row.name: row.ciphertext for row in session.query(StoreCredential)}
    with database.write() as session:
        assert credentials.rotate(session, Vault([NEW])) == credentials.Rotation(moved=0, unreadable=2)
    with database.read() as session:
        assert {row.name: row.ciphertext for row in session.query(StoreCredential)} == before


def test_no_carrier_is_wrong() -> None:
    assert doctor.check_carriers({}) == wrong("carriers", "none: no label can be made.")


def test_translators_say_that_none_is_set_up() -> None:
    says = "none is set up; the product's own texts come in every shipped language without one."
    assert doctor.check_translators() == note("translators", says)
