"""What merchants needs from outside: a platform that can be connected, and a judge of storefront requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from app.core.kit.errors import DomainError, Kind


class ForgedVisit(DomainError):
    """A storefront request whose signature is missing, wrong or too old."""

    code = "visit_forged"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class StoreConnection:
    """All an adapter needs to speak to one store. ``url`` is the store's root without a trailing slash.

    ``credentials`` in clear, by name. WooCommerce: ``consumer_key``, ``consumer_secret``, ``webhook_secret``,
    ``storefront_secret``. Shopify: ``access_token``, ``client_secret``.
    """

    store_id: UUID
    url: str
    credentials: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What a store says of itself when it is connected. ``location_ref``: where returned goods are put by default."""

    name: str
    currency: str
    country: str
    timezone: str = "UTC"
    locale: str = "en"
    location_ref: str | None = None
    support_email: str | None = None


@dataclass(frozen=True, slots=True)
class StorefrontVisit:
    """A verified request that came through the storefront. ``base`` is the path there under which our pages hang.

    ``customer_ref`` is the signed-in customer's platform id, empty for a guest.
    """

    shop: str
    base: str
    customer_ref: str = ""


class StorefrontGate(Protocol):
    """Judges requests that a platform forwards from the storefront to us."""

    def shop(self, query: Sequence[tuple[str, str]]) -> str:
        """Which shop the request claims to come from (to find its secrets); empty when it does not say."""
        ...

    def open(self, query: Sequence[tuple[str, str]], secrets: Sequence[str], now: float) -> StorefrontVisit:
        """Verify the signed ``query`` (name, value pairs as received) at unix time ``now``. Raises ForgedVisit."""
        ...


class StoreConnector(Protocol):
    """Proves a connection before it is kept."""

    def root(self, typed: str) -> str:
        """The store's root (``StoreConnection.url``) from what a merchant types or pastes; empty if it can be none."""
        ...

    def facts(self, connection: StoreConnection) -> StoreFacts:
        """Read what the store says of itself with these credentials. Raises ProviderError in words a merchant can
        act on (wrong key, read-only key, no https, plain permalinks, missing scope).
        """
        ...
