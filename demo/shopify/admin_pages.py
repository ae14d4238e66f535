"""The store's own admin, for people who try the demo: what the platform says of an order, its refunds, its stock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, redirect, render_template, url_for

from demo.shopify import orders
from demo.shopify.money import Bag, rest_amount
from demo.shopify.orders import Document

if TYPE_CHECKING:
    from demo.shopify.store import ShopifyStore

blueprint = Blueprint("shopify_admin", __name__, template_folder="templates", url_prefix="/admin")


def _store() -> ShopifyStore:
    store: ShopifyStore = current_app.store  # type: ignore[attr-defined]
    return store


@blueprint.app_template_filter("money")
def money(bag: Bag | Document) -> str:
    """The shopper's amount with its currency."""
    one = bag if isinstance(bag, Bag) else Bag.read(bag)
    return f"{rest_amount(one.presentment, one.presentment_currency)} {one.presentment_currency}"


@blueprint.app_template_filter("moment")
def moment(text: str | None) -> str:
    """An instant for people, in UTC."""
    return f"{text[:10]} {text[11:16]} UTC" if text else "-"


@blueprint.app_template_filter("words")
def words(text: str) -> str:
    """PARTIALLY_REFUNDED as people write it."""
    return text.replace("_", " ").capitalize()


@blueprint.get("/")
@blueprint.get("/orders")
def order_list() -> str:
    """The newest hundred orders."""
    store = _store()
    rows = store.state.rows("SELECT body FROM orders ORDER BY created_at DESC, id DESC LIMIT 100")
    found = [json.loads(row["body"]) for row in rows]
    return render_template(
        "shopify_admin/orders.html", shop=store.shop_facts(), orders=[_summary(one) for one in found]
    )


def _summary(order: Document) -> Document:
    return {
        **order,
        "total": orders.order_total(order),
        "financial": orders.financial_status(order),
        "fulfillment": orders.fulfillment_status(order),
    }


@blueprint.get("/orders/<int:number>")
def order_page(number: int) -> str | tuple[str, int]:
    """One order with its refunds, its parcels, its stock and the webhooks it caused."""
    store = _store()
    order = store.state.order(number)
    if order is None:
        return render_template("shopify_admin/message.html", text="There is no such order."), 404
    return render_template(
        "shopify_admin/order.html",
        shop=store.shop_facts(),
        order=_summary(order),
        lines=[_line(store, order, line) for line in order["lineItems"]],
        sums=_sums(order),
        refunds=[_refund(order, refund) for refund in order["refunds"]],
        payments=[{**one, "left": orders.left_on(order, one)} for one in orders.payments(order)],
        locations={one["id"]: one["name"] for one in store.state.things("Location")},
        deliveries=[one for one in store.deliveries.all() if _is_about(one, number)],
    )


def _line(store: ShopifyStore, order: Document, line: Document) -> Document:
    variant = store.state.thing("ProductVariant", line["variantId"]) if line.get("variantId") else None
    item = variant["inventoryItem"]["id"] if variant else None
    price = orders.line_price(line)
    return {
        **line,
        "price": price,
        "discount": orders.discount(line, price),
        "tax": orders.taxes(line, price),
        "duty": orders.line_duties(line, price),
        "refunded": orders.refunded_quantity(order, line["id"]),
        "levels": store.stock.levels(item) if item else [],
        "moves": store.stock.moves(item) if item else [],
    }


def _sums(order: Document) -> list[tuple[str, Bag]]:
    rows = [("Items after discounts", orders.subtotal(order)), ("Shipping", orders.shipping_total(order))]
    if orders.has_duties(order):
        rows.append(("Duties", orders.duties_total(order)))
    rows.append(("Tax, included" if order["taxesIncluded"] else "Tax", orders.tax_total(order)))
    rows += [("Total", orders.order_total(order)), ("Paid", orders.received(order))]
    if order["refunds"]:
        rows += [("Refunded", orders.refunded(order)), ("Kept", orders.received(order) - orders.refunded(order))]
    return rows


def _refund(order: Document, refund: Document) -> Document:
    titles = {line["id"]: line["name"] for line in order["lineItems"]}
    own = [one for one in order["transactions"] if one["id"] in refund["transactionIds"]]
    return {
        **refund,
        "total": orders.refund_total(order, refund),
        "units": [{**one, "name": titles[one["lineItemId"]]} for one in refund["lines"]],
        "sent": own,
    }


def _is_about(delivery: Document, number: int) -> bool:
    body: Any = json.loads(delivery["body"])
    return number in {body.get("order_id"), body.get("id")} and delivery["topic"] != "app/uninstalled"


@blueprint.post("/orders/<int:number>/fulfil")
def fulfil(number: int) -> Any:
    """Send what has not left yet."""
    _store().fulfil(number)
    return redirect(url_for("shopify_admin.order_page", number=number), 303)


@blueprint.post("/orders/<int:number>/delivered")
def delivered(number: int) -> Any:
    """The carrier handed it over."""
    _store().mark_delivered(number)
    return redirect(url_for("shopify_admin.order_page", number=number), 303)
