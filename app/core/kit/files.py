"""Files that belong to a store: photos, labels. Kept outside the database, named by key."""

from __future__ import annotations

from typing import Protocol


class FileStore(Protocol):
    """Keeps bytes under a key such as ``<store id>/labels/<id>.pdf``. May raise ProviderError."""

    def put(self, key: str, content: bytes) -> None:
        """Write whole or not at all; the same key again replaces the content."""
        ...

    def get(self, key: str) -> bytes | None:
        """The content, None if there is none."""
        ...

    def delete(self, key: str) -> None:
        """Remove; nothing happens if there is none."""
        ...

    def check(self) -> None:
        """Raise ProviderError, in words, when files cannot be written."""
        ...
