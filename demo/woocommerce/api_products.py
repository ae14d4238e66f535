"""Routes of products and their variations."""

from __future__ import annotations

from flask import Blueprint

from demo.woocommerce import listing
from demo.woocommerce.api_orders import write_meta
from demo.woocommerce.errors import WpError, invalid_id, invalid_id_to_write, refuse
from demo.woocommerce.orders import Document
from demo.woocommerce.parameters import DECIMALS, LISTING, WITH_META, WITH_PARENT, Arg, Args
from demo.woocommerce.product_json import product_json, variation_json
from demo.woocommerce.rest import BASE, EDIT, Call, Reply, endpoint, page_of
from demo.woocommerce.state import stamp

blueprint = Blueprint("woo_products", __name__, url_prefix=BASE)

_STATUSES = ("any", "future", "trash", "draft", "pending", "private", "publish")
_LIST = {
    **LISTING,
    **WITH_PARENT,
    **WITH_META,
    "slug": Arg(),
    "sku": Arg(),
    "status": Arg(default="any", among=_STATUSES),
    "type": Arg(among=("simple", "grouped", "external", "variable")),
}
_EDIT: Args = {
    **DECIMALS,
    "manage_stock": Arg(),
    "stock_quantity": Arg("integer"),
    "inventory_delta": Arg("integer"),
    "status": Arg(among=_STATUSES[1:]),
}


@endpoint(blueprint, "/products", "GET", verb="list", args=_LIST)
def product_list(call: Call) -> Reply:
    """A page of the products."""
    values, where = call.values, listing.common("product", call.values, call.store.view)
    if values["status"] != "any":
        where.among("status", [values["status"]])
    for name in ("slug", "type"):
        if values.get(name):
            where.add(f"json_extract(body, '$.{name}') = ?", values[name])
    if values.get("sku"):
        where.among("id", [_product_with(call, sku.strip()) for sku in str(values["sku"]).split(",")])
    numbers = listing.found(where, values, call.store.state)
    page = [product_json(_product(call, number), call.view) for number in page_of(call, numbers)]
    return Reply(page, total=len(numbers))


def _product_with(call: Call, sku: str) -> int:
    """The id of the product whose own SKU this is; variations are not looked at, and 0 is nobody's."""
    try:
        article = call.store.stock.article(sku)
    except LookupError:
        return 0
    return 0 if article["parent_id"] else int(article["id"])


@endpoint(blueprint, "/products/<int:number>", "GET", verb="view", args=DECIMALS)
def product_get(call: Call, number: int) -> Document:
    """One product. (The id of a variation finds that, in its own shape.)"""
    try:
        article = call.store.stock.by_id(number)
    except LookupError:
        refuse(invalid_id("product"))
    return _print(call, article)


@endpoint(blueprint, "/products/<int:number>", *EDIT, verb="edit", args=_EDIT)
def product_edit(call: Call, number: int) -> Document:
    """Change name, status, stock and meta data."""
    with call.store.state.transaction():
        try:
            article = call.store.stock.by_id(number)
        except LookupError:
            refuse(invalid_id_to_write("product"))
        if call.values.get("name"):
            article["name"] = str(call.values["name"])
        return _write(call, article)


@endpoint(blueprint, "/products/<int:product_id>/variations", "GET", verb="list", args={**LISTING, **WITH_META})
def variation_list(call: Call, product_id: int) -> Reply:
    """A page of a product's variations."""
    product = _product(call, product_id)
    where = listing.common("variation", call.values | {"parent": [product["id"]]}, call.store.view)
    numbers = listing.found(where, call.values, call.store.state)
    page = [_print(call, _variation(call, product_id, number)) for number in page_of(call, numbers)]
    return Reply(page, total=len(numbers))


@endpoint(blueprint, "/products/<int:product_id>/variations/<int:number>", "GET", verb="view", args=DECIMALS)
def variation_get(call: Call, product_id: int, number: int) -> Document:
    """One variation."""
    return _print(call, _variation(call, product_id, number))


@endpoint(blueprint, "/products/<int:product_id>/variations/<int:number>", *EDIT, verb="edit", args=_EDIT)
def variation_edit(call: Call, product_id: int, number: int) -> Document:
    """Change status, stock and meta data of a variation."""
    with call.store.state.transaction():
        return _write(call, _variation(call, product_id, number))


def _product(call: Call, number: int) -> Document:
    found = call.store.state.get("product", number)
    if found is None:
        refuse(invalid_id("product"))
    return found


def _variation(call: Call, product: int, number: int) -> Document:
    found = call.store.state.get("variation", number)
    if found is None:
        refuse(invalid_id("product_variation"))
    if found["parent_id"] != product:
        message = "Parent product does not match current variation."
        refuse(WpError("woocommerce_rest_product_variation_invalid_parent", message, 404))
    return found


def _print(call: Call, article: Document) -> Document:
    if article["parent_id"]:
        return variation_json(article, call.store.stock.product_of(article), call.view)
    return product_json(article, call.view)


def _write(call: Call, article: Document) -> Document:
    """The meta data is saved before the number, as WooCommerce does; ``inventory_delta`` only counts where no
    ``stock_quantity`` was sent and the article is counted.
    """
    values, stock = call.values, call.store.stock
    manage = values.get("manage_stock")
    if manage is not None:
        article["manage_stock"] = "parent" if manage == "parent" else str(manage).lower() in {"true", "1", "yes"}
    if values.get("status"):
        article["status"] = values["status"]
    write_meta(call, article)
    article["modified"] = stamp(call.store.now())
    stock.keep(article)
    if article["manage_stock"] is True:
        before = int(article["stock_quantity"] or 0)
        wanted, delta = values.get("stock_quantity"), values.get("inventory_delta")
        if wanted is not None:
            stock.move(article, wanted - before, "set through the API")
        elif delta:
            stock.move(article, delta, "moved through the API")
    return _print(call, stock.by_id(article["id"]))
