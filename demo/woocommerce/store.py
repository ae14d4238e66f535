"""One demo store: its state and what can happen in it. HTTP is elsewhere; tests and ``--once`` drive it from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx

from demo.woocommerce import checkout, orders, refunds
from demo.woocommerce.auth import Authentication, Key
from demo.woocommerce.deliveries import Deliveries, Sent
from demo.woocommerce.errors import PhpDied, WpError, invalid_id, refuse
from demo.woocommerce.faults import Faults
from demo.woocommerce.order_json import order_json
from demo.woocommerce.orders import Document
from demo.woocommerce.product_json import product_json, variation_json
from demo.woocommerce.setting_json import GATEWAYS, coupon_json
from demo.woocommerce.state import State, stamp
from demo.woocommerce.stock import Stock
from demo.woocommerce.webhooks import Webhooks
from demo.woocommerce.wire import View


class WooStore:
    """The store behind the app: documents in ``state``, stock, keys, webhooks and their queue, trouble on request."""

    def __init__(
        self,
        path: str | Path,
        now: Callable[[], datetime],
        *,
        url: str,
        keys: Sequence[Key],
        webhook_secret: str,
        storefront_secret: str,
        helloword_url: str,
        webhook_path: str,
        http: httpx.Client,
    ) -> None:
        self.state = State(path)
        self.now = now
        self.url = url.rstrip("/")
        self.helloword_url = helloword_url.rstrip("/")
        self.webhook_url = self.helloword_url + webhook_path
        self.webhook_secret = webhook_secret
        self.storefront_secret = storefront_secret
        self.http = http
        self.faults = Faults()
        self.authentication = Authentication(self.state, now, keys)
        self.stock = Stock(self.state, now, lambda number: self.do_action("woocommerce_update_product", number))
        self.webhooks = Webhooks(self.state, now)
        self.deliveries = Deliveries(
            self.state, now, source=self.url, webhooks=self.webhooks, body_of=self._body_of, http=http
        )

    # --- the shop --------------------------------------------------------------------------------------------------

    def facts(self) -> Document:
        """Name, currency, address and the like."""
        found: Document = self.state.get_meta("shop")
        return found

    @property
    def view(self) -> View:
        """How this store prints."""
        try:
            zone: Any = ZoneInfo(self.facts()["timezone"])
        except ZoneInfoNotFoundError:
            zone = UTC
        return View(self.url, zone)

    def next_post(self) -> int:
        """The next id of what WordPress numbers together: products, orders, refunds, coupons, pictures."""
        return self.state.number("post")

    def rates(self) -> dict[int, Document]:
        """The tax rates by id."""
        return {int(number): rate for number, rate in (self.state.get_meta("rates") or {}).items()}

    def rate(self, code: str, label: str, percent: str) -> int:
        """The id of a tax rate, which is made when it is new."""
        known = self.rates()
        for number, one in known.items():
            if one["code"] == code:
                return number
        number = max(known, default=0) + 1
        rate = {"code": code, "label": label, "percent": percent}
        self.state.set_meta("rates", {str(key): one for key, one in known.items()} | {str(number): rate})
        return number

    def customer(self, email: str, *, create: bool = False) -> int:
        """The account of an e-mail; 0 for a guest, unless one is to be made."""
        name = f"customer:{email.casefold()}"
        known = self.state.get_meta(name)
        if known is None and create:
            known = self.state.number("user", first=2)
            self.state.set_meta(name, known)
        return int(known or 0)

    def coupon_number(self, code: str) -> int:
        """The id of a coupon; 0 when there is none of that code."""
        return next((int(one["id"]) for one in self.state.all("coupon") if one["code"] == code.lower()), 0)

    def stock_of(self, sku: str) -> int:
        """Units of an article. Raises LookupError for an unknown SKU."""
        return int(self.stock.article(sku)["stock_quantity"] or 0)

    # --- orders ----------------------------------------------------------------------------------------------------

    def order(self, reference: Document | int | str) -> Document:
        """An order by its id, its number ("1112", "#1112") or an older copy of it. Raises LookupError."""
        number = reference["id"] if isinstance(reference, dict) else reference
        if isinstance(number, str):
            sql = "SELECT id FROM objects WHERE kind = 'order' AND json_extract(body, '$.number') = ?"
            number = next((row["id"] for row in self.state.rows(sql, number.lstrip("#"))), 0)
        found = self.state.get("order", number)
        if found is None:
            raise LookupError(reference)
        return found

    def refunds_of(self, reference: Document | int | str) -> list[Document]:
        """All refunds of an order, newest first; of one second the older number first."""
        found = self.state.all("refund", parent=self.order(reference)["id"])
        return sorted(sorted(found, key=_number), key=_created, reverse=True)

    def order_json(self, order: Document, view: View | None = None) -> Document:
        """An order as wc/v3 prints it."""
        return order_json(order, self.refunds_of(order), self.rates(), view or self.view)

    def add_order(self, order: Document, *, announce: bool = True) -> Document:
        """Keep a finished order document; tell the webhooks unless it is history."""
        with self.state.transaction():
            self._keep(order)
            if announce:
                self.do_action("woocommerce_new_order", order["id"])
        return order

    def place_order(self, like: Document | int | str) -> Document:
        """Somebody buys again what the order ``like`` holds: a fresh order, paid for, its stock taken; gives it."""
        with self.state.transaction():
            return self.sell(checkout.again(self, self.order(like)))

    def sell(self, order: Document) -> Document:
        """Keep a new order document, take its goods from the stock, tell the webhooks; gives the order."""
        with self.state.transaction():
            self.stock.take(order)
            return self.add_order(order)

    def complete(self, reference: Document | int | str, *, carrier: str = "DHL", tracking: str = "") -> Document:
        """The parcel has left and the merchant sets the order to completed; gives the order."""
        with self.state.transaction():
            order = self.order(reference)
            parcel = checkout.shipment(carrier, tracking or f"JJD{order['id']:012d}", self.now())
            orders.set_meta(order, "_wc_shipment_tracking_items", [parcel], self.state.number("meta"))
            self.set_status(order, "completed")
            return self._save(order)

    def deliver(self, reference: Document | int | str, at: datetime) -> Document:
        """The carrier hands it over, of which WooCommerce's core knows nothing; gives the order."""
        with self.state.transaction():
            order = self.order(reference)
            order["delivered"] = order["delivered"] or stamp(at)
            self._keep(order)
            return order

    def cancel(self, reference: Document | int | str) -> Document:
        """Cancel an order: its goods are sellable again, no money moves; gives the order."""
        with self.state.transaction():
            order = self.order(reference)
            self.set_status(order, "cancelled")
            return self._save(order)

    def set_status(self, order: Document, status: str) -> None:
        """Change the status of ``order`` with all that hangs on it; the caller saves it."""
        before = order["status"]
        if before == status:
            return
        now = stamp(self.now())
        order["status"] = status
        if status in orders.PAID_STATUSES:
            order["paid"] = order["paid"] or now
            self.stock.take(order)
        if status == "completed":
            order["completed"] = now
        if status in {"cancelled", "pending"}:
            self.stock.give_back(order)
        self.note(order, f"Order status changed from {_words(before)} to {_words(status)}.")
        if status == "refunded":
            self._refund_the_rest(order)
        self.do_action(f"woocommerce_order_status_{status}", order["id"])
        self.do_action("woocommerce_order_status_changed", order["id"])

    def update(self, reference: Document | int | str, change: Callable[[Document], None]) -> Document:
        """Change an order and save it; gives it."""
        with self.state.transaction():
            order = self.order(reference)
            change(order)
            return self._save(order)

    def trash(self, reference: Document | int | str) -> Document:
        """Put an order into the trash: the webhook order.deleted; gives the order."""
        with self.state.transaction():
            order = self.order(reference)
            order |= {"status": "trash", "modified": max(order["modified"], stamp(self.now()))}
            self._keep(order)
            self.do_action("wp_trash_post", order["id"])
            return order

    def delete(self, reference: Document | int | str) -> None:
        """Delete an order for good, with its refunds and notes. No webhook tells it."""
        with self.state.transaction():
            order = self.order(reference)
            for kind in ("refund", "note"):
                for one in self.state.all(kind, parent=order["id"]):
                    self.state.delete(kind, one["id"])
            self.state.delete("order", order["id"])

    def note(self, order: Document, text: str, *, to_customer: bool = False) -> Document:
        """Write a note at an order; gives it."""
        note: Document = {
            "id": self.state.number("comment"),
            "order": order["id"],
            "author": "WooCommerce",
            "created": stamp(self.now()),
            "note": text,
            "customer_note": to_customer,
        }
        self.state.put("note", note, parent=order["id"])
        return note

    def _save(self, order: Document) -> Document:
        order["modified"] = max(order["modified"], stamp(self.now()))
        self._keep(order)
        self.do_action("woocommerce_update_order", order["id"])
        return order

    def _keep(self, order: Document) -> None:
        people = {*order["billing"].values(), *order["shipping"].values()}
        words = [order["number"], *sorted(people), *(line["name"] for line in order["line_items"])]
        name = f"{order['billing']['first_name']} {order['billing']['last_name']}"
        self.state.put("order", order, words=" ".join([*words, name]))

    # --- refunds ---------------------------------------------------------------------------------------------------

    def refund(
        self, reference: Document | int | str, wanted: Mapping[str, Any], *, at: datetime | None = None
    ) -> Document:
        """Book what POST /orders/{id}/refunds was sent (``at`` an earlier moment for history); gives the refund.

        ``api_refund`` and ``api_restock`` count as true when they are left out. Raises WpError, and then nothing has
        changed, or PhpDied, and then the refund stands there without its meta data.
        """
        by_gateway = bool(wanted.get("api_refund", True))
        crash = by_gateway and self.faults.use("gateway_crashes")
        with self.state.transaction():
            order, before = self.order(reference), self.refunds_of(reference)
            plan = refunds.plan(order, before, wanted, self.state.number)
            if by_gateway and not crash:
                self._ask_gateway(order)
            when = stamp(at or self.now())
            refund = refunds.describe(order, plan, wanted, number=self.next_post(), at=when, next_id=self.state.number)
            if not crash:
                kind = {"key": "_refund_type", "value": "full" if plan.is_full else "partial"}
                entries = [kind, *(wanted.get("meta_data") or ())]
                refund["refunded_payment"] = by_gateway
                refund["meta_data"] = [{"id": self.state.number("meta"), **_entry(one)} for one in entries]
            self.state.put("refund", refund, parent=order["id"], words=refund["reason"])
            if not crash:
                self._after_refund(order, refund, wanted, when, is_full=plan.is_full)
        if crash:
            raise PhpDied
        return refund

    def _ask_gateway(self, order: Document) -> None:
        method = order["payment_method"]
        if method not in GATEWAYS:
            message = "The payment gateway for this order does not exist."
            refuse(refunds.cannot_refund(message))
        if not GATEWAYS[method][1]:
            refuse(refunds.cannot_refund(refunds.NOT_AUTOMATIC))
        if self.faults.use("gateway_declines"):
            message = "The card issuer declined the refund."
            refuse(refunds.cannot_refund(message))

    def _after_refund(
        self, order: Document, refund: Document, wanted: Mapping[str, Any], when: str, *, is_full: bool
    ) -> None:
        if wanted.get("api_restock", True):
            for text in self.stock.restock(order, wanted):
                self.note(order, text)
        if is_full and order["status"] != "refunded":
            self.note(order, f"Order status changed from {_words(order['status'])} to Refunded.")
            order["status"] = "refunded"
            self.do_action("woocommerce_order_status_refunded", order["id"])
        order["modified"] = max(order["modified"], when)
        self._keep(order)
        self.do_action("woocommerce_update_order", order["id"])
        self.do_action(f"woocommerce_order_{'fully' if is_full else 'partially'}_refunded", order["id"])
        self.do_action("woocommerce_refund_created", refund["id"])
        self.do_action("woocommerce_order_refunded", order["id"])

    def _refund_the_rest(self, order: Document) -> None:
        """Setting the status to refunded books a refund of all that is left, without lines and without stock."""
        self._keep(order)
        left = orders.total(order) - orders.refunded(self.refunds_of(order))
        if left > 0:
            wanted = {"amount": str(left), "reason": "Order fully refunded.", "api_refund": False, "api_restock": False}
            self.refund(order, wanted)

    def delete_refund(self, reference: Document | int | str, number: int) -> Document:
        """Remove a refund; gives it. Stock, status and date of change of the order stay as they are, and no
        order.updated is sent (core's bug 26532). Raises WpError (404).
        """
        with self.state.transaction():
            found = next((one for one in self.refunds_of(reference) if one["id"] == number), None)
            if found is None:
                code = "woocommerce_rest_invalid_order_refund_id"
                message = "Invalid order refund ID."
                refuse(WpError(code, message, 404))
            self.state.delete("refund", number)
            self.do_action("woocommerce_refund_deleted", number)
            return found

    # --- Helloword -------------------------------------------------------------------------------------------------

    def subscribe(self, topics: Sequence[str]) -> None:
        """Helloword's own webhooks, as of a connection made some time ago."""
        self.webhooks.subscribe(topics, self.webhook_url, self.webhook_secret)

    def find_helloword_again(self) -> None:
        """Helloword may listen elsewhere than when this store was last open."""
        self.webhooks.follow(self.webhook_url, self.webhook_secret)

    # --- webhooks --------------------------------------------------------------------------------------------------

    def do_action(self, hook: str, arg: int) -> None:
        """A hook of WordPress runs; what hangs on it is queued."""
        resource = next((one for one in ("product", "coupon") if one in hook), "order")
        self.webhooks.do_action(hook, arg, resource)

    def _body_of(self, webhook: Document, arg: int) -> Any:
        resource, _, event = webhook["topic"].partition(".")
        if resource == "action":
            return {"action": event, "arg": arg}
        if event == "deleted":
            return {"id": arg}
        if self.faults.use("owner_lost_rights"):
            message = "Sorry, you cannot view this resource."
            return WpError("woocommerce_rest_cannot_view", message, 403).body()
        try:
            return self._thing(resource, arg)
        except LookupError:
            return invalid_id({"order": "shop_order", "coupon": "shop_coupon"}.get(resource, resource)).body()

    def _thing(self, resource: str, number: int) -> Document:
        if resource == "order":
            return self.order_json(self.order(number))
        if resource == "product":
            article = self.stock.by_id(number)
            if article["parent_id"]:
                return variation_json(article, self.stock.product_of(article), self.view)
            return product_json(article, self.view)
        coupon = self.state.get("coupon", number) if resource == "coupon" else None
        if coupon is None:
            raise LookupError(number)
        return coupon_json(coupon, self.view)

    def deliver_pending(self, *, reverse: bool = False, times: int = 1) -> list[Sent]:
        """Deliver all that waits, now: newest first, or each several times, on request."""
        return self.deliveries.send(reverse=reverse, times=times)

    def close(self) -> None:
        """Stop delivering and close the file."""
        self.deliveries.stop()
        self.state.close()


def _entry(one: Mapping[str, Any]) -> Document:
    return {"key": str(one.get("key", "")), "value": one.get("value")}


def _words(status: str) -> str:
    return status.replace("-", " ").capitalize()


def _number(one: Document) -> int:
    return int(one["id"])


def _created(one: Document) -> str:
    return str(one["created"])
