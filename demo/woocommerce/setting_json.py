"""Coupons, webhooks, payment gateways and the store's settings as wc/v3 prints them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.woocommerce.order_json import VERSION
from demo.woocommerce.orders import Document
from demo.woocommerce.wire import View

WORDPRESS = "7.0.4"
GATEWAYS: Mapping[str, tuple[str, bool]] = {
    "bacs": ("Direct bank transfer", False),
    "cheque": ("Check payments", False),
    "cod": ("Cash on delivery", False),
    "stripe": ("Credit card", True),
    "ppcp-gateway": ("PayPal", True),
}
"""By id: the title, and whether it can send money back by itself."""


def new_coupon(number: int, code: str, at: str) -> Document:
    """A coupon document with WooCommerce's own defaults."""
    return {
        "id": number,
        "code": code,
        "status": "publish",
        "created": at,
        "modified": at,
        "discount_type": "fixed_cart",
        "amount": "0",
        "description": "",
        "expires": None,
        "usage_count": 0,
        "individual_use": False,
        "usage_limit": None,
        "usage_limit_per_user": None,
        "free_shipping": False,
        "exclude_sale_items": False,
        "minimum_amount": "0",
        "maximum_amount": "0",
        "email_restrictions": [],
        "used_by": [],
        "meta_data": [],
    }


def coupon_json(coupon: Document, view: View) -> Document:
    """One coupon."""
    return {
        "id": coupon["id"],
        "code": coupon["code"],
        "amount": view.amount(coupon["amount"]),
        "status": coupon["status"],
        **view.dates(coupon, "created", "modified"),
        "discount_type": coupon["discount_type"],
        "description": coupon["description"],
        **view.dates(coupon, "expires"),
        "usage_count": coupon["usage_count"],
        "individual_use": coupon["individual_use"],
        "product_ids": [],
        "excluded_product_ids": [],
        "usage_limit": coupon["usage_limit"],
        "usage_limit_per_user": coupon["usage_limit_per_user"],
        "limit_usage_to_x_items": None,
        "free_shipping": coupon["free_shipping"],
        "product_categories": [],
        "excluded_product_categories": [],
        "exclude_sale_items": coupon["exclude_sale_items"],
        "minimum_amount": view.amount(coupon["minimum_amount"]),
        "maximum_amount": view.amount(coupon["maximum_amount"]),
        "email_restrictions": coupon["email_restrictions"],
        "used_by": coupon["used_by"],
        "meta_data": coupon["meta_data"],
        "_links": view.links(f"coupons/{coupon['id']}"),
    }


def webhook_json(webhook: Document, hooks: list[str], view: View) -> Document:
    """One webhook; its secret is never told."""
    resource, _, event = webhook["topic"].partition(".")
    changed = webhook["modified"] if webhook["modified"] != webhook["created"] else None
    return {
        "id": webhook["id"],
        "name": webhook["name"],
        "status": webhook["status"],
        "topic": webhook["topic"],
        "resource": resource,
        "event": event,
        "hooks": hooks,
        "delivery_url": webhook["delivery_url"],
        **view.dates(webhook, "created"),
        **view.dates({"modified": changed}, "modified"),
        "_links": view.links(f"webhooks/{webhook['id']}"),
    }


def gateway_json(name: str, view: View) -> Document:
    """One payment gateway; ``method_supports`` says whether it refunds by itself. Raises LookupError."""
    title, refunds = GATEWAYS[name]
    return {
        "id": name,
        "title": title,
        "description": "",
        "order": list(GATEWAYS).index(name),
        "enabled": True,
        "method_title": title,
        "method_description": "",
        "method_supports": ["products", "refunds"] if refunds else ["products"],
        "settings": {},
        "_links": view.links(f"payment_gateways/{name}"),
    }


def settings_json(group: str, facts: Mapping[str, Any], view: View) -> list[Document]:
    """The settings of a group (general, email); empty for one that this store has not."""
    place = facts["address"]
    known: dict[str, dict[str, tuple[str, str]]] = {
        "general": {
            "woocommerce_store_address": ("Address line 1", place["line1"]),
            "woocommerce_store_address_2": ("Address line 2", ""),
            "woocommerce_store_city": ("City", place["city"]),
            "woocommerce_default_country": ("Country / State", place["country_state"]),
            "woocommerce_store_postcode": ("Postcode / ZIP", place["postcode"]),
            "woocommerce_calc_taxes": ("Enable taxes", "yes"),
            "woocommerce_enable_coupons": ("Enable coupons", "yes"),
            "woocommerce_currency": ("Currency", facts["currency"]),
            "woocommerce_currency_pos": ("Currency position", "left"),
            "woocommerce_price_thousand_sep": ("Thousand separator", ","),
            "woocommerce_price_decimal_sep": ("Decimal separator", "."),
            "woocommerce_price_num_decimals": ("Number of decimals", "2"),
        },
        "email": {
            "woocommerce_email_from_name": ('"From" name', facts["name"]),
            "woocommerce_email_from_address": ('"From" address', facts["email"]),
        },
    }
    return [
        {
            "id": name,
            "label": label,
            "description": "",
            "type": "text",
            "default": "",
            "tip": "",
            "value": value,
            "_links": view.links(f"settings/{group}/{name}", own=("GET", "POST", "PUT", "PATCH")),
        }
        for name, (label, value) in known.get(group, {}).items()
    ]


def system_status_json(facts: Mapping[str, Any], view: View) -> Document:
    """What the store says of its machine and settings."""
    return {
        "environment": {
            "home_url": view.url,
            "site_url": view.url,
            "store_id": facts["store_id"],
            "version": VERSION,
            "wp_version": WORDPRESS,
            "wp_multisite": False,
            "wp_debug_mode": False,
            "wp_cron": True,
            "wp_environment_type": "production",
            "language": facts["locale"],
            "server_info": "nginx/1.22.1",
            "php_version": "8.2.36",
            "default_timezone": "UTC",
        },
        "settings": {
            "api_enabled": False,
            "force_ssl": False,
            "currency": facts["currency"],
            "currency_symbol": "&euro;",
            "currency_position": "left",
            "thousand_separator": ",",
            "decimal_separator": ".",
            "number_of_decimals": 2,
            "geolocation_enabled": False,
            "HPOS_enabled": True,
            "HPOS_sync_enabled": False,
        },
        "theme": {"name": "Storefront", "version": "4.6.2", "is_child_theme": False, "is_block_theme": False},
    }
