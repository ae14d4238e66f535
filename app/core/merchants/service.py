"""Connect a store, keep its secrets, sign its people in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error
from sqlalchemy.orm import Session

from app.core.kit.ids import new_id
from app.core.merchants import repository
from app.core.merchants.errors import (
    AddressIncomplete,
    EmailInvalid,
    PasswordTooShort,
    SettingInvalid,
    SignInRefused,
    StoreTaken,
)
from app.core.merchants.models import Account, Membership, Store, StoreCredential
from app.core.merchants.ports import StoreConnection, StoreFacts
from app.core.merchants.rules import PlatformName, Role, StoreStatus
from app.core.merchants.vault import Vault
from app.core.messaging import history

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody has this password")
_URL_LENGTH = 255
_PASSWORD_LENGTH = 12
"""NIST SP 800-63B-4 asks for 15 where a password is the only factor, and for 8 at least."""
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")


def connect(
    session: Session,
    vault: Vault,
    platform: PlatformName,
    url: str,
    credentials: Mapping[str, str],
    facts: StoreFacts,
    *,
    actor: str,
    now: datetime,
) -> Store:
    """Keep a proved connection; a store that was here before keeps its returns and gets the new secrets."""
    root = url.rstrip("/")
    found = repository.by_url(session, platform, root)
    if found is None:
        found = Store(
            id=new_id(),
            platform=platform,
            url=root,
            slug=_free_slug(session, facts.name, root),
            brand={},
            created_at=now,
        )
        session.add(found)
    found.name, found.currency, found.country = facts.name, facts.currency, facts.country
    found.timezone, found.locale = facts.timezone, facts.locale
    found.location_ref = facts.location_ref or found.location_ref
    found.support_email = found.support_email or facts.support_email
    found.status = StoreStatus.CONNECTED
    session.flush()
    for name, secret in credentials.items():
        keep_credential(session, vault, found.id, name, secret, now=now)
    history.record(
        session, found.id, "store", found.id, "store_connected", actor=actor, at=now, platform=platform.value
    )
    return found


def disconnect(session: Session, store_id: UUID, *, now: datetime) -> None:
    """The merchant removed us: stop acting for the store."""
    found = repository.store(session, store_id)
    if found.status is not StoreStatus.DISCONNECTED:
        found.status = StoreStatus.DISCONNECTED
        history.record(session, store_id, "store", store_id, "store_disconnected", actor="store", at=now)


def keep_credential(session: Session, vault: Vault, store_id: UUID, name: str, secret: str, *, now: datetime) -> None:
    """Encrypt and keep a secret; the one it replaces stays valid for deliveries signed before the change."""
    row = session.get(StoreCredential, (store_id, name))
    if row is None:
        session.add(StoreCredential(store_id=store_id, name=name, ciphertext=vault.encrypt(secret), updated_at=now))
    elif vault.decrypt(row.ciphertext) != secret:
        row.previous_ciphertext, row.ciphertext, row.updated_at = row.ciphertext, vault.encrypt(secret), now


def connection(session: Session, vault: Vault, found: Store) -> StoreConnection:
    """All that an adapter needs to speak to this store, in clear. Raises CredentialUnreadable."""
    rows = repository.credentials(session, found.id)
    secrets = {name: vault.decrypt(row.ciphertext) for name, row in rows.items()}
    return StoreConnection(store_id=found.id, url=found.url, credentials=secrets)


def signing_secrets(session: Session, vault: Vault, store_id: UUID, name: str) -> tuple[str, ...]:
    """The secret of this name and the one before it, for judging signatures; empty when there is none."""
    row = session.get(StoreCredential, (store_id, name))
    if row is None:
        return ()
    stored = [row.ciphertext, row.previous_ciphertext]
    return tuple(vault.decrypt(ciphertext) for ciphertext in stored if ciphertext is not None)


def open_store(
    session: Session,
    vault: Vault,
    platform: PlatformName,
    url: str,
    credentials: Mapping[str, str],
    facts: StoreFacts,
    *,
    owner: UUID,
    now: datetime,
) -> Store:
    """A person connects a store and owns it from then on. Raises StoreTaken where it is somebody else's here."""
    known = repository.by_url(session, platform, url.rstrip("/"))
    if known is not None:
        mine = repository.membership(session, known.id, owner)
        if (mine is None or mine.role is not Role.OWNER) and repository.has_members(session, known.id):
            raise StoreTaken(field="url")
    actor = history.staff(owner)
    found = connect(session, vault, platform, url, credentials, facts, actor=actor, now=now)
    if repository.membership(session, found.id, owner) is None:
        session.add(Membership(store_id=found.id, account_id=owner, role=Role.OWNER))
    return found


def set_account(session: Session, email: str, name: str, password: str, *, now: datetime) -> Account:
    """A person who may sign in; one who is known gets the new password. Raises EmailInvalid, PasswordTooShort."""
    address = email.strip().casefold()
    if not _EMAIL.fullmatch(address):
        raise EmailInvalid(field="email")
    if len(password) < _PASSWORD_LENGTH:
        raise PasswordTooShort(field="password")
    account = repository.account_by_email(session, address)
    if account is None:
        account = Account(id=new_id(), email=address, name=name.strip() or address, password_hash="", created_at=now)
        session.add(account)
    account.name = name.strip() or account.name
    account.password_hash = _HASHER.hash(password)
    session.flush()
    return account


def enrol(
    session: Session, store_id: UUID, email: str, name: str, password: str, role: Role, *, now: datetime
) -> Account:
    """Give a person a role in a store; an account that exists keeps its password.

    Raises EmailInvalid, PasswordTooShort.
    """
    account = repository.account_by_email(session, email) or set_account(session, email, name, password, now=now)
    known = repository.membership(session, store_id, account.id)
    if known is None:
        session.add(Membership(store_id=store_id, account_id=account.id, role=role))
    else:
        known.role = role
    return account


def sign_in(session: Session, email: str, password: str) -> Account:
    """The person with this e-mail and password. Raises SignInRefused; takes as long for an unknown e-mail."""
    account = repository.account_by_email(session, email)
    try:
        _HASHER.verify(account.password_hash if account is not None else _NOBODY, password)
    except Argon2Error as error:
        raise SignInRefused from error
    if account is None:
        raise SignInRefused
    if _HASHER.check_needs_rehash(account.password_hash):
        account.password_hash = _HASHER.hash(password)
    return account


def set_return_address(
    session: Session, found: Store, address: Mapping[str, str], *, actor: str, now: datetime
) -> None:
    """Where parcels come back to. Raises AddressIncomplete, naming the first field that is missing."""
    cleaned = {name: value.strip()[:200] for name, value in address.items()}
    for name in ("name", "line1", "city", "country"):
        if not cleaned.get(name):
            raise AddressIncomplete(field=name)
    country = cleaned["country"].upper()
    if len(country) != 2 or not country.isalpha():  # noqa: PLR2004 (ISO 3166-1 alpha-2)
        raise AddressIncomplete(field="country")
    found.return_address = cleaned | {"country": country}
    history.record(session, found.id, "store", found.id, "return_address_changed", actor=actor, at=now)


def set_brand(session: Session, found: Store, *, colour: str, logo_url: str, actor: str, now: datetime) -> None:
    """The store's colour (``#1b5e4b``) and logo, both may be empty. Raises SettingInvalid."""
    if colour and not _COLOUR.match(colour):
        raise SettingInvalid(field="colour")
    if logo_url and not logo_url.startswith(("https://", f"{found.url}/")):
        raise SettingInvalid(field="logo_url")
    found.brand = {key: value for key, value in (("colour", colour.lower()), ("logo_url", logo_url)) if value}
    history.record(session, found.id, "store", found.id, "brand_changed", actor=actor, at=now)


def set_returns_url(session: Session, found: Store, url: str, *, actor: str, now: datetime) -> None:
    """Where the returns page hangs in the storefront; empty for our own address. Raises SettingInvalid.

    https, or plain http on this machine, where nothing travels.
    """
    address = url.strip().rstrip("/")
    parts = urlsplit(address)
    allowed = {"https", "http"} if parts.hostname in {"localhost", "127.0.0.1", "::1"} else {"https"}
    if address and (parts.scheme not in allowed or not parts.hostname or len(address) > _URL_LENGTH):
        raise SettingInvalid(field="returns_url")
    found.returns_url = address or None
    history.record(session, found.id, "store", found.id, "returns_url_changed", actor=actor, at=now)


def _free_slug(session: Session, name: str, url: str) -> str:
    """What the store is called in our links: from its name, or from its host where the name has no Latin letters."""
    host = url.split("://", 1)[-1].split("/", 1)[0].removesuffix(".myshopify.com").removeprefix("www.")
    wanted = _slugged(name) or _slugged(host) or "store"
    slug, number = wanted, 2
    while repository.by_slug(session, slug) is not None:
        slug, number = f"{wanted}-{number}", number + 1
    return slug


def _slugged(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")[:56].strip("-")
