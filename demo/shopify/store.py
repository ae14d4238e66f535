"""One demo store: its state and what can happen in it. HTTP is elsewhere; tests and ``--once`` drive it from here."""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx

from demo.shopify import checkout, orders, refunds, search
from demo.shopify.cost import Bucket
from demo.shopify.deliveries import Deliveries, Sent
from demo.shopify.faults import Faults
from demo.shopify.gids import gid
from demo.shopify.oauth import OAuth
from demo.shopify.orders import Document
from demo.shopify.paging import page
from demo.shopify.state import State, stamp
from demo.shopify.stock import Stock
from demo.shopify.webhooks import Payloads

WEBHOOK_VERSION = "2026-10"
CONFIGURED_TOPICS = (
    "orders/create",
    "orders/updated",
    "orders/cancelled",
    "orders/delete",
    "refunds/create",
    "fulfillments/create",
    "fulfillments/update",
    "app/uninstalled",
)
"""What the app's configuration file subscribes to; all go to one address."""

_SORT = {
    "CREATED_AT": "created_at",
    "PROCESSED_AT": "created_at",
    "UPDATED_AT": "updated_at",
    "ID": "id",
    "ORDER_NUMBER": "number",
}


class ShopifyStore:
    """The store behind the app: documents in ``state``, stock, tokens, the webhook queue, trouble on request."""

    def __init__(
        self,
        path: str | Path,
        now: Callable[[], datetime],
        *,
        shop: str,
        client_id: str,
        client_secret: str,
        helloword_url: str,
        webhook_path: str,
        public_url: str | None,
        http: httpx.Client,
    ) -> None:
        self.state = State(path)
        self.now = now
        self.shop = shop
        self.url = (public_url or f"https://{shop}").rstrip("/")
        self.helloword_url = helloword_url.rstrip("/")
        self.webhook_uri = self.helloword_url + webhook_path
        self.http = http
        self.faults = Faults()
        self.stock = Stock(self.state)
        self.oauth = OAuth(self, client_id, client_secret)
        # real time on purpose: a test that stops the clock must not stop the bucket from filling
        self.bucket = Bucket(lambda: datetime.fromtimestamp(time.monotonic(), UTC), size=20_000, restore_rate=1000)
        self.deliveries = Deliveries(
            self.state, now, shop=shop, secret=client_secret, version=WEBHOOK_VERSION, http=http
        )

    # --- the shop --------------------------------------------------------------------------------------------------

    def shop_facts(self) -> Document:
        """The Shop document."""
        facts: Document = self.state.get_meta("shop")
        return {**facts, "id": gid("Shop", facts["id"])}

    @property
    def currency(self) -> str:
        """The shop's own currency."""
        return str(self.state.get_meta("shop")["currencyCode"])

    @property
    def opened_at(self) -> str:
        """When the store was seeded."""
        return str(self.state.get_meta("opened_at"))

    def host_parameter(self) -> str:
        """The ``host`` that embedded apps are opened with."""
        return base64.b64encode(f"admin.shopify.com/store/{self.shop.partition('.')[0]}".encode()).decode().rstrip("=")

    def payloads(self) -> Payloads:
        """The builder of webhook bodies."""
        facts = self.state.get_meta("shop")
        try:
            zone: Any = ZoneInfo(facts["ianaTimezone"])
        except ZoneInfoNotFoundError:
            zone = UTC
        return Payloads(zone, facts, lambda number: self.state.thing("ProductVariant", number))

    # --- products --------------------------------------------------------------------------------------------------

    def variants_of(self, product: int) -> list[Document]:
        """A product's variants in their order."""
        found = [one for one in self.state.things("ProductVariant") if one["productId"] == product]
        return sorted(found, key=lambda one: int(one["position"]))

    def variant_of_item(self, item: int) -> Document | None:
        """The variant that an inventory item belongs to."""
        link = self.state.thing("InventoryItem", item)
        return self.state.thing("ProductVariant", link["variantId"]) if link else None

    def variant_by_sku(self, sku: str) -> Document:
        """The variant with this SKU. Raises LookupError."""
        known = self.state.get_meta(f"sku:{sku}")
        found = self.state.thing("ProductVariant", known) if known else None
        if found is None:
            raise LookupError(sku)
        return found

    # --- orders ----------------------------------------------------------------------------------------------------

    def order(self, reference: int | str) -> Document:
        """An order by its id or its name ("#1001"). Raises LookupError."""
        found = None
        if isinstance(reference, int):
            found = self.state.order(reference)
        else:
            row = self.state.row("SELECT id FROM orders WHERE number = ?", int(reference.lstrip("#")))
            found = self.state.order(row["id"]) if row else None
        if found is None:
            raise LookupError(reference)
        return found

    def orders_of(self, email: str) -> int:
        """How many orders bear this e-mail."""
        row = self.state.row("SELECT count(*) AS n FROM orders WHERE email = ?", email.lower())
        return int(row["n"]) if row else 0

    def search_orders(self, arguments: Document) -> tuple[Document, list[dict[str, str]]]:
        """The orders connection, and what in its query was not understood."""
        found = search.parse(arguments.get("query"))
        column = _SORT[arguments.get("sortKey") or "PROCESSED_AT"]
        sql = f"SELECT id FROM orders WHERE {found.where} ORDER BY {column}, id"  # noqa: S608 - built from constants
        ids = [row["id"] for row in self.state.rows(sql, *found.values)]
        connection = page(ids, arguments, lambda one: one)
        nodes = [self.state.order(number) for number in connection["nodes"]]
        return {**connection, "nodes": nodes}, list(found.warnings)

    def add_order(self, order: Document, *, announce: bool = True) -> Document:
        """Keep a finished order document; tell the app unless it is history."""
        with self.state.transaction():
            self.state.put_order(order)
            if announce:
                self._tell("orders/create", self.payloads().order(order))
        return order

    def place_order(self, like: Document | int | str) -> Document:
        """Somebody buys again what the order ``like`` holds; gives the fresh order."""
        return self.sell(checkout.again(self, self._fresh(like)))

    def sell(self, order: Document) -> Document:
        """Keep a new order document, paid for, take its stock and tell the app; gives the order."""
        with self.state.transaction():
            for line in order["lineItems"]:
                self._move_stock(order, line, -line["quantity"], self.primary_location(), order["createdAt"], "sale")
            return self.add_order(order)

    def _save(self, order: Document, *, also: str = "orders/updated", at: str | None = None) -> None:
        order["updatedAt"] = max(order["updatedAt"], at or stamp(self.now()))
        self.state.put_order(order)
        self._tell(also, self.payloads().order(order))

    def fulfil(self, reference: Document | int | str, *, carrier: str = "DHL", tracking: str | None = None) -> Document:
        """Send everything that has not left yet, in one parcel; gives the order."""
        with self.state.transaction():
            order = self._fresh(reference)
            left = [
                (line, line["quantity"] - orders.fulfilled_quantity(order, line["id"])) for line in order["lineItems"]
            ]
            if not any(units > 0 for _line, units in left):
                return order
            number = self.state.number("Fulfillment", 4_000_001)
            lines = [
                {"id": self.state.number("FulfillmentLineItem", 4_500_001), "lineItemId": line["id"], "quantity": units}
                for line, units in left
                if units > 0
            ]
            at = stamp(self.now())
            tracking = tracking or f"JJD{number:015d}"
            url = f"https://www.dhl.com/track?id={tracking}" if carrier == "DHL" else None
            order["fulfillments"].append(
                {
                    "id": number,
                    "name": f"{order['name']}-F{len(order['fulfillments']) + 1}",
                    "status": "SUCCESS",
                    "displayStatus": "IN_TRANSIT",
                    "createdAt": at,
                    "updatedAt": at,
                    "inTransitAt": at,
                    "deliveredAt": None,
                    "estimatedDeliveryAt": None,
                    "requiresShipping": True,
                    "locationId": self.primary_location(),
                    "trackingInfo": [{"company": carrier, "number": tracking, "url": url}],
                    "lines": lines,
                    "events": [],
                }
            )
            self._save(order)
            self._tell("fulfillments/create", self.payloads().fulfillment(order, order["fulfillments"][-1]))
            return order

    def mark_delivered(self, reference: Document | int | str) -> Document:
        """The carrier handed every parcel over; gives the order."""
        with self.state.transaction():
            order = self._fresh(reference)
            at = stamp(self.now())
            changed = [one for one in order["fulfillments"] if one["deliveredAt"] is None]
            for one in changed:
                one |= {"deliveredAt": at, "updatedAt": at, "displayStatus": "DELIVERED"}
                event = {"id": self.state.number("FulfillmentEvent", 4_800_001), "status": "DELIVERED"}
                one["events"].append({**event, "happenedAt": at, "createdAt": at})
            self._save(order)
            for one in changed:
                body = self.payloads().fulfillment(order, one)
                self._tell("fulfillments/update", body)
            return order

    def cancel(self, reference: Document | int | str) -> Document:
        """Cancel an order (no money moves); gives the order."""
        with self.state.transaction():
            order = self._fresh(reference)
            order |= {"cancelledAt": stamp(self.now()), "cancelReason": "CUSTOMER"}
            self._save(order, also="orders/cancelled")
            return order

    def _fresh(self, reference: Document | int | str) -> Document:
        return self.order(reference["id"] if isinstance(reference, dict) else reference)

    def primary_location(self) -> int:
        """The location that goods leave from."""
        return int(self.state.get_meta("shop")["primaryLocationId"])

    # --- refunds ---------------------------------------------------------------------------------------------------

    def refund(self, reference: Document | int | str, wanted: Document, *, at: datetime | None = None) -> int:
        """Book a RefundInput (``at`` an earlier moment for history); gives the refund's id.

        Raises ``refunds.Refused`` and then nothing has changed.
        """
        with self.state.transaction():
            order = self._fresh(reference)
            known = {one["id"] for one in self.state.things("Location")}
            plan = refunds.plan(order, wanted, lambda location: location in known)
            when = stamp(at or self.now())
            refund = refunds.describe(order, plan, wanted)
            for part, kind in (("lines", "RefundLineItem"), ("shipping", "RefundShippingLine")):
                refund[part] = [{"id": self.state.number(kind, 6_100_001), **one} for one in refund[part]]
            refund["adjustments"] = [
                {"id": self.state.number("OrderAdjustment", 6_400_001), **one} for one in refund["adjustments"]
            ]
            sent = [self._transaction_back(one, when) for one in plan.transactions]
            refund |= {
                "id": self.state.number("Refund", 6_000_001),
                "createdAt": when,
                "processedAt": when,
                "updatedAt": when,
                "transactionIds": [one["id"] for one in sent],
            }
            order["transactions"] += sent
            order["refunds"].append(refund)
            for line, units, location in plan.restocks:
                self._move_stock(order, line, units, location, when, "restock")
            self._save(order, at=when)
            self._tell("refunds/create", self.payloads().refund(order, refund))
            return int(refund["id"])

    def _transaction_back(self, part: Document, at: str) -> Document:
        parent = part["parent"]
        pending = not parent["manualPaymentGateway"] and self.faults.use("pending_refunds")
        return {
            **parent,
            "id": self.state.number("OrderTransaction", 5_000_001),
            "kind": "REFUND",
            "status": "PENDING" if pending else "SUCCESS",
            "amountSet": part["amountSet"],
            "parentId": parent["id"],
            "createdAt": at,
            "processedAt": at,
        }

    def _move_stock(self, order: Document, line: Document, units: int, location: int, at: str, reason: str) -> None:
        variant = self.state.thing("ProductVariant", line["variantId"]) if line.get("variantId") else None
        if variant is not None:
            self.stock.move(
                variant["inventoryItem"]["id"],
                location,
                units,
                reason=reason,
                document=gid("Order", order["id"]),
                adjustment=self.state.number("InventoryAdjustmentGroup", 7001),
                at=at,
            )

    def settle_refunds(self, reference: Document | int | str) -> Document:
        """The gateway confirms every pending refund of the order; gives the order."""
        with self.state.transaction():
            order = self._fresh(reference)
            for one in order["transactions"]:
                if one["kind"] == "REFUND" and one["status"] == "PENDING":
                    one["status"] = "SUCCESS"
            self._save(order)
            return order

    # --- the app ---------------------------------------------------------------------------------------------------

    def installed(self) -> None:
        """The app is in the store: webhooks flow."""
        self.state.set_meta("installed", value=True)

    def uninstall(self) -> None:
        """The merchant removes the app: tokens die, one last webhook, then silence."""
        with self.state.transaction():
            self._tell("app/uninstalled", self.payloads().shop())
            self.oauth.revoke_everything()
            self.state.write("DELETE FROM subscriptions")
            self.state.set_meta("installed", value=False)

    def subscriptions(self) -> list[Document]:
        """Subscriptions made by API."""
        rows = self.state.rows("SELECT * FROM subscriptions ORDER BY id")
        return [{**dict(row), "format": "JSON", "createdAt": row["at"], "updatedAt": row["at"]} for row in rows]

    def subscribe(self, topic: str, uri: str) -> Document:
        """Add a subscription (``topic`` as in the schema: ORDERS_CREATE)."""
        number = self.state.number("WebhookSubscription", 8_000_001)
        self.state.write("INSERT INTO subscriptions VALUES (?, ?, ?, ?)", number, topic, uri, stamp(self.now()))
        return next(one for one in self.subscriptions() if one["id"] == number)

    def unsubscribe(self, number: int) -> bool:
        """Remove a subscription; False when there is none."""
        known = any(one["id"] == number for one in self.subscriptions())
        self.state.write("DELETE FROM subscriptions WHERE id = ?", number)
        return known

    def _tell(self, topic: str, payload: Document) -> None:
        if not self.state.get_meta("installed"):
            return
        targets = [self.webhook_uri] if topic in CONFIGURED_TOPICS else []
        targets += [one["uri"] for one in self.subscriptions() if one["topic"].replace("_", "/", 1).lower() == topic]
        event = str(uuid.uuid4())
        for uri in targets:
            self.deliveries.queue(topic, uri, payload, event=event, delay=timedelta(0))

    def deliver_pending(self, *, reverse: bool = False, times: int = 1) -> list[Sent]:
        """Deliver all that waits, now: newest first, or each several times, on request."""
        return self.deliveries.send(due_only=False, reverse=reverse, times=times)

    def close(self) -> None:
        """Stop delivering and close the file."""
        self.deliveries.stop()
        self.state.close()
