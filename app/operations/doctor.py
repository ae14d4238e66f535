"""``helloword doctor``: asks every part whether it works, and says in plain words what is wrong and what to do."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import unquote, urlsplit

import redis
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from app.container import Container
from app.core.kit.db import Database
from app.core.kit.errors import ProviderError
from app.core.kit.files import FileStore
from app.core.labels.ports import Carrier
from app.core.merchants.credentials import service as credentials
from app.core.merchants.vault import Vault
from app.operations import migrations

OLDEST_QUEUE = (6, 2)
"""From here on a job moves from queue to worker in one step (LMOVE), so a killed worker loses none."""

_PATIENCE_S = 5.0


class Verdict(StrEnum):
    """How a part is: fine, fine but worth knowing, or broken."""

    GOOD = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: the part, how it is, and what to do when it is not well."""

    part: str
    verdict: Verdict
    says: str


def examine(container: Container, *, own_queue: bool) -> list[Finding]:
    """Every part of a configured product. ``own_queue``: the queue is the embedded one, which runs only with us.

    Nothing is changed, nothing is sent; each part is given a few seconds. Never raises.
    """
    settings = container.settings
    checks: list[tuple[str, Callable[[], Finding]]] = [
        ("database", lambda: check_database(container.database.engine)),
        ("migrations", lambda: check_migrations(container.database.engine)),
        ("queue", lambda: check_queue(settings.redis_url, own=own_queue)),
        ("storage", lambda: check_storage(container.files)),
        ("mail", lambda: check_mail(settings.smtp_url)),
        ("stores", lambda: check_stores(container.database, container.vault)),
        ("carriers", lambda: check_carriers(container.carriers)),
        ("translators", check_translators),
    ]
    findings = []
    for part, check in checks:
        try:
            findings.append(check())
        except Exception as error:  # noqa: BLE001 (a doctor that falls over helps nobody; the next part is still asked)
            findings.append(_wrong(part, f"could not be examined: {type(error).__name__}: {error}"))
    return findings


def check_database(engine: Engine) -> Finding:
    """Whether the database answers."""
    file = _sqlite_file(engine)
    if file is not None and not file.exists():
        return _wrong("database", f"{file} is not there yet. Run `helloword migrate` or `helloword up`.")
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            version = ".".join(str(number) for number in connection.dialect.server_version_info or ())
    except SQLAlchemyError as error:
        place = engine.url.render_as_string(hide_password=True)
        return _wrong("database", f"{place} does not answer ({_first_line(error)}). Check HELLOWORD_DATABASE_URL.")
    return _good("database", f"{engine.dialect.name} {version} answers.".replace("  ", " "))


def check_migrations(engine: Engine) -> Finding:
    """Whether the schema is the one that this program wants."""
    file = _sqlite_file(engine)
    if file is not None and not file.exists():
        return _wrong("migrations", "there are no tables yet. Run `helloword migrate`.")
    try:
        present, wanted = migrations.versions(engine)
    except SQLAlchemyError as error:
        return _wrong("migrations", f"cannot be read ({_first_line(error)}).")
    if not present:
        return _wrong("migrations", "there are no tables yet. Run `helloword migrate`.")
    if present != wanted:
        says = f"the database is at {_list(present)}, this program wants {_list(wanted)}. Run `helloword migrate`."
        return _wrong("migrations", says)
    return _good("migrations", f"up to date ({_list(present)}).")


def check_queue(url: str, *, own: bool) -> Finding:
    """Whether the queue answers, is new enough, and does not throw jobs away."""
    client = redis.Redis.from_url(url, socket_timeout=_PATIENCE_S, socket_connect_timeout=_PATIENCE_S)
    try:
        info = client.info("all")
    except redis.RedisError as error:
        if own:
            return _note("queue", "the embedded one is not running now; it starts with `helloword up`.")
        return _wrong("queue", f"{_place(url)} does not answer ({_first_line(error)}). Check HELLOWORD_REDIS_URL.")
    finally:
        client.close()
    speaks = str(info["redis_version"])
    name = f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {speaks}"
    if tuple(int(number) for number in speaks.split(".")[:2]) < OLDEST_QUEUE:
        return _wrong("queue", f"{name} is too old: a killed worker could lose a job. Use 6.2 or newer.")
    if int(info.get("maxmemory", 0)) > 0 and info.get("maxmemory_policy") != "noeviction":
        return _wrong("queue", f"{name} throws keys away when memory is full. Set maxmemory-policy to noeviction.")
    if not int(info.get("aof_enabled", 0)):
        says = (
            f"{name} answers, but keeps no append-only file: after its restart, waiting work is found by the sweeper."
        )
        return _note("queue", f"{says} Set appendonly to yes.")
    return _good("queue", f"{name} answers and keeps what it is given.")


def check_storage(files: FileStore) -> Finding:
    """Whether photos and labels can be written."""
    try:
        files.check()
    except ProviderError as error:
        return _wrong("storage", f"{error.message} Check HELLOWORD_DATA_DIR and the disk.")
    return _good("storage", "photos and labels can be written.")


def check_mail(url: str | None) -> Finding:
    """Whether the mail server takes us, without sending anything."""
    if url is None:
        return _note("mail", "no mail server is set, so shoppers get no mail. Set HELLOWORD_SMTP_URL.")
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        return _wrong("mail", "HELLOWORD_SMTP_URL is not of the form smtp://user:password@host:587 or smtps://...")
    port = parts.port or (465 if secure else 587)
    place = f"{parts.hostname}:{port}"
    try:
        with _connect(parts.hostname, port, secure=secure) as server:
            server.ehlo()
            if not secure and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
    except smtplib.SMTPAuthenticationError:
        return _wrong("mail", f"{place} refuses the user or the password. Check HELLOWORD_SMTP_URL.")
    except (OSError, smtplib.SMTPException) as error:
        return _wrong("mail", f"{place} does not take mail from us ({_first_line(error)}). Check HELLOWORD_SMTP_URL.")
    return _good("mail", f"{place} takes mail from us.")


def check_stores(database: Database, vault: Vault) -> Finding:
    """Whether the credentials of every connected store can be decrypted with the keys we hold."""
    try:
        with database.read() as session:
            checked = credentials.unreadable(session, vault)
    except SQLAlchemyError:
        return _wrong("stores", "cannot be read; see database and migrations.")
    if not checked:
        return _note("stores", "none is connected yet.")
    bad = [f"{store}: {', '.join(names)}" for store, names in checked.items() if names]
    if bad:
        says = (
            f"credentials cannot be decrypted ({'; '.join(bad)}). Put the missing key back into HELLOWORD_VAULT_KEYS,"
        )
        return _wrong("stores", f"{says} or connect the store again.")
    return _good("stores", f"{len(checked)} connected, their credentials can be read.")


def check_carriers(carriers: Mapping[str, Carrier]) -> Finding:
    """Which carriers labels can come from."""
    if not carriers:
        return _wrong("carriers", "none: no label can be made.")
    return _good("carriers", f"{_list(carriers)}.")


def check_translators() -> Finding:
    """Which translators messages can go through."""
    return _note("translators", "none is set up; the product's own texts come in every shipped language without one.")


def _connect(host: str, port: int, *, secure: bool) -> smtplib.SMTP:
    if secure:
        return smtplib.SMTP_SSL(host, port, timeout=_PATIENCE_S, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=_PATIENCE_S)


def _sqlite_file(engine: Engine) -> Path | None:
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return None
    return Path(name)


def _place(url: str) -> str:
    parts = urlsplit(url)
    return parts.path if parts.scheme == "unix" else parts.netloc.rpartition("@")[2]


def _first_line(error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    return str(cause).strip().partition("\n")[0].rstrip(".") or type(cause).__name__


def _list(names: Mapping[str, object] | frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _good(part: str, says: str) -> Finding:
    return Finding(part, Verdict.GOOD, says)


def _note(part: str, says: str) -> Finding:
    return Finding(part, Verdict.NOTE, says)


def _wrong(part: str, says: str) -> Finding:
    return Finding(part, Verdict.WRONG, says)
