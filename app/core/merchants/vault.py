"""Credentials at rest: Fernet under a list of keys, the first encrypts, all decrypt, so keys can be rotated."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from app.core.kit.errors import DomainError, Kind


class CredentialUnreadable(DomainError):
    """Encrypted under a key that we no longer hold."""

    code = "credential_unreadable"
    kind = Kind.UNAVAILABLE


class Vault:
    """Encrypts and decrypts short secrets."""

    def __init__(self, keys: Sequence[str]) -> None:
        """``keys``: Fernet keys (32 bytes, URL-safe base64), newest first. Raises ValueError on an unusable one."""
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def encrypt(self, secret: str) -> str:
        """To text for a column, under the newest key."""
        return self._fernet.encrypt(secret.encode()).decode()

    def decrypt(self, ciphertext: str) -> str:
        """Back to clear. Raises CredentialUnreadable."""
        try:
            return self._fernet.decrypt(ciphertext.encode()).decode()
        except InvalidToken as error:
            raise CredentialUnreadable from error

    def rotate(self, ciphertext: str) -> str:
        """The same secret under the newest key."""
        try:
            return self._fernet.rotate(ciphertext.encode()).decode()
        except InvalidToken as error:
            raise CredentialUnreadable from error
