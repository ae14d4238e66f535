"""Webhook bodies, built from the store's own documents in Shopify's REST shape.

Snake case, ids as bare numbers beside ``admin_graphql_api_id``, amounts as text in the shop's currency with a ``_set``
beside them, times with the shop's own offset.
"""

from __future__ import annotations

from demo.shopify import orders
from demo.shopify.gids import gid
from demo.shopify.money import Bag
from demo.shopify.orders import Document
from demo.shopify.webhook_parts import Parts

_FINANCIAL = {
    "PAID": "paid",
    "PENDING": "pending",
    "PARTIALLY_REFUNDED": "partially_refunded",
    "REFUNDED": "refunded",
    "PARTIALLY_PAID": "partially_paid",
}
_FULFILLMENT = {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial", "UNFULFILLED": None}


class Payloads(Parts):
    """Bodies for one shop, by topic."""

    # --- orders ----------------------------------------------------------------------------------------------------

    def order(self, order: Document) -> Document:
        """orders/create, orders/updated."""
        zero = orders.nothing(order)
        total, tax, discounts = orders.order_total(order), orders.tax_total(order), orders.discounts_total(order)
        outstanding = total - orders.received(order)
        codes = {one["code"]: Bag.read(one["allocatedAmountSet"]) for one in self._allocations(order) if one["code"]}
        duties = orders.duties_total(order).rest() if orders.has_duties(order) else None
        current = total - orders.refunded(order)
        lines_price = orders.total((orders.line_original(line) for line in order["lineItems"]), zero)
        body: Document = {
            "id": order["id"],
            "admin_graphql_api_id": gid("Order", order["id"]),
            "app_id": 580111,
            "browser_ip": None,
            "buyer_accepts_marketing": False,
            "cancel_reason": order["cancelReason"].lower() if order["cancelReason"] else None,
            "cancelled_at": self.time(order["cancelledAt"]),
            "cart_token": None,
            "checkout_token": None,
            "client_details": None,
            "closed_at": self.time(order["closedAt"]),
            "confirmation_number": f"HW{order['number']}",
            "confirmed": True,
            "contact_email": order["email"],
            "created_at": self.time(order["createdAt"]),
            "currency": order["currencyCode"],
            "customer_locale": order["customerLocale"],
            "device_id": None,
            "discount_codes": [
                {"code": code, "amount": amount.rest_shop(), "type": "percentage"} for code, amount in codes.items()
            ],
            "duties_included": order["dutiesIncluded"],
            "email": order["email"],
            "estimated_taxes": False,
            "financial_status": _FINANCIAL[orders.financial_status(order)],
            "fulfillment_status": _FULFILLMENT[orders.fulfillment_status(order)],
            "landing_site": "/",
            "landing_site_ref": None,
            "location_id": None,
            "merchant_business_entity_id": "MTU0ODM4MDAwOQ",
            "merchant_of_record_app_id": None,
            "name": order["name"],
            "note": order["note"],
            "note_attributes": [],
            "number": order["number"],
            "order_number": order["number"],
            "order_status_url": f"https://{self._shop['myshopifyDomain']}/orders/{order['id']}",
            "original_total_additional_fees_set": None,
            "original_total_duties_set": duties,
            "payment_gateway_names": list(dict.fromkeys(one["gateway"] for one in order["transactions"])),
            "phone": order["phone"],
            "po_number": None,
            "presentment_currency": order["presentmentCurrencyCode"],
            "processed_at": self.time(order["processedAt"]),
            "reference": None,
            "referring_site": None,
            "source_identifier": None,
            "source_name": "web",
            "source_url": None,
            "tags": ", ".join(order["tags"]),
            "tax_exempt": False,
            "tax_lines": [self.tax(one) for one in orders.tax_summary(order)],
            "taxes_included": order["taxesIncluded"],
            "test": order["test"],
            "token": f"{order['id']:x}",
            "total_cash_rounding_payment_adjustment_set": zero.rest(),
            "total_cash_rounding_refund_adjustment_set": zero.rest(),
            "total_tip_received": zero.rest_shop(),
            "total_weight": sum(self.grams(line) * line["quantity"] for line in order["lineItems"]),
            "updated_at": self.time(order["updatedAt"]),
            "user_id": None,
            "billing_address": self.address(order["billingAddress"]),
            "customer": self._customer(order),
            "discount_applications": [],
            "fulfillments": [self.fulfillment(order, one) for one in order["fulfillments"]],
            "line_items": [self.line(order, line) for line in order["lineItems"]],
            "payment_terms": None,
            "refunds": [self.refund(order, one) for one in order["refunds"]],
            "shipping_address": self.address(order["shippingAddress"]),
            "shipping_lines": [self.shipping(one) for one in order["shippingLines"]],
            "returns": [],
            "line_item_groups": [],
            "current_total_duties_set": duties,
            "current_total_additional_fees_set": None,
            "current_shipping_price_set": (orders.shipping_total(order) - orders.shipping_refunded(order)).rest(),
            "total_shipping_price_set": orders.shipping_total(order).rest(),
            "total_outstanding": outstanding.rest_shop(),
        }
        for name, bag in {
            "subtotal_price": orders.subtotal(order),
            "total_price": total,
            "total_tax": tax,
            "total_discounts": discounts,
            "total_line_items_price": lines_price,
            "current_subtotal_price": orders.current_subtotal(order),
            "current_total_price": current,
            "current_total_tax": orders.current_tax(order),
            "current_total_discounts": discounts,
        }.items():
            body[name] = bag.rest_shop()
            body[f"{name}_set"] = bag.rest()
        return body

    def _allocations(self, order: Document) -> list[Document]:
        return [one for part in [*order["lineItems"], *order["shippingLines"]] for one in part["discountAllocations"]]

    def _customer(self, order: Document) -> Document | None:
        number = order.get("customerId")
        address = order["shippingAddress"]
        if not number or address is None:
            return None
        return {
            "id": number,
            "created_at": self.time(order["createdAt"]),
            "updated_at": self.time(order["updatedAt"]),
            "first_name": address["firstName"],
            "last_name": address["lastName"],
            "state": "disabled",
            "note": None,
            "verified_email": True,
            "multipass_identifier": None,
            "tax_exempt": False,
            "email": order["email"],
            "phone": None,
            "currency": order["presentmentCurrencyCode"],
            "tax_exemptions": [],
            "admin_graphql_api_id": gid("Customer", number),
            "default_address": {
                **(self.address(address) or {}),
                "id": address["id"],
                "customer_id": number,
                "country_name": address["country"],
                "default": True,
            },
        }

    # --- fulfilments, refunds --------------------------------------------------------------------------------------

    def fulfillment(self, order: Document, one: Document) -> Document:
        """fulfillments/create, fulfillments/update."""
        tracking = one["trackingInfo"][0] if one["trackingInfo"] else {"company": None, "number": None, "url": None}
        lines = []
        for part in one["lines"]:
            line = orders.find(order["lineItems"], part["lineItemId"])
            assert line is not None
            lines.append({**self.line(order, line), "quantity": part["quantity"]})
        return {
            "id": one["id"],
            "order_id": order["id"],
            "status": "success" if one["status"] == "SUCCESS" else "cancelled",
            "created_at": self.time(one["createdAt"]),
            "service": "manual",
            "updated_at": self.time(one["updatedAt"]),
            "tracking_company": tracking["company"],
            "shipment_status": "delivered" if one["deliveredAt"] else "in_transit" if one["inTransitAt"] else None,
            "location_id": one["locationId"],
            "origin_address": None,
            "email": order["email"],
            "destination": self.address(order["shippingAddress"]),
            "line_items": lines,
            "tracking_number": tracking["number"],
            "tracking_numbers": [tracking["number"]] if tracking["number"] else [],
            "tracking_url": tracking["url"],
            "tracking_urls": [tracking["url"]] if tracking["url"] else [],
            "receipt": {},
            "name": one["name"],
            "admin_graphql_api_id": gid("Fulfillment", one["id"]),
        }

    def refund(self, order: Document, refund: Document) -> Document:
        """refunds/create."""
        zero = orders.nothing(order)
        own = [one for one in order["transactions"] if one["id"] in refund["transactionIds"]]
        duties = orders.total((Bag.read(one["amountSet"]) for one in refund["duties"]), zero)
        return {
            "id": refund["id"],
            "order_id": order["id"],
            "created_at": self.time(refund["createdAt"]),
            "note": refund["note"],
            "user_id": None,
            "processed_at": self.time(refund["processedAt"]),
            "duties": [
                {"duty_id": one["dutyId"], "amount_set": Bag.read(one["amountSet"]).rest()} for one in refund["duties"]
            ],
            "total_duties_set": duties.rest(),
            "return": None,
            "refund_shipping_lines": [self._refund_shipping(order, refund, one) for one in refund["shipping"]],
            "restock": any(one["restocked"] for one in refund["lines"]),
            "admin_graphql_api_id": gid("Refund", refund["id"]),
            "order_adjustments": [self._adjustment(order, refund, one) for one in refund["adjustments"]],
            "refund_line_items": [self._refund_line(order, one) for one in refund["lines"]],
            "transactions": [self._transaction(order, one) for one in own],
        }

    def _refund_shipping(self, order: Document, refund: Document, part: Document) -> Document:
        line = orders.find(order["shippingLines"], part["shippingLineId"])
        return {
            "id": part["id"],
            "shipping_line": self.shipping(line) if line else None,
            "subtotal_amount_set": Bag.read(part["subtotalSet"]).rest(),
            "transaction_group_id": refund["id"],
        }

    def _adjustment(self, order: Document, refund: Document, part: Document) -> Document:
        amount, tax = Bag.read(part["amountSet"]), Bag.read(part["taxAmountSet"])
        return {
            "id": part["id"],
            "order_id": order["id"],
            "refund_id": refund["id"],
            "amount": amount.rest_shop(),
            "amount_set": amount.rest(),
            "tax_amount": tax.rest_shop(),
            "tax_amount_set": tax.rest(),
            "kind": "refund_discrepancy",
            "reason": part["reason"].replace("_", " ").capitalize(),
        }

    def _refund_line(self, order: Document, part: Document) -> Document:
        line = orders.find(order["lineItems"], part["lineItemId"])
        assert line is not None
        subtotal, tax = Bag.read(part["subtotalSet"]), Bag.read(part["totalTaxSet"])
        return {
            "id": part["id"],
            "quantity": part["quantity"],
            "line_item_id": part["lineItemId"],
            "location_id": part["locationId"],
            "restock_type": part["restockType"].lower(),
            # floats, as on the real thing: only the sets are exact
            "subtotal": float(subtotal.rest_shop()),
            "total_tax": float(tax.rest_shop()),
            "subtotal_set": subtotal.rest(),
            "total_tax_set": tax.rest(),
            "line_item": self.line(order, line),
        }

    def _transaction(self, order: Document, one: Document) -> Document:
        amount = Bag.read(one["amountSet"])
        unsettled = {"amount": "0.0", "currency": "XXX"}
        return {
            "id": one["id"],
            "order_id": order["id"],
            "kind": one["kind"].lower(),
            "gateway": one["gateway"],
            "status": one["status"].lower(),
            "message": "Refunded" if one["kind"] == "REFUND" else None,
            "created_at": self.time(one["createdAt"]),
            "test": one["test"],
            "authorization": None,
            "location_id": None,
            "user_id": None,
            "parent_id": one["parentId"],
            "processed_at": self.time(one["processedAt"]),
            "device_id": None,
            "error_code": None,
            "source_name": "web",
            "receipt": {},
            # transactions are in the currency that was charged, unlike everything else here
            "amount": amount.rest()["presentment_money"]["amount"],
            "currency": amount.presentment_currency,
            "payment_id": f"{order['name']}.{one['id'] % 100}",
            "total_unsettled_set": {"presentment_money": unsettled, "shop_money": unsettled},
            "manual_payment_gateway": one["manualPaymentGateway"],
            "amount_rounding": None,
            "admin_graphql_api_id": gid("OrderTransaction", one["id"]),
        }

    # --- the app ---------------------------------------------------------------------------------------------------

    def shop(self) -> Document:
        """app/uninstalled: the shop itself."""
        shop, address = self._shop, self._shop["shopAddress"]
        currency = shop["currencyCode"]
        formats = f"{{{{amount}}}} {currency}"
        return {
            "id": shop["id"],
            "name": shop["name"],
            "email": shop["email"],
            "domain": shop["myshopifyDomain"],
            "province": address["province"],
            "country": address["countryCodeV2"],
            "address1": address["address1"],
            "zip": address["zip"],
            "city": address["city"],
            "source": None,
            "phone": address["phone"],
            "latitude": None,
            "longitude": None,
            "primary_locale": shop["primaryDomain"]["localization"]["defaultLocale"],
            "address2": address["address2"],
            "created_at": None,
            "updated_at": None,
            "country_code": address["countryCodeV2"],
            "country_name": address["country"],
            "currency": currency,
            "customer_email": shop["email"],
            "timezone": shop["ianaTimezone"],
            "iana_timezone": shop["ianaTimezone"],
            "shop_owner": "Demo Owner",
            "money_format": "{{amount}}",
            "money_with_currency_format": formats,
            "weight_unit": "kg",
            "province_code": address["provinceCode"],
            "taxes_included": shop["taxesIncluded"],
            "auto_configure_tax_inclusivity": None,
            "tax_shipping": None,
            "county_taxes": None,
            "plan_display_name": "Shopify Plus",
            "plan_name": "shopify_plus",
            "has_discounts": True,
            "has_gift_cards": False,
            "myshopify_domain": shop["myshopifyDomain"],
            "google_apps_domain": None,
            "google_apps_login_enabled": None,
            "money_in_emails_format": "{{amount}}",
            "money_with_currency_in_emails_format": formats,
            "eligible_for_payments": True,
            "requires_extra_payments_agreement": False,
            "password_enabled": None,
            "has_storefront": True,
            "finances": True,
            "primary_location_id": shop["primaryLocationId"],
            "checkout_api_supported": True,
            "multi_location_enabled": True,
            "setup_required": False,
            "pre_launch_enabled": False,
            "enabled_presentment_currencies": shop["enabledPresentmentCurrencies"],
            "marketing_sms_consent_enabled_at_checkout": False,
            "transactional_sms_disabled": False,
        }
