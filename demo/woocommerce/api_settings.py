"""Routes of coupons, webhooks, payment gateways, settings, and the two indexes."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, current_app

from demo.woocommerce import listing
from demo.woocommerce.api_orders import write_meta
from demo.woocommerce.errors import WpError, cannot_trash, invalid_id, refuse
from demo.woocommerce.orders import Document
from demo.woocommerce.parameters import DECIMALS, FORCE, LISTING, PAGING, Arg
from demo.woocommerce.rest import BASE, EDIT, ROOT, Call, Reply, endpoint, page_of
from demo.woocommerce.setting_json import (
    coupon_json,
    gateway_json,
    new_coupon,
    settings_json,
    system_status_json,
    webhook_json,
)
from demo.woocommerce.state import stamp
from demo.woocommerce.webhooks import hooks_of
from demo.woocommerce.wire import exact

blueprint = Blueprint("woo_settings", __name__, url_prefix=BASE)
index = Blueprint("woo_index", __name__, url_prefix=ROOT)

_KINDS = ("percent", "fixed_cart", "fixed_product")
_COUPON = {
    **DECIMALS,
    "discount_type": Arg(among=_KINDS),
    "date_expires": Arg("date"),
    "date_expires_gmt": Arg("date"),
    "individual_use": Arg("boolean"),
    "free_shipping": Arg("boolean"),
    "exclude_sale_items": Arg("boolean"),
    "usage_limit": Arg("integer"),
    "usage_limit_per_user": Arg("integer"),
}
_STATES = ("active", "paused", "disabled")


# --- coupons ---------------------------------------------------------------------------------------------------------


@endpoint(blueprint, "/coupons", "GET", verb="list", args={**LISTING, **DECIMALS, "code": Arg()})
def coupon_list(call: Call) -> Reply:
    """A page of the coupons; ``code`` finds one."""
    where = listing.common("coupon", call.values, call.store.view)
    if call.values.get("code"):
        where.add("json_extract(body, '$.code') = ?", str(call.values["code"]).lower())
    numbers = listing.found(where, call.values, call.store.state)
    page = [coupon_json(_coupon(call, number), call.view) for number in page_of(call, numbers)]
    return Reply(page, total=len(numbers))


@endpoint(blueprint, "/coupons", "POST", verb="create", args={**_COUPON, "code": Arg(required=True)})
def coupon_create(call: Call) -> Reply:
    """A new coupon; a code is there once, in lower case."""
    store, code = call.store, str(call.values["code"]).strip().lower()
    with store.state.transaction():
        if store.coupon_number(code):
            message = "The coupon code already exists"
            refuse(WpError("woocommerce_rest_coupon_code_already_exists", message, 400))
        coupon = new_coupon(store.next_post(), code, stamp(store.now()))
        _write_coupon(call, coupon)
        store.do_action("woocommerce_new_coupon", coupon["id"])
    return Reply(coupon_json(coupon, call.view), 201)


@endpoint(blueprint, "/coupons/<int:number>", "GET", verb="view", args=DECIMALS)
def coupon_get(call: Call, number: int) -> Document:
    """One coupon."""
    return coupon_json(_coupon(call, number), call.view)


@endpoint(blueprint, "/coupons/<int:number>", *EDIT, verb="edit", args=_COUPON)
def coupon_edit(call: Call, number: int) -> Document:
    """Change a coupon."""
    with call.store.state.transaction():
        coupon = _coupon(call, number)
        _write_coupon(call, coupon)
        call.store.do_action("woocommerce_update_coupon", number)
    return coupon_json(coupon, call.view)


@endpoint(blueprint, "/coupons/<int:number>", "DELETE", verb="delete", args={**FORCE, **DECIMALS})
def coupon_delete(call: Call, number: int) -> Document:
    """Delete a coupon for good."""
    coupon = _coupon(call, number)
    if not call.values["force"]:
        refuse(cannot_trash("shop_coupon"))
    call.store.state.delete("coupon", number)
    return coupon_json(coupon, call.view)


def _coupon(call: Call, number: int) -> Document:
    found = call.store.state.get("coupon", number)
    if found is None:
        refuse(invalid_id("shop_coupon"))
    return found


def _write_coupon(call: Call, coupon: Document) -> None:
    values = call.values
    for name in (*_COUPON, "description", "email_restrictions"):
        if name in coupon and values.get(name) is not None:
            coupon[name] = values[name]
    for name in ("amount", "minimum_amount", "maximum_amount"):
        if values.get(name) is not None:
            coupon[name] = str(exact(values[name]))
    for name in ("date_expires", "date_expires_gmt"):
        if values.get(name):
            coupon["expires"] = call.view.stamp(values[name], gmt=name.endswith("gmt"))
    write_meta(call, coupon)
    coupon["modified"] = stamp(call.store.now())
    call.store.state.put("coupon", coupon, words=coupon["code"])


# --- webhooks --------------------------------------------------------------------------------------------------------


def _print_webhook(call: Call, webhook: Document) -> Document:
    return webhook_json(webhook, list(hooks_of(webhook["topic"])), call.view)


@endpoint(
    blueprint,
    "/webhooks",
    "GET",
    verb="list",
    args={
        **PAGING,
        "orderby": Arg(default="date", among=("date", "id", "title")),
        "status": Arg(default="all", among=("all", *_STATES)),
    },
)
def webhook_list(call: Call) -> Reply:
    """A page of the webhooks."""
    where = listing.common("webhook", call.values, call.store.view)
    if call.values["status"] != "all":
        where.among("status", [call.values["status"]])
    numbers = listing.found(where, call.values, call.store.state)
    page = [_print_webhook(call, call.store.webhooks.get(number)) for number in page_of(call, numbers)]
    return Reply(page, total=len(numbers))


@endpoint(
    blueprint,
    "/webhooks",
    "POST",
    verb="create",
    args={
        "topic": Arg(required=True),
        "delivery_url": Arg(required=True),
        "status": Arg(default="active", among=_STATES),
    },
)
def webhook_create(call: Call) -> Reply:
    """A new webhook; it is pinged at once, and created whatever the ping says."""
    values, store = call.values, call.store
    webhook = store.webhooks.create(
        str(values["topic"]),
        str(values["delivery_url"]),
        secret=str(values.get("secret") or ""),
        name=str(values.get("name") or ""),
        status=values["status"],
    )
    store.deliveries.ping(webhook)
    return Reply(_print_webhook(call, webhook), 201)


@endpoint(blueprint, "/webhooks/<int:number>", "GET", verb="view")
def webhook_get(call: Call, number: int) -> Document:
    """One webhook."""
    return _print_webhook(call, call.store.webhooks.get(number))


@endpoint(blueprint, "/webhooks/<int:number>", *EDIT, verb="edit", args={"status": Arg(among=_STATES)})
def webhook_edit(call: Call, number: int) -> Document:
    """Change a webhook; ``{"status": "active"}`` revives one that was disabled."""
    webhook = call.store.webhooks.update(number, call.values)
    call.store.deliveries.ping(webhook)
    return _print_webhook(call, webhook)


@endpoint(blueprint, "/webhooks/<int:number>", "DELETE", verb="delete", args=FORCE)
def webhook_delete(call: Call, number: int) -> Document:
    """Delete a webhook for good."""
    if not call.values["force"]:
        refuse(WpError("woocommerce_rest_trash_not_supported", "Webhooks do not support trashing.", 501))
    return _print_webhook(call, call.store.webhooks.delete(number))


# --- the store -------------------------------------------------------------------------------------------------------


@endpoint(blueprint, "/settings/<string:group_id>", "GET", verb="list")
def setting_list(call: Call, group_id: str) -> list[Document]:
    """All settings of a group."""
    found = settings_json(group_id, call.store.facts(), call.view)
    if not found:
        refuse(WpError("rest_setting_setting_group_invalid", "Invalid setting group.", 404))
    return found


@endpoint(blueprint, "/settings/<string:group_id>/<string:name>", "GET", verb="view")
def setting_get(call: Call, group_id: str, name: str) -> Document:
    """One setting."""
    found = next((one for one in setting_list_of(call, group_id) if one["id"] == name), None)
    if found is None:
        refuse(WpError("rest_setting_setting_invalid", "Invalid setting.", 404))
    return found


def setting_list_of(call: Call, group_id: str) -> list[Document]:
    """The settings of a group, empty when there is no such group."""
    return settings_json(group_id, call.store.facts(), call.view)


@endpoint(blueprint, "/system_status", "GET", verb="view")
def system_status(call: Call) -> Document:
    """What the store says of itself."""
    return system_status_json(call.store.facts(), call.view)


@endpoint(blueprint, "/payment_gateways/<string:name>", "GET", verb="view")
def gateway_get(call: Call, name: str) -> Document:
    """One payment gateway."""
    try:
        return gateway_json(name, call.view)
    except LookupError:
        refuse(WpError("woocommerce_rest_payment_gateway_invalid", "Resource does not exist.", 404))


@endpoint(blueprint, "/", "GET", verb="public")
def namespace_index(call: Call) -> Document:
    """What wc/v3 offers; anybody may read it."""
    return {"namespace": "wc/v3", "routes": _routes(call), "_links": {"up": [{"href": f"{call.store.url}{ROOT}/"}]}}


def _routes(call: Call) -> Document:
    found: dict[str, Any] = {}
    for rule in current_app.url_map.iter_rules():
        if rule.rule.startswith(f"{BASE}/") and "<path" not in rule.rule:
            path = rule.rule.removeprefix(ROOT).rstrip("/")
            path = re.sub(r"<int:number>", r"(?P<id>[\\d]+)", path)
            path = re.sub(r"<int:(\w+)>", r"(?P<\1>[\\d]+)", path)
            path = re.sub(r"<string:name>", r"(?P<id>[\\w-]+)", path)
            path = re.sub(r"<string:(\w+)>", r"(?P<\1>[\\w-]+)", path)
            methods = sorted(set(rule.methods or ()) - {"HEAD", "OPTIONS"})
            route = found.setdefault(path, {"namespace": "wc/v3", "methods": [], "endpoints": []})
            route["methods"] = sorted({*route["methods"], *methods})
            route["endpoints"].append({"methods": methods, "args": {}})
    for path, route in found.items():
        if "(" not in path:
            route["_links"] = {"self": [{"href": f"{call.store.url}{ROOT}{path}"}]}
    return found


@endpoint(index, "/", "GET", verb="public")
def site_index(call: Call) -> Document:
    """WordPress's own index: the site's name and time zone."""
    facts, url = call.store.facts(), call.store.url
    offset = call.store.now().astimezone(call.view.zone).utcoffset()
    return {
        "name": facts["name"],
        "description": facts["tagline"],
        "url": url,
        "home": url,
        "gmt_offset": int(offset.total_seconds() // 3600) if offset else 0,
        "timezone_string": facts["timezone"],
        "namespaces": ["wc/v3", "wp/v2"],
        "authentication": [],
        "_links": {},
    }
