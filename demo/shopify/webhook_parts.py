"""Parts that several webhook bodies share: lines, taxes, discounts, duties, shipping, addresses, times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from demo.shopify import orders
from demo.shopify.gids import gid
from demo.shopify.money import Bag
from demo.shopify.orders import Document
from demo.shopify.state import instant


class Parts:
    """Bodies of parts for one shop. ``variant_of`` looks a variant document up by id."""

    def __init__(self, zone: tzinfo, shop: Document, variant_of: Callable[[int], Document | None]) -> None:
        self._zone = zone
        self._shop = shop
        self._variant_of = variant_of

    def time(self, text: str | None) -> str | None:
        """An instant with the shop's own offset."""
        return instant(text).astimezone(self._zone).isoformat(timespec="seconds") if text else None

    def tax(self, tax: Document) -> Document:
        """One tax line."""
        bag = Bag.read(tax["priceSet"])
        return {
            "title": tax["title"],
            "rate": float(tax["rate"]) if tax["rate"] is not None else None,
            "price": bag.rest_shop(),
            "price_set": bag.rest(),
            "channel_liable": False,
        }

    def discounts(self, part: Document) -> list[Document]:
        """What discounts took off a line."""
        bags = [Bag.read(one["allocatedAmountSet"]) for one in part["discountAllocations"]]
        return [
            {"amount": bag.rest_shop(), "amount_set": bag.rest(), "discount_application_index": index}
            for index, bag in enumerate(bags)
        ]

    def grams(self, line: Document) -> int:
        """Weight of one unit."""
        variant = self._variant_of(line["variantId"]) if line.get("variantId") else None
        weight = (variant or {}).get("inventoryItem", {}).get("weight")
        return int(weight["value"]) if weight else 0

    def line(self, order: Document, line: Document) -> Document:
        """One order line."""
        price = Bag.read(line["originalUnitPriceSet"])
        discount = orders.discount(line, price)
        gone = orders.fulfilled_quantity(order, line["id"])
        left = orders.refundable_quantity(order, line)
        return {
            "id": line["id"],
            "admin_graphql_api_id": gid("LineItem", line["id"]),
            "attributed_staffs": [],
            "current_quantity": left,
            "fulfillable_quantity": max(0, left - gone),
            "fulfillment_service": "manual",
            "fulfillment_status": "fulfilled" if gone >= line["quantity"] else None,
            "gift_card": line["isGiftCard"],
            "grams": self.grams(line),
            "name": line["name"],
            "price": price.rest_shop(),
            "price_set": price.rest(),
            "product_exists": True,
            "product_id": line["productId"],
            "properties": [],
            "quantity": line["quantity"],
            "requires_shipping": line["requiresShipping"],
            "sales_line_item_group_id": None,
            "sku": line["sku"],
            "taxable": line["taxable"],
            "title": line["title"],
            # line-level discounts are only in discount_allocations, as on the real thing
            "total_discount": discount.zero().rest_shop(),
            "total_discount_set": discount.zero().rest(),
            "variant_id": line["variantId"],
            "variant_inventory_management": "shopify",
            "variant_title": line["variantTitle"],
            "vendor": line["vendor"],
            "tax_lines": [self.tax(one) for one in line["taxLines"]],
            "duties": [self.duty(one) for one in line["duties"]],
            "discount_allocations": self.discounts(line),
        }

    def duty(self, duty: Document) -> Document:
        """Duty on a line."""
        bag = Bag.read(duty["price"])
        return {
            "id": duty["id"],
            "harmonized_system_code": duty["harmonizedSystemCode"],
            "country_code_of_origin": duty["countryCodeOfOrigin"],
            "price_set": bag.rest(),
            "tax_lines": [self.tax(one) for one in duty["taxLines"]],
            "admin_graphql_api_id": gid("Duty", duty["id"]),
        }

    def shipping(self, line: Document) -> Document:
        """One shipping line."""
        price, discounted = Bag.read(line["originalPriceSet"]), orders.shipping_price(line)
        return {
            "id": line["id"],
            "carrier_identifier": None,
            "code": line["code"],
            "current_discounted_price_set": discounted.rest(),
            "discounted_price": discounted.rest_shop(),
            "discounted_price_set": discounted.rest(),
            "is_removed": False,
            "phone": None,
            "price": price.rest_shop(),
            "price_set": price.rest(),
            "requested_fulfillment_service_id": None,
            "source": "shopify",
            "title": line["title"],
            "tax_lines": [self.tax(one) for one in line["taxLines"]],
            "discount_allocations": self.discounts(line),
        }

    def address(self, address: Document | None) -> Document | None:
        """A postal address."""
        if address is None:
            return None
        return {
            "first_name": address["firstName"],
            "address1": address["address1"],
            "phone": address["phone"],
            "city": address["city"],
            "zip": address["zip"],
            "province": address["province"],
            "country": address["country"],
            "last_name": address["lastName"],
            "address2": address["address2"],
            "company": address["company"],
            "latitude": None,
            "longitude": None,
            "name": address["name"],
            "country_code": address["countryCodeV2"],
            "province_code": address["provinceCode"],
        }
