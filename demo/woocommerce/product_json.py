"""Products and variations as wc/v3 prints them."""

from __future__ import annotations

from html import escape
from typing import Any
from urllib.parse import urlencode

from demo.woocommerce.orders import Document
from demo.woocommerce.wire import View

_NOT_ON_SALE = dict.fromkeys(
    (
        *("date_on_sale_from", "date_on_sale_from_gmt", "date_on_sale_to", "date_on_sale_to_gmt"),
        "low_stock_amount",
    )
)


def product_json(product: Document, view: View) -> Document:
    """One product; of a variable one ``variations`` are ids, and its own stock is not counted."""
    variable = product["type"] == "variable"
    price = view.amount(product["price"])
    return {
        "id": product["id"],
        "name": product["name"],
        "slug": product["slug"],
        "permalink": permalink(product, view),
        **view.dates(product, "created", "modified"),
        "type": product["type"],
        "status": product["status"],
        "featured": False,
        "catalog_visibility": "visible",
        "description": product["description"],
        "short_description": "",
        **_common(product, price, "" if variable else price),
        "total_sales": 0,
        "shipping_required": True,
        "shipping_taxable": True,
        "reviews_allowed": True,
        "average_rating": "0.00",
        "rating_count": 0,
        "upsell_ids": [],
        "cross_sell_ids": [],
        "parent_id": 0,
        "purchase_note": "",
        "categories": [product["category"]],
        "brands": [],
        "tags": product["tags"],
        "images": [_image(one, product, view) for one in product["images"]],
        "attributes": [
            {
                "id": one["id"],
                "name": one["name"],
                "slug": one["slug"],
                "position": 0,
                "visible": True,
                "variation": True,
                "options": one["options"],
            }
            for one in product["attributes"]
        ],
        "default_attributes": [],
        "variations": product["variations"],
        "grouped_products": [],
        "menu_order": 0,
        "price_html": _price_html(price),
        "related_ids": [],
        "has_options": variable,
        "post_password": "",
        "external_url": "",
        "button_text": "",
        "sold_individually": False,
        "_links": view.links(f"products/{product['id']}"),
    }


def permalink(product: Document, view: View) -> str:
    """The product's page in the store."""
    return f"{view.url}/product/{product['slug']}/"


def _common(article: Document, price: str, regular: str) -> Document:
    """What a product and a variation have alike."""
    counted = article["manage_stock"] is True
    return {
        "sku": article["sku"],
        "global_unique_id": article["global_unique_id"],
        "price": price,
        "regular_price": regular,
        "sale_price": "",
        **_NOT_ON_SALE,
        "on_sale": False,
        "purchasable": True,
        "virtual": False,
        "downloadable": False,
        "downloads": [],
        "download_limit": -1,
        "download_expiry": -1,
        "tax_status": "taxable",
        "tax_class": "",
        "manage_stock": article["manage_stock"],
        "stock_quantity": article["stock_quantity"] if counted else None,
        "stock_status": "outofstock" if counted and article["stock_quantity"] <= 0 else "instock",
        "backorders": "no",
        "backorders_allowed": False,
        "backordered": False,
        "weight": article["weight"],
        "dimensions": {"length": "", "width": "", "height": ""},
        "shipping_class": "",
        "shipping_class_id": 0,
        "meta_data": article["meta_data"],
    }


def variation_json(variation: Document, product: Document, view: View) -> Document:
    """One variation of ``product``."""
    price, path = view.amount(variation["price"]), f"products/{product['id']}"
    chosen = {f"attribute_{one['slug']}": one["slug_value"] for one in variation["attributes"]}
    picture = variation["image"]
    return {
        "id": variation["id"],
        "type": "variation",
        **view.dates(variation, "created", "modified"),
        "description": "",
        "permalink": f"{permalink(product, view)}?{urlencode(chosen)}",
        **_common(variation, price, price),
        "status": variation["status"],
        "image": _image(picture, variation, view) if picture else None,
        "gallery_image_ids": [],
        "attributes": [
            {"id": one["id"], "name": one["name"], "slug": one["slug"], "option": one["option"]}
            for one in variation["attributes"]
        ],
        "menu_order": 0,
        "name": variation["name"],
        "parent_id": product["id"],
        "_links": view.links(f"{path}/variations/{variation['id']}") | {"up": view.up(path)},
    }


def _image(picture: Document, owner: Document, view: View) -> dict[str, Any]:
    name = picture["path"].rpartition("/")[2]
    dates = view.dates({"created": owner["created"], "modified": owner["created"]}, "created", "modified")
    return {"id": picture["id"], **dates, "src": view.url + picture["path"], "name": name, "alt": picture["alt"]}


def _price_html(price: str) -> str:
    symbol = '<span class="woocommerce-Price-currencySymbol" translate="no">&euro;</span>'
    return f'<span class="woocommerce-Price-amount amount"><bdi>{symbol}{escape(price)}</bdi></span>'
