"""The few fixed words of a merchant's world."""

from __future__ import annotations

from enum import StrEnum


class PlatformName(StrEnum):
    """The platforms that a store can live on."""

    SHOPIFY = "shopify"
    WOOCOMMERCE = "woocommerce"


class StoreStatus(StrEnum):
    """Whether we act for a store."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


class Role(StrEnum):
    """What a member of staff may do: an owner also changes settings and credentials."""

    OWNER = "owner"
    AGENT = "agent"
    WAREHOUSE = "warehouse"
