"""Shopify behind our ports: a platform that judges and translates, and one store that is read and told."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx

from app.core.inventory.ports import StockMoved, StockMovementOrder
from app.core.kit.clock import Clock, SystemClock
from app.core.kit.errors import DomainError, ProviderError
from app.core.merchants.ports import StoreConnection, StoreFacts, StorefrontGate
from app.core.messaging.ports import WebhookGate
from app.core.orders.ports import ChangedOrders, Command, OrderSnapshot
from app.core.orders.rules import email_key, number_key
from app.core.returns.ports import IssuedRefund, RefundOrder
from app.platforms.shopify import mapping, payments, webhooks
from app.platforms.shopify.client import (
    VENDOR,
    AdminClient,
    PreviousAttemptFailed,
    Transport,
    refuse_user_errors,
)
from app.platforms.shopify.install import missing_scopes, shop_domain
from app.platforms.shopify.storefront import AppProxySignature
from app.platforms.shopify.webhooks import WebhookSignature
from app.platforms.shopify.wire import is_gid

_NAME = re.compile(r"[^\"'\\\x00-\x1f]{1,60}")  # what may stand between quotes in Shopify's search
_PAGE_PATIENCE = 10.0  # a page of an order half read is worth waiting for
_REFUNDS_IN_ORDER = 4  # as in queries/order.graphql
_KEY_LIFE = timedelta(hours=23)  # Shopify forgets an idempotency key after 24
_KEYS = 5


class ShopifyPlatform:
    """Shopify (``app.container.Platform``). One per process: it holds the pooled connections.

    ``version`` of the Admin API such as "2026-10". ``api_base`` replaces ``https://{shop}`` for a stand-in on
    loopback. ``transport`` and ``sleep`` are for tests. Raises ValueError for a bad version or base.
    """

    gives_credit = False

    def __init__(
        self,
        version: str,
        api_base: str | None = None,
        *,
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.webhooks: WebhookGate = WebhookSignature()
        self.storefront: StorefrontGate = AppProxySignature()
        self._clock: Clock = clock or SystemClock()
        self._transport = Transport(version, api_base, transport=transport, sleep=sleep)

    def translate(self, topic: str, body: bytes) -> Command:
        """What a stored delivery asks of us. Raises MalformedDelivery."""
        return webhooks.translate(topic, body)

    def connect(self, connection: StoreConnection) -> ShopifyStore:
        """The store's ports; ``connection.url`` is ``https://acme.myshopify.com``. Nothing is sent yet."""
        shop = (urlsplit(connection.url).hostname or "").lower()
        token = connection.credentials.get("access_token", "")
        return ShopifyStore(AdminClient(self._transport, shop, token), self._clock)

    def facts(self, connection: StoreConnection) -> StoreFacts:
        """What the store says of itself. Raises ProviderError, also when a permission is missing."""
        return self.connect(connection).facts()

    def root(self, typed: str) -> str:
        """``https://acme.myshopify.com`` from a domain, a handle or an admin address; empty if it is no shop's."""
        domain = shop_domain(typed)
        return f"https://{domain}" if domain else ""

    def close(self) -> None:
        """Let the pooled connections go."""
        self._transport.close()


@dataclass(frozen=True, slots=True)
class ShopifyStore:
    """One shop, with its own token (``app.container.ConnectedStore``). Every method may raise ProviderError."""

    client: AdminClient
    clock: Clock

    # --- the store itself ------------------------------------------------------------------------------------

    def facts(self) -> StoreFacts:
        """Name, currency, country, time zone, language and the location where returned goods go by default."""
        data = self.client.run("shop", {}).data
        with _complete("the store"):
            missing = missing_scopes(one["handle"] for one in data["currentAppInstallation"]["accessScopes"])
            if missing:
                msg = f"Helloword has not got all the permissions it needs. Grant these as well: {', '.join(missing)}."
                raise ProviderError(VENDOR, msg, code="scope_missing")
            shop = data["shop"]
            localization = shop["primaryDomain"]["localization"] or {}
            return StoreFacts(
                name=shop["name"],
                currency=shop["currencyCode"],
                country=shop["shopAddress"]["countryCodeV2"] or "",
                timezone=shop["ianaTimezone"],
                locale=localization.get("defaultLocale") or "en",
                location_ref=(data["location"] or {}).get("id"),
                support_email=shop["contactEmail"] or None,
            )

    # --- orders ----------------------------------------------------------------------------------------------

    def order(self, ref: str) -> OrderSnapshot | None:
        """The whole order with this gid, however many lines, parcels and refunds it has; None if there is none."""
        if not is_gid("Order", ref):
            return None
        node = self.client.run("order", {"id": ref}).data.get("order")
        if node is None:
            return None
        with _complete("an order"):
            self._read_rest(node)
        return mapping.order(node)

    def find_order(self, number: str, email: str) -> OrderSnapshot | None:
        """The order with this number and e-mail. Order names are unique in a store only by habit, and an unknown
        search field finds everything: so what was found is compared, and only one whose e-mail fits is read.
        """
        name, address = number_key(number), email_key(email)
        if not address or _NAME.fullmatch(name) is None:
            return None
        for search in (f'name:"#{name}"', f'name:"{name}"'):
            data = self.client.run("orders_by_name", {"search": search}).data
            with _complete("orders"):
                for found in data["orders"]["nodes"]:
                    if number_key(found["name"]) == name and email_key(found["email"] or "") == address:
                        return self.order(found["id"])
        return None

    def changed_since(self, since: datetime, cursor: str | None = None) -> ChangedOrders:
        """Ten orders changed at or after ``since``, oldest change first, each read whole."""
        moment = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        data = self.client.run("orders_changed", {"search": f"updated_at:>='{moment}'", "after": cursor}).data
        with _complete("orders"):
            refs = [found["id"] for found in data["orders"]["nodes"]]
            page = data["orders"]["pageInfo"]
            following = page["endCursor"] if page["hasNextPage"] else None
        read = [self.order(ref) for ref in refs]
        return ChangedOrders([one for one in read if one is not None], following)

    def _read_rest(self, node: dict[str, Any]) -> None:
        """Fill what the first reply had no room for."""
        ref = node["id"]
        self._read_pages(node["lineItems"], "order_lines", ref, ("order", "lineItems"))
        self._read_pages(node["shippingLines"], "order_shipping", ref, ("order", "shippingLines"))
        if (node["transactionsCount"] or {}).get("count", 0) > len(node["transactions"]):
            node["transactions"] = self._more("order_transactions", {"id": ref})["order"]["transactions"]
        if (node["fulfillmentsCount"] or {}).get("count", 0) > len(node["fulfillments"]):
            node["fulfillments"] = self._more("order_fulfillments", {"id": ref})["order"]["fulfillments"]
            for parcel in node["fulfillments"]:
                parcel["fulfillmentLineItems"] = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": None}}
        for parcel in node["fulfillments"]:
            contents = parcel["fulfillmentLineItems"]
            self._read_pages(contents, "fulfillment_lines", parcel["id"], ("fulfillment", "fulfillmentLineItems"))
        if len(node["refunds"]) >= _REFUNDS_IN_ORDER:
            known = {refund["id"]: refund for refund in node["refunds"]}
            listed = self._more("order_refunds", {"id": ref})["order"]["refunds"]
            node["refunds"] = [known.get(one["id"]) or self._refund(one["id"]) for one in listed]
        for refund in node["refunds"]:
            self._read_pages(refund["refundLineItems"], "refund_lines", refund["id"], ("refund", "refundLineItems"))

    def _read_pages(self, connection: dict[str, Any], name: str, ref: str, where: tuple[str, str]) -> None:
        page, seen = connection["pageInfo"], set[str | None]()
        while page["hasNextPage"]:
            cursor = page["endCursor"]
            if cursor in seen:  # a reply that leads in a circle must not keep a worker for ever
                msg = "repeated cursor"
                raise ValueError(msg)
            seen.add(cursor)
            data = self._more(name, {"id": ref, "after": cursor})
            following = data[where[0]][where[1]]
            connection["nodes"] += following["nodes"]
            page = following["pageInfo"]

    def _more(self, name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        return self.client.run(name, variables, patience=_PAGE_PATIENCE).data

    def _refund(self, ref: str) -> dict[str, Any]:
        node = self._more("refund", {"id": ref})["refund"]
        if node is None:
            raise KeyError(ref)
        return dict(node)

    # --- refunds ---------------------------------------------------------------------------------------------

    def issue_refund(self, refund: RefundOrder) -> IssuedRefund:
        """Book the refund in the order's presentment currency and send the money back along ``refund.parts``.

        Exactly once: every try bears the same idempotency key and the same input, and the note bears ``refund.key``.
        """
        terms = None
        if payments.needs_terms(refund):
            refs = sorted({line.line_ref for line in refund.lines if line.duty})
            terms = self.client.run("refund_terms", {"id": refund.order_ref, "lines": refs}).data
            if terms.get("order") is None:
                msg = "Shopify has no such order any more."
                raise ProviderError(VENDOR, msg, code="order_missing")
        with _complete("the order"):
            wanted = payments.refund_input(refund, terms)
        payload = self._once(
            "refund_create",
            "refundCreate",
            wanted,
            refund.key,
            already=lambda: self._marked(refund.order_ref, refund.key),
        )
        with _complete("the refund", mutation=True):
            return payments.issued(payload["refund"], refund.amount.currency)

    def find_refund(self, order_ref: str, key: str) -> IssuedRefund | None:
        """The refund whose note bears our key, whoever moved it on since."""
        node = self._marked(order_ref, key)
        if node is None:
            return None
        with _complete("the refund"):
            return payments.issued(node, node["currency"])

    def _marked(self, order_ref: str, key: str) -> dict[str, Any] | None:
        """The refund node with our mark, with the order's ``currency`` put in."""
        order = self.client.run("order_refunds", {"id": order_ref}).data.get("order")
        if order is None:
            return None
        with _complete("the order's refunds"):
            for one in order["refunds"]:
                if payments.key_in(one["note"]) == key:
                    return {**self._refund(one["id"]), "currency": order["presentmentCurrencyCode"]}
        return None

    # --- stock -----------------------------------------------------------------------------------------------

    def move_stock(self, movement: StockMovementOrder) -> StockMoved:
        """Add ``movement.quantity`` to what is available at the location, once (idempotency key)."""
        if not is_gid("Location", movement.location_ref):
            msg = "Choose the location in Shopify where returned goods are put."
            raise ProviderError(VENDOR, msg, code="location_missing")
        if not is_gid("InventoryItem", movement.stock_ref):
            return StockMoved(ref="", counted=False)  # a line of its own, or its variant is deleted
        item = self.client.run("inventory_item", {"id": movement.stock_ref}).data.get("inventoryItem")
        if item is None or not item.get("tracked"):
            return StockMoved(ref="", counted=False)
        change = {
            "inventoryItemId": movement.stock_ref,
            "locationId": movement.location_ref,
            "delta": movement.quantity,
            "changeFromQuantity": None,  # must be said: others sell at the same time, the difference holds anyway
        }
        wanted = {
            "name": "available",
            "reason": "restock" if movement.quantity > 0 else "correction",
            "referenceDocumentUri": f"gid://helloword/Return/{movement.key}",
            "changes": [change],
        }
        payload = self._once("inventory_adjust", "inventoryAdjustQuantities", wanted, movement.key)
        with _complete("the stock movement", mutation=True):
            group = payload["inventoryAdjustmentGroup"]
            after = [one["quantityAfterChange"] for one in group["changes"] if one["name"] == "available"]
            return StockMoved(ref=group["id"], now_available=after[0] if after else None)

    def find_movement(self, movement: StockMovementOrder) -> StockMoved | None:
        """Always None while Shopify remembers the key: its API cannot search stock movements by document, but the
        same call with the same key gives the first result again and moves nothing twice, so the caller just repeats
        ``move_stock``.

        Shopify forgets a key after 24 hours. The key (an outbox id) tells when it was made, so after 23 hours this
        raises a ProviderError that is not retryable: then only a person can see whether the units were counted.
        """
        made = _made_at(movement.key)
        if made is not None and self.clock.now() - made > _KEY_LIFE:
            msg = (
                "Shopify did not say whether it put these units back, and can no longer be asked. Look at the "
                f"article's inventory history in your Shopify admin for helloword/Return/{movement.key}."
            )
            raise ProviderError(VENDOR, msg, code="movement_not_certain")
        return None

    def _once(
        self,
        name: str,
        field: str,
        wanted: Mapping[str, Any],
        key: str,
        *,
        already: Callable[[], Mapping[str, Any] | None] = lambda: None,
    ) -> Mapping[str, Any]:
        """Run a mutation under ``key`` and give its payload. A key whose first call failed inside Shopify is burnt:
        ``already`` is asked whether it was done after all, then the next of the same fixed series of keys is used.
        """
        *earlier, last = idempotency_keys(key)
        for one in earlier:
            try:
                return self._attempt(name, field, wanted, one)
            except PreviousAttemptFailed:
                done = already()
                if done is not None:
                    return {"refund": done}
        return self._attempt(name, field, wanted, last)

    def _attempt(self, name: str, field: str, wanted: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        payload = self.client.run(name, {"input": wanted, "key": key}).data.get(field)
        if not isinstance(payload, dict):
            raise _incomplete(name, mutation=True)
        refuse_user_errors(payload)
        return payload


def idempotency_keys(key: str) -> tuple[str, ...]:
    """The keys for one effect, always the same for the same ``key``: itself if it is a UUID, then its descendants."""
    try:
        first = UUID(key)
    except ValueError:
        first = uuid5(NAMESPACE_URL, f"helloword:{key}")
    return (str(first), *(str(uuid5(first, f"attempt {number}")) for number in range(2, _KEYS + 1)))


def _made_at(key: str) -> datetime | None:
    """When a UUIDv7 was made (RFC 9562: milliseconds in its first 48 bits); None for any other key."""
    try:
        value = UUID(key)
    except ValueError:
        return None
    if value.version != 7:  # noqa: PLR2004
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=value.int >> 80)


def _incomplete(what: str, *, mutation: bool = False) -> ProviderError:
    msg = f"Shopify's reply about {what} is not complete."
    return ProviderError(VENDOR, msg, code="reply_incomplete", retryable=True, outcome_unknown=mutation)


@contextmanager
def _complete(what: str, *, mutation: bool = False) -> Iterator[None]:
    """A reply that lacks what the schema promises is Shopify's failure, not a defect to crash on."""
    try:
        yield
    except (ArithmeticError, AttributeError, DomainError, LookupError, TypeError, ValueError) as error:
        raise _incomplete(what, mutation=mutation) from error
