"""Look after the keys that credentials are encrypted under: find what cannot be read, move all to the newest key."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.core.merchants import repository as merchants
from app.core.merchants.credentials import repository
from app.core.merchants.vault import CredentialUnreadable, Vault


@dataclass(frozen=True, slots=True)
class Rotation:
    """How many credentials are now under the newest key, and how many were left because no key opens them."""

    moved: int
    unreadable: int


def unreadable(session: Session, vault: Vault) -> dict[str, list[str]]:
    """The names of credentials that no key opens, by the connected store's address; empty lists where all is well."""
    found: dict[str, list[str]] = {}
    for store in merchants.connected(session):
        rows = merchants.credentials(session, store.id)
        found[store.url] = sorted(name for name, row in rows.items() if not _opens(vault, row.ciphertext))
    return found


def rotate(session: Session, vault: Vault) -> Rotation:
    """Encrypt every credential of every store anew under the vault's newest key. What cannot be read stays as it is.

    ``updated_at`` is left alone: the secret itself did not change.
    """
    moved = lost = 0
    for store_id in repository.stores(session):
        for row in repository.for_change(session, store_id):
            try:
                fresh = vault.rotate(row.ciphertext)
                before = None if row.previous_ciphertext is None else vault.rotate(row.previous_ciphertext)
            except CredentialUnreadable:
                lost += 1
                continue
            row.ciphertext, row.previous_ciphertext = fresh, before
            moved += 1
    return Rotation(moved, lost)


def _opens(vault: Vault, ciphertext: str) -> bool:
    try:
        vault.decrypt(ciphertext)
    except CredentialUnreadable:
        return False
    return True
