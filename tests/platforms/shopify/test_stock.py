from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.core.inventory.ports import StockMoved, StockMovementOrder
from app.core.kit.errors import ProviderError
from tests.platforms.shopify.builders import Wire, connected

Node = dict[str, Any]

KEY = "0193a1b2-0000-7000-8000-000000000001"
MADE = datetime(2024, 12, 7, 15, 16, 57, 472000, tzinfo=UTC)  # the milliseconds since 1970 in KEY


class FrozenClock:
    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def now(self) -> datetime:
        return self._moment


def user_error(message: str, field: str = "refundCreate", **changes: Any) -> Node:
    return {field: {"refund": None, "userErrors": [{"field": None, "message": message, **changes}]}}


ITEM = "gid://shopify/InventoryItem/1"


def movement(**changes: Any) -> StockMovementOrder:
    values: dict[str, Any] = {
        "key": KEY,
        "stock_ref": ITEM,
        "product_ref": "gid://shopify/Product/7",
        "variant_ref": "gid://shopify/ProductVariant/1",
        "location_ref": "gid://shopify/Location/9",
        "quantity": 2,
        **changes,
    }
    return StockMovementOrder(**values)


def tracked(value: bool = True) -> Node:
    return {"inventoryItem": {"id": ITEM, "tracked": value}}


def adjusted() -> Node:
    change = {"name": "available", "delta": 2, "quantityAfterChange": 42}
    group = {"id": "gid://shopify/InventoryAdjustmentGroup/77", "changes": [change]}
    return {"inventoryAdjustQuantities": {"inventoryAdjustmentGroup": group, "userErrors": []}}


def test_units_go_back_by_a_difference_under_their_own_key() -> None:
    wire = Wire({"InventoryItem": tracked(), "InventoryAdjust": adjusted()})
    moved = connected(wire).move_stock(movement())
    assert moved == StockMoved(ref="gid://shopify/InventoryAdjustmentGroup/77", now_available=42)
    assert wire.sent[1] == (
        "InventoryAdjust",
        {
            "key": KEY,
            "input": {
                "name": "available",
                "reason": "restock",
                "referenceDocumentUri": f"gid://helloword/Return/{KEY}",
                "changes": [
                    {
                        "inventoryItemId": ITEM,
                        "locationId": "gid://shopify/Location/9",
                        "delta": 2,
                        "changeFromQuantity": None,
                    }
                ],
            },
        },
    )


def test_units_taken_out_are_a_correction() -> None:
    wire = Wire({"InventoryItem": tracked(), "InventoryAdjust": adjusted()})
    connected(wire).move_stock(movement(quantity=-1))
    wanted = wire.sent[1][1]["input"]
    assert (wanted["reason"], wanted["changes"][0]["delta"]) == ("correction", -1)


@pytest.mark.parametrize("reply", [tracked(value=False), {"inventoryItem": None}])
def test_an_article_that_the_store_does_not_count_is_not_moved(reply: Node) -> None:
    wire = Wire({"InventoryItem": reply})
    assert connected(wire).move_stock(movement()) == StockMoved(ref="", counted=False)
    assert wire.names == ["InventoryItem"]


def test_a_line_without_an_article_is_not_counted() -> None:
    wire = Wire({})
    assert connected(wire).move_stock(movement(stock_ref="")) == StockMoved(ref="", counted=False)
    assert wire.requests == []


def test_units_without_a_location_wait_for_the_merchant() -> None:
    wire = Wire({})
    with pytest.raises(ProviderError) as caught:
        connected(wire).move_stock(movement(location_ref=""))
    assert (caught.value.code, caught.value.retryable) == ("location_missing", False)
    assert wire.requests == []


@pytest.mark.parametrize(
    ("code", "retryable", "unknown"),
    [
        ("INVALID_LOCATION", False, False),
        ("NON_MUTABLE_INVENTORY_ITEM", False, False),
        ("SERVICE_UNAVAILABLE", True, False),
        ("IDEMPOTENCY_CONCURRENT_REQUEST", True, True),
        ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", False, False),
    ],
)
def test_a_refused_movement_says_whether_to_try_again(code: str, retryable: bool, unknown: bool) -> None:
    refusal = user_error("no", field="inventoryAdjustQuantities", code=code)
    with pytest.raises(ProviderError) as caught:
        connected(Wire({"InventoryItem": tracked(), "InventoryAdjust": refusal})).move_stock(movement())
    assert (caught.value.code, caught.value.retryable, caught.value.outcome_unknown) == (code, retryable, unknown)


def test_a_movement_of_the_last_hours_is_simply_repeated_under_its_key() -> None:
    wire = Wire({})
    assert connected(wire, FrozenClock(MADE + timedelta(hours=23))).find_movement(movement()) is None
    assert connected(wire, FrozenClock(MADE)).find_movement(movement(key="no-uuid")) is None
    assert wire.requests == []


def test_a_movement_that_shopify_has_forgotten_is_never_repeated_blindly() -> None:
    wire = Wire({})
    with pytest.raises(ProviderError) as caught:
        connected(wire, FrozenClock(MADE + timedelta(hours=23, seconds=1))).find_movement(movement())
    error = caught.value
    assert (error.code, error.retryable, error.outcome_unknown) == ("movement_not_certain", False, False)
    assert f"helloword/Return/{KEY}" in error.message
    assert wire.requests == []
