"""The store's own admin, for people who try the demo: what WooCommerce says of an order, its refunds, its stock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Blueprint, redirect, render_template, url_for

from demo.woocommerce import orders
from demo.woocommerce.orders import Document
from demo.woocommerce.rest import current_store
from demo.woocommerce.state import instant
from demo.woocommerce.wire import fixed
from demo.world_money import decimals

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from demo.woocommerce.store import WooStore

blueprint = Blueprint("woo_admin", __name__, template_folder="templates", url_prefix="/admin")


@blueprint.app_template_filter("woo_money")
def money(amount: Any, currency: str) -> str:
    """An amount with its currency."""
    return f"{fixed(amount, decimals(currency))} {currency}"


@blueprint.app_template_filter("woo_moment")
def moment(text: str | None) -> str:
    """A stamp for people, in the store's time zone."""
    if not text:
        return "-"
    return instant(text).astimezone(current_store().view.zone).strftime("%Y-%m-%d %H:%M %Z")


@blueprint.app_template_filter("woo_words")
def words(status: str) -> str:
    """on-hold as people write it."""
    return status.replace("-", " ").capitalize()


@blueprint.get("/")
@blueprint.get("/orders")
def order_list() -> str:
    """The newest hundred orders."""
    store = current_store()
    rows = store.state.rows("SELECT body FROM objects WHERE kind = 'order' ORDER BY created DESC, id DESC LIMIT 100")
    found = [json.loads(row["body"]) for row in rows]
    summaries = [_summary(store, one) for one in found]
    return render_template("woo_admin/orders.html", shop=store.facts(), orders=summaries)


def _summary(store: WooStore, order: Document) -> Document:
    back = orders.refunded(store.refunds_of(order))
    return {**order, "total": orders.total(order), "refunded": back, "left": orders.total(order) - back}


@blueprint.get("/orders/<int:number>")
def order_page(number: int) -> str | tuple[str, int]:
    """One order with its refunds, notes, stock and the webhooks it caused."""
    store = current_store()
    try:
        order = store.order(number)
    except LookupError:
        return render_template("woo_admin/message.html", shop=store.facts(), text="There is no such order."), 404
    refunds = store.refunds_of(order)
    webhooks = {one["id"]: one["status"] for one in store.webhooks.all()}
    return render_template(
        "woo_admin/order.html",
        shop=store.facts(),
        order=_summary(store, order),
        lines=[_line(store, line, refunds) for line in order["line_items"]],
        sums=_sums(order, refunds),
        refunds=refunds,
        notes=list(reversed(store.state.all("note", parent=number))),
        deliveries=[
            {**one, "webhook_status": webhooks.get(one["webhook"], "deleted")}
            for one in store.deliveries.all()
            if one["arg"] == number
        ],
    )


def _line(store: WooStore, line: Document, refunds: list[Document]) -> Document:
    back = [
        item["quantity"]
        for refund in refunds
        for item in refund["line_items"]
        if orders.meta_of(item, "_refunded_item_id") == str(line["id"])
    ]
    article = store.stock.of_line(line)
    return {
        **line,
        "refunded": -sum(back),
        "stock": article["stock_quantity"] if article else None,
        "moves": store.stock.moves(article["id"]) if article else [],
    }


def _sums(order: Document, refunds: list[Document]) -> list[tuple[str, Any]]:
    tax = orders.goods_tax(order) + orders.shipping_tax(order)
    rows: list[tuple[str, Any]] = [
        ("Items after coupons, without tax", orders.add(line["total"] for line in order["line_items"])),
        ("Shipping, without tax", orders.shipping(order)),
        ("Tax", tax),
        ("Total", orders.total(order)),
    ]
    if refunds:
        back = orders.refunded(refunds)
        rows += [("Refunded", -back), ("Net payment", orders.total(order) - back)]
    return rows


@blueprint.post("/orders/<int:number>/complete")
def complete(number: int) -> AnyResponse:
    """Send the parcel and set the order to completed."""
    current_store().complete(number)
    return redirect(url_for("woo_admin.order_page", number=number), 303)
