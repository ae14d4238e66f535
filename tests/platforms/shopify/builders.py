"""Shopify's replies as the wire has them, with good defaults, and a wire to send them over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

import httpx

from app.core.kit.clock import Clock
from app.core.merchants.ports import StoreConnection
from app.platforms.shopify.adapter import ShopifyPlatform, ShopifyStore

TOKEN = "shpat_0123456789abcdef"
SHOP = "acme.myshopify.com"
ORDER = "gid://shopify/Order/1001"
NO_MORE = {"hasNextPage": False, "endCursor": None}

Node = dict[str, Any]
Replies = Callable[[str, Node], Any]


def bag(amount: str, shop: str | None = None) -> Node:
    """A MoneyBag as our queries ask for it."""
    result: Node = {"presentmentMoney": {"amount": amount}}
    if shop is not None:
        result["shopMoney"] = {"amount": shop}
    return result


def tax(amount: str, title: str = "VAT", rate: float = 0.19) -> Node:
    return {"title": title, "rate": rate, "priceSet": bag(amount)}


def line(number: int = 1, total: str = "79.90", quantity: int = 1, **changes: Any) -> Node:
    """A line item; ``total`` is originalTotalSet."""
    unit = changes.pop("unit", total)
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "title": "Linen shirt",
        "variantTitle": "M / Sand",
        "sku": f"LS-{number}",
        "vendor": "Acme",
        "quantity": quantity,
        "currentQuantity": quantity,
        "requiresShipping": True,
        "isGiftCard": False,
        "originalUnitPriceSet": bag(unit),
        "originalTotalSet": bag(total),
        "discountAllocations": [],
        "taxLines": [],
        "duties": [],
        "image": {"url": "https://cdn.shopify.com/s/files/1/shirt.jpg"},
        "product": {"id": "gid://shopify/Product/7", "tags": ["Final Sale", "summer"], "productType": "Shirts"},
        "variant": {
            "id": f"gid://shopify/ProductVariant/{number}",
            "selectedOptions": [{"name": "Size", "value": "M"}, {"name": "Colour", "value": "Sand"}],
            "inventoryItem": {
                "id": f"gid://shopify/InventoryItem/{number}",
                "harmonizedSystemCode": "620520",
                "countryCodeOfOrigin": "CN",
                "measurement": {"weight": {"value": 0.35, "unit": "KILOGRAMS"}},
            },
        },
        **changes,
    }


def discounted(*amounts: str) -> list[Node]:
    return [{"allocatedAmountSet": bag(amount)} for amount in amounts]


def duty(number: int, amount: str, *taxes: str) -> Node:
    return {
        "id": f"gid://shopify/Duty/{number}",
        "harmonizedSystemCode": "610910",
        "countryCodeOfOrigin": "VN",
        "price": bag(amount),
        "taxLines": [{"priceSet": bag(one)} for one in taxes],
    }


def shipping(amount: str = "4.90", *taxes: Node) -> Node:
    return {
        "id": "gid://shopify/ShippingLine/1",
        "title": "DHL Paket",
        "discountedPriceSet": bag(amount),
        "taxLines": list(taxes),
    }


def transaction(number: int = 1, amount: str = "84.80", **changes: Any) -> Node:
    return {
        "id": f"gid://shopify/OrderTransaction/{number}",
        "kind": "SALE",
        "status": "SUCCESS",
        "gateway": "shopify_payments",
        "formattedGateway": "Shopify Payments",
        "manualPaymentGateway": False,
        "amountSet": bag(amount),
        "parentTransaction": None,
        "paymentDetails": {"__typename": "CardPaymentDetails"},
        **changes,
    }


def parcel(number: int, *units: tuple[int, int], **changes: Any) -> Node:
    """A fulfillment; ``units`` are (line number, quantity)."""
    return {
        "id": f"gid://shopify/Fulfillment/{number}",
        "status": "SUCCESS",
        "createdAt": "2026-10-02T08:00:00Z",
        "inTransitAt": None,
        "deliveredAt": None,
        "trackingInfo": [{"company": "DHL", "number": "JD0146"}],
        "fulfillmentLineItems": {"nodes": units_of(units), "pageInfo": NO_MORE},
        **changes,
    }


def units_of(units: Iterable[tuple[int, int]]) -> list[Node]:
    return [
        {"quantity": quantity, "lineItem": {"id": f"gid://shopify/LineItem/{number}"}} for number, quantity in units
    ]


def refund(number: int, amount: str, *units: tuple[int, int], **changes: Any) -> Node:
    status = changes.pop("status", "SUCCESS")
    manual = changes.pop("manual", False)
    moved = [
        {
            "id": f"gid://shopify/OrderTransaction/{900 + number}",
            "kind": "REFUND",
            "status": status,
            "gateway": "manual" if manual else "shopify_payments",
            "manualPaymentGateway": manual,
            "amountSet": bag(amount),
        }
    ]
    return {
        "id": f"gid://shopify/Refund/{number}",
        "note": None,
        "createdAt": "2026-10-20T10:00:00Z",
        "processedAt": "2026-10-20T10:00:00Z",
        "totalRefundedSet": bag(amount),
        "transactions": {"nodes": moved, "pageInfo": {"hasNextPage": False}},
        "refundShippingLines": {"nodes": []},
        "refundLineItems": {"nodes": units_of(units), "pageInfo": NO_MORE},
        **changes,
    }


def order(*lines: Node, **changes: Any) -> Node:
    """An order in euros; give ``totalPriceSet`` whenever lines or shipping are given."""
    found = list(lines) or [line(taxLines=[tax("12.76")])]
    ships = changes.pop("shipping", [shipping("4.90", tax("0.78"))])
    result: Node = {
        "id": ORDER,
        "name": "#1001",
        "email": "Ada@example.com",
        "createdAt": "2026-10-01T09:00:00Z",
        "processedAt": "2026-10-01T09:00:01Z",
        "updatedAt": "2026-10-05T12:30:00+02:00",
        "cancelledAt": None,
        "closedAt": None,
        "edited": False,
        "currencyCode": "EUR",
        "presentmentCurrencyCode": "EUR",
        "taxesIncluded": True,
        "dutiesIncluded": False,
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "FULFILLED",
        "customerLocale": "de-DE",
        "tags": ["VIP"],
        "customer": {"id": "gid://shopify/Customer/5"},
        "totalPriceSet": bag("84.80", "84.80"),
        "totalDiscountsSet": bag("0.00", "0.00"),
        "totalTipReceivedSet": bag("0.00"),
        "additionalFees": [],
        "shippingAddress": address(),
        "billingAddress": None,
        "shippingLines": {"nodes": ships, "pageInfo": NO_MORE},
        "transactionsCount": {"count": 1},
        "transactions": [transaction()],
        "fulfillmentsCount": {"count": 0},
        "fulfillments": [],
        "refunds": [],
        "lineItems": {"nodes": found, "pageInfo": NO_MORE},
        **changes,
    }
    return result


def address() -> Node:
    return {
        "name": "Ada Lovelace",
        "company": None,
        "address1": "Unter den Linden 1",
        "address2": None,
        "city": "Berlin",
        "provinceCode": None,
        "zip": "10117",
        "countryCodeV2": "DE",
        "phone": "+4930123",
    }


class Wire(httpx.BaseTransport):
    """Answers by operation name and keeps what was sent. A reply is the data, a whole Response, or an exception."""

    def __init__(self, replies: Replies | Mapping[str, Any]) -> None:
        self._replies = replies
        self.sent: list[tuple[str, Node]] = []
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        body = json.loads(request.content)
        name, variables = body["operationName"], body["variables"]
        self.sent.append((name, variables))
        if callable(self._replies):
            reply = self._replies(name, variables)
        else:
            reply = self._replies[name]
            if isinstance(reply, list):
                reply = reply.pop(0)
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, httpx.Response):
            return reply
        return httpx.Response(200, json={"data": reply})

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.sent]


def errors(*entries: Node, data: Any = None, cost: Node | None = None) -> httpx.Response:
    """HTTP 200 with GraphQL errors, as Shopify sends nearly all of its refusals."""
    reply: Node = {"errors": list(entries), "data": data}
    if cost is not None:
        reply["extensions"] = {"cost": cost}
    return httpx.Response(200, json=reply)


def throttled(asked: int, there: int, rate: int = 100) -> httpx.Response:
    cost = {
        "requestedQueryCost": asked,
        "actualQueryCost": None,
        "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": there, "restoreRate": rate},
    }
    return errors({"message": "Throttled", "extensions": {"code": "THROTTLED"}}, cost=cost)


def connection(url: str = f"https://{SHOP}", token: str = TOKEN) -> StoreConnection:
    return StoreConnection(UUID(int=1), url, {"access_token": token, "client_secret": "hush"})


def connected(wire: Wire, clock: Clock | None = None) -> ShopifyStore:
    platform = ShopifyPlatform("2026-10", transport=wire, sleep=wire.waits.append, clock=clock)
    return platform.connect(connection())
