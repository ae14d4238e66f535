"""The ports that make up the product, as types. Web and jobs depend on this, never on adapters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from app.core.inventory.ports import StockKeeper
from app.core.kit.clock import Clock
from app.core.kit.db import Database
from app.core.kit.files import FileStore
from app.core.kit.texts import Texts
from app.core.labels.ports import Carrier
from app.core.merchants.ports import StoreConnection, StoreConnector, StorefrontGate
from app.core.merchants.vault import Vault
from app.core.messaging.ports import Doorbell, WebhookGate
from app.core.orders.ports import Command, OrderSource
from app.core.returns.ports import Notifier, Refunds
from app.settings import Settings


class ConnectedStore(OrderSource, Refunds, StockKeeper, Protocol):
    """One store, spoken to with its own credentials."""


class Platform(StoreConnector, Protocol):
    """One platform: judges what it sends, says what it means, and connects to its stores."""

    @property
    def webhooks(self) -> WebhookGate:
        """The judge of what it sends us."""
        ...

    @property
    def storefront(self) -> StorefrontGate:
        """The judge of what it forwards from the storefront."""
        ...

    @property
    def gives_credit(self) -> bool:
        """Whether its stores satisfy ``Credits``: only then is store credit offered."""
        ...

    def translate(self, topic: str, body: bytes) -> Command:
        """What a stored delivery asks of us. Raises MalformedDelivery; an unknown topic is ``Ignore``."""
        ...

    def connect(self, connection: StoreConnection) -> ConnectedStore:
        """The store's ports. No network happens until one is called."""
        ...


@dataclass(frozen=True, slots=True)
class Container:
    """Everything the doors hand to web and jobs. ``platforms`` and ``carriers`` are by name."""

    settings: Settings
    clock: Clock
    database: Database
    vault: Vault
    texts: Texts
    files: FileStore
    bell: Doorbell
    notifier: Notifier
    platforms: Mapping[str, Platform]
    carriers: Mapping[str, Carrier]
