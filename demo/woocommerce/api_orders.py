"""Routes of orders, their notes and their refunds."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from demo.woocommerce import listing, orders
from demo.woocommerce.errors import WpError, cannot_trash, invalid_id, invalid_id_to_write, refuse
from demo.woocommerce.order_json import note_json, refund_json
from demo.woocommerce.orders import Document
from demo.woocommerce.parameters import DECIMALS, FORCE, LISTING, WITH_META, WITH_PARENT, Arg
from demo.woocommerce.rest import BASE, EDIT, Call, Reply, endpoint, page_of

blueprint = Blueprint("woo_orders", __name__, url_prefix=BASE)

_LISTED = ("any", "trash", *orders.STATUSES)
_ORDERS = {
    **LISTING,
    **WITH_PARENT,
    **DECIMALS,
    **WITH_META,
    "status": Arg("list", ("any",), among=_LISTED),
    "customer": Arg("integer"),
    "product": Arg("integer"),
    "created_via": Arg("list", ()),
}
_REFUNDS = {**LISTING, **WITH_PARENT, **DECIMALS, **WITH_META}
_BOOKING = {
    **DECIMALS,
    "api_refund": Arg("boolean", default=True),
    "api_restock": Arg("boolean", default=True),
}
_PRODUCT = "EXISTS (SELECT 1 FROM json_each(body, '$.line_items') WHERE json_extract(value, '$.product_id') = ?)"


def _order(call: Call, number: int) -> Document:
    try:
        return call.store.order(number)
    except LookupError:
        refuse(invalid_id("shop_order"))


def _print(call: Call, order: Document) -> Document:
    return _chosen_meta(call, call.store.order_json(order, call.view))


def _chosen_meta(call: Call, body: Document) -> Document:
    keep, drop = call.values.get("include_meta") or (), call.values.get("exclude_meta") or ()
    if keep or drop:
        entries = body["meta_data"]
        body["meta_data"] = [one for one in entries if one["key"] not in drop and (not keep or one["key"] in keep)]
    return body


# --- orders ----------------------------------------------------------------------------------------------------------


@endpoint(blueprint, "/orders", "GET", verb="list", args=_ORDERS)
def order_list(call: Call) -> Reply:
    """A page of the orders; drafts and what is in the trash only when asked for by name."""
    values, where = call.values, listing.common("order", call.values, call.store.view)
    wanted = list(values["status"])
    if "any" in wanted:
        where.among("status", ("trash", "auto-draft"), other=True)
    else:
        where.among("status", wanted)
    if values.get("customer") is not None:
        where.add("json_extract(body, '$.customer_id') = ?", values["customer"])
    if values.get("product") is not None:
        where.add(_PRODUCT, values["product"])
    if values["created_via"]:
        where.among("json_extract(body, '$.created_via')", values["created_via"])
    numbers = listing.found(where, values, call.store.state)
    page = [_print(call, call.store.order(number)) for number in page_of(call, numbers)]
    return Reply(page, total=len(numbers), headers={"Allow": "GET, POST"})


@endpoint(blueprint, "/orders/<int:number>", "GET", verb="view", args={**DECIMALS, **WITH_META})
def order_get(call: Call, number: int) -> Document:
    """One order."""
    return _print(call, _order(call, number))


@endpoint(
    blueprint,
    "/orders/<int:number>",
    *EDIT,
    verb="edit",
    args={**DECIMALS, "status": Arg(among=orders.STATUSES)},
)
def order_edit(call: Call, number: int) -> Document:
    """Change status, addresses, note and meta data of an order."""
    store, values = call.store, call.values

    def change(order: Document) -> None:
        for part in ("billing", "shipping"):
            if isinstance(values.get(part), dict):
                order[part] |= {name: str(text) for name, text in values[part].items() if name in order[part]}
        for name in ("customer_note", "transaction_id", "payment_method", "payment_method_title"):
            if values.get(name) is not None:
                order[name] = str(values[name])
        write_meta(call, order)
        if values.get("status"):
            store.set_status(order, values["status"])

    try:
        return _print(call, store.update(number, change))
    except LookupError:
        refuse(invalid_id_to_write("shop_order"))


def write_meta(call: Call, document: Document) -> None:
    """``meta_data`` of a call: by id or else by key; null removes an entry."""
    for entry in call.values.get("meta_data") or ():
        known = next((one for one in document["meta_data"] if one["id"] == entry.get("id")), None)
        key = known["key"] if known else str(entry.get("key", ""))
        number = call.store.state.number("meta") if not known else known["id"]
        orders.set_meta(document, key, entry.get("value"), number)


@endpoint(blueprint, "/orders/<int:number>", "DELETE", verb="delete", args={**FORCE, **DECIMALS})
def order_delete(call: Call, number: int) -> Document:
    """Into the trash, or for good with ``force``."""
    order = _order(call, number)
    if not call.values["force"]:
        return _print(call, call.store.trash(order))
    body = _print(call, order)
    call.store.delete(order)
    return body


# --- notes -----------------------------------------------------------------------------------------------------------


@endpoint(
    blueprint,
    "/orders/<int:order_id>/notes",
    "GET",
    verb="list",
    args={"type": Arg(default="any", among=("any", "customer", "internal"))},
)
def note_list(call: Call, order_id: int) -> list[Document]:
    """All notes of an order, newest first."""
    kind = call.values["type"]
    notes = call.store.state.all("note", parent=_parent(call, order_id, "order_invalid_id")["id"])
    wanted = [one for one in notes if kind == "any" or one["customer_note"] == (kind == "customer")]
    return [note_json(one, call.view) for one in reversed(wanted)]


@endpoint(
    blueprint,
    "/orders/<int:order_id>/notes",
    "POST",
    verb="create",
    args={"note": Arg(required=True), "customer_note": Arg("boolean", default=False)},
)
def note_create(call: Call, order_id: int) -> Reply:
    """Write a note; one to the customer would be mailed to him."""
    order = _parent(call, order_id, "order_invalid_id")
    note = call.store.note(order, str(call.values["note"]), to_customer=call.values["customer_note"])
    return Reply(note_json(note, call.view), 201)


@endpoint(blueprint, "/orders/<int:order_id>/notes/<int:number>", "GET", verb="view")
def note_get(call: Call, order_id: int, number: int) -> Document:
    """One note."""
    return note_json(_note(call, order_id, number), call.view)


@endpoint(blueprint, "/orders/<int:order_id>/notes/<int:number>", "DELETE", verb="delete", args=FORCE)
def note_delete(call: Call, order_id: int, number: int) -> Document:
    """Delete a note for good."""
    note = _note(call, order_id, number)
    if not call.values["force"]:
        refuse(cannot_trash("order_note"))
    call.store.state.delete("note", number)
    return note_json(note, call.view)


def _note(call: Call, order_id: int, number: int) -> Document:
    found = call.store.state.get("note", number)
    if found is None or found["order"] != _parent(call, order_id, "order_invalid_id")["id"]:
        code, message = "woocommerce_rest_invalid_id", "Invalid resource ID."
        refuse(WpError(code, message, 404))
    return found


# --- refunds ---------------------------------------------------------------------------------------------------------


@endpoint(blueprint, "/orders/<int:order_id>/refunds", "GET", verb="list", args=_REFUNDS)
def refund_list(call: Call, order_id: int) -> Reply:
    """A page of one order's refunds."""
    where = listing.common("refund", call.values | {"parent": [_parent(call, order_id)["id"]]}, call.store.view)
    return _refund_page(call, where, with_parent=False)


@endpoint(blueprint, "/refunds", "GET", verb="list", args=_REFUNDS)
def refund_list_of_all(call: Call) -> Reply:
    """A page of the refunds of all orders."""
    return _refund_page(call, listing.common("refund", call.values, call.store.view), with_parent=True)


def _refund_page(call: Call, where: listing.Where, *, with_parent: bool) -> Reply:
    numbers = listing.found(where, call.values, call.store.state)
    page = [call.store.state.get("refund", number) for number in page_of(call, numbers)]
    rates = call.store.rates()
    body = [_chosen_meta(call, refund_json(one, rates, call.view, with_parent=with_parent)) for one in page if one]
    return Reply(body, total=len(numbers))


@endpoint(blueprint, "/orders/<int:order_id>/refunds", "POST", verb="create", args=_BOOKING)
def refund_create(call: Call, order_id: int) -> Reply:
    """Book a refund; see ``refunds`` for what is checked. The same call twice books two."""
    refund = call.store.refund(_parent(call, order_id), call.values)
    return Reply(refund_json(refund, call.store.rates(), call.view), 201)


@endpoint(blueprint, "/orders/<int:order_id>/refunds/<int:number>", "GET", verb="view", args=DECIMALS)
def refund_get(call: Call, order_id: int, number: int) -> Document:
    """One refund."""
    order = _parent(call, order_id)
    found = next((one for one in call.store.refunds_of(order) if one["id"] == number), None)
    if found is None:
        refuse(invalid_id("shop_order_refund"))
    return refund_json(found, call.store.rates(), call.view)


@endpoint(blueprint, "/orders/<int:order_id>/refunds/<int:number>", "DELETE", verb="delete", args={**FORCE, **DECIMALS})
def refund_delete(call: Call, order_id: int, number: int) -> Any:
    """Delete a refund for good; the goods it put back into the stock stay there."""
    order = _parent(call, order_id)
    if not call.values["force"]:
        refuse(cannot_trash("shop_order_refund"))
    return refund_json(call.store.delete_refund(order, number), call.store.rates(), call.view)


def _parent(call: Call, number: int, code: str = "invalid_order_id") -> Document:
    """The order above a refund or a note, which have codes of their own for an unknown one."""
    try:
        return call.store.order(number)
    except LookupError:
        refuse(WpError(f"woocommerce_rest_{code}", "Invalid order ID.", 404))
