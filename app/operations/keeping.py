"""Looking after a product that is set up: the doctor over the real settings, accounts, the rotation of keys."""

from __future__ import annotations

import os
from pathlib import Path

from app.bootstrap import make_container
from app.core.kit.errors import DomainError
from app.core.merchants import service as merchants
from app.core.merchants.credentials import service as credentials
from app.operations import doctor, embedded, migrations
from app.operations.doctor import Finding, Verdict
from app.operations.doors import load_settings
from app.operations.refusals import CannotStart
from app.web.errors import sentence


def examine_settings(*, own_queue: bool) -> list[Finding]:
    """The doctor's findings, the settings themselves first; when those are unusable, nothing else can be asked."""
    try:
        container = make_container(load_settings())
    except (CannotStart, ValueError) as error:
        return [Finding("settings", Verdict.WRONG, str(error))]
    try:
        return [
            Finding("settings", Verdict.GOOD, "complete."),
            *doctor.examine(container, own_queue=own_queue),
        ]
    finally:
        container.database.dispose()


def rotate_keys(data_dir: Path) -> tuple[str, int]:
    """Encrypt every credential under the newest key; gives what to tell the person, and the exit code.

    With generated secrets a fresh key is drawn first, which wants everything stopped: a running process would not
    know it. With configured ones the person puts a new key in front of HELLOWORD_VAULT_KEYS before. Raises CannotStart.
    """
    made = embedded.prepare(data_dir, create=False)
    if embedded.PREFIX + "VAULT_KEYS" not in made.environment:
        made.apply()
        return _rotate()
    with embedded.only_one(made.data_dir):
        made.apply()
        os.environ[embedded.PREFIX + "VAULT_KEYS"] = embedded.add_vault_key(made.data_dir)
        return _rotate()


def set_account(data_dir: Path, email: str, name: str, password: str) -> str:
    """Make an account, or give one a new password; gives what to tell the person. Raises CannotStart."""
    embedded.prepare(data_dir).apply()
    settings = load_settings()
    migrations.migrate(settings.database_url)
    container = make_container(settings)
    try:
        with container.database.write() as session:
            account = merchants.set_account(session, email, name, password, now=container.clock.now())
            return f"{account.email} can sign in at {settings.public_url}/admin/"
    except DomainError as error:
        raise CannotStart(sentence(container.texts.for_locale("en"), error.code)) from error
    finally:
        container.database.dispose()


def _rotate() -> tuple[str, int]:
    container = make_container(load_settings())
    try:
        with container.database.write() as session:
            done = credentials.rotate(session, container.vault)
    finally:
        container.database.dispose()
    said = f"{done.moved} credentials are now encrypted under the newest key."
    if done.unreadable:
        said += f" {done.unreadable} could not be read with any key and were left as they are."
    return said, int(done.unreadable > 0)
