"""Who a delivery or a storefront visit is for, and with which secrets it must be signed."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.merchants import service
from app.core.merchants.models import Store
from app.core.merchants.rules import PlatformName, StoreStatus
from app.core.merchants.vault import Vault

_SECRET = {PlatformName.WOOCOMMERCE: "webhook_secret", PlatformName.SHOPIFY: "client_secret"}


@dataclass(frozen=True, slots=True)
class WebhookTarget:
    """A store and the secrets (present and previous) that its deliveries are signed with."""

    store_id: UUID
    secrets: tuple[str, ...] = field(repr=False)


def webhook_target(session: Session, vault: Vault, platform: str, name: str) -> WebhookTarget | None:
    """The store that ``name`` stands for: its slug, or for Shopify its domain as well; None when there is none."""
    try:
        wanted = PlatformName(platform)
    except ValueError:
        return None
    query = select(Store).where(Store.platform == wanted, Store.status == StoreStatus.CONNECTED)
    if wanted is PlatformName.SHOPIFY and "." in name:
        query = query.where(Store.url == f"https://{name.casefold()}")
    else:
        query = query.where(Store.slug == name)
    found = session.scalar(query)
    if found is None:
        return None
    return WebhookTarget(found.id, service.signing_secrets(session, vault, found.id, _SECRET[wanted]))
