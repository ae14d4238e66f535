"""inventoryAdjustQuantities: by a difference, at a location, once."""

from __future__ import annotations

from typing import Any

import pytest

from demo.shopify.store import ShopifyStore
from tests.demo.shopify.small_shop import ITEM, LOCATION, SECOND_LOCATION, Send

MUTATION = """
mutation ($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup {
      id reason referenceDocumentUri
      changes { name delta quantityAfterChange item { id sku } location { id name } }
    }
    userErrors { code field message }
  }
}
"""


def adjustment(delta: int = 2, **parts: Any) -> dict[str, Any]:
    change = {
        "delta": delta,
        "inventoryItemId": f"gid://shopify/InventoryItem/{ITEM}",
        "locationId": f"gid://shopify/Location/{LOCATION}",
        "changeFromQuantity": None,
    }
    top: dict[str, Any] = {
        name: parts.pop(name) for name in ("name", "reason", "referenceDocumentUri") if name in parts
    }
    return {"name": "available", "reason": "restock", "changes": [{**change, **parts}], **top}


def test_stock_moves_by_the_difference_and_keeps_the_reason(send: Send, store: ShopifyStore) -> None:
    wanted = adjustment(referenceDocumentUri="gid://helloword/Return/RMA-1")
    answer = send(MUTATION, input=wanted, key="a")["data"]["inventoryAdjustQuantities"]
    assert answer["userErrors"] == []
    group = answer["inventoryAdjustmentGroup"]
    assert (group["reason"], group["referenceDocumentUri"]) == ("restock", "gid://helloword/Return/RMA-1")
    assert group["changes"] == [
        {
            "name": "available",
            "delta": 2,
            "quantityAfterChange": 12,
            "item": {"id": f"gid://shopify/InventoryItem/{ITEM}", "sku": "DRESS-M"},
            "location": {"id": f"gid://shopify/Location/{LOCATION}", "name": "Warehouse"},
        }
    ]
    move = store.stock.moves(ITEM)[0]
    assert (move["delta"], move["after"], move["document"]) == (2, 12, "gid://helloword/Return/RMA-1")


def test_the_level_is_read_back_per_location(send: Send, store: ShopifyStore) -> None:
    store.stock.set(ITEM, SECOND_LOCATION, 3)
    send(MUTATION, input=adjustment(-4), key="a")
    query = """
    query ($id: ID!, $at: ID!) { inventoryItem(id: $id) {
      tracked inventoryLevel(locationId: $at) { quantities(names: ["available"]) { name quantity } }
      inventoryLevels(first: 5) { nodes { location { name } quantities(names: ["available"]) { quantity } } }
    } }
    """
    answer = send(query, id=f"gid://shopify/InventoryItem/{ITEM}", at=f"gid://shopify/Location/{LOCATION}")
    item = answer["data"]["inventoryItem"]
    assert item["inventoryLevel"]["quantities"] == [{"name": "available", "quantity": 6}]
    assert [
        (one["location"]["name"], one["quantities"][0]["quantity"]) for one in item["inventoryLevels"]["nodes"]
    ] == [
        ("Warehouse", 6),
        ("Outlet", 3),
    ]


REFUSALS: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"name": "on_hand"}, "INVALID_QUANTITY_NAME", ["input", "name"]),
    ({"reason": "because"}, "INVALID_REASON", ["input", "reason"]),
    ({"referenceDocumentUri": "RMA 1"}, "INVALID_REFERENCE_DOCUMENT", ["input", "referenceDocumentUri"]),
    (
        {"inventoryItemId": "gid://shopify/InventoryItem/9"},
        "INVALID_INVENTORY_ITEM",
        ["input", "changes", "0", "inventoryItemId"],
    ),
    ({"locationId": "gid://shopify/Location/9"}, "INVALID_LOCATION", ["input", "changes", "0", "locationId"]),
    (
        {"ledgerDocumentUri": "gid://a/b/c"},
        "INVALID_AVAILABLE_DOCUMENT",
        ["input", "changes", "0", "ledgerDocumentUri"],
    ),
    ({"changeFromQuantity": 9}, "CHANGE_FROM_QUANTITY_STALE", ["input", "changes", "0", "changeFromQuantity"]),
    ({"delta": 2_000_000_000}, "INVALID_QUANTITY_TOO_HIGH", ["input", "changes", "0", "delta"]),
]


@pytest.mark.parametrize(("parts", "code", "field"), REFUSALS, ids=[one[1] for one in REFUSALS])
def test_an_adjustment_that_cannot_be_is_refused_by_code_and_moves_nothing(
    send: Send, store: ShopifyStore, parts: dict[str, Any], code: str, field: list[str]
) -> None:
    answer = send(MUTATION, input=adjustment(**parts), key="a")["data"]["inventoryAdjustQuantities"]
    assert answer["inventoryAdjustmentGroup"] is None
    assert [(one["code"], one["field"]) for one in answer["userErrors"]] == [(code, field)]
    assert store.stock.levels(ITEM) == [{"item": ITEM, "location": LOCATION, "available": 10}]
    assert store.stock.moves(ITEM) == []


def test_one_bad_change_stops_the_good_one(send: Send, store: ShopifyStore) -> None:
    wanted = adjustment()
    wanted["changes"].append({**wanted["changes"][0], "locationId": "gid://shopify/Location/9"})
    answer = send(MUTATION, input=wanted, key="a")["data"]["inventoryAdjustQuantities"]
    assert answer["userErrors"][0]["code"] == "INVALID_LOCATION"
    assert store.stock.everywhere(ITEM) == 10


def test_change_from_quantity_must_be_said_even_when_it_is_null(send: Send, store: ShopifyStore) -> None:
    wanted = adjustment()
    del wanted["changes"][0]["changeFromQuantity"]
    answer = send(MUTATION, input=wanted, key="a")
    assert answer["data"] == {"inventoryAdjustQuantities": None}
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
    assert "changeFromQuantity" in answer["errors"][0]["message"]
    assert store.stock.everywhere(ITEM) == 10


def test_without_a_key_nothing_moves(send: Send, store: ShopifyStore) -> None:
    bare = MUTATION.replace("@idempotent(key: $key)", "").replace(", $key: String!", "")
    answer = send(bare, input=adjustment())
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert store.stock.everywhere(ITEM) == 10


def test_the_same_key_again_gives_the_same_answer_and_moves_nothing(send: Send, store: ShopifyStore) -> None:
    first = send(MUTATION, input=adjustment(), key="a")["data"]
    assert send(MUTATION, input=adjustment(), key="a")["data"] == first
    assert store.stock.everywhere(ITEM) == 12


def test_the_same_key_with_another_quantity_is_refused_by_code(send: Send, store: ShopifyStore) -> None:
    send(MUTATION, input=adjustment(), key="a")
    answer = send(MUTATION, input=adjustment(3), key="a")["data"]["inventoryAdjustQuantities"]
    assert answer["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    assert store.stock.everywhere(ITEM) == 12


def test_a_right_expectation_lets_the_change_through(send: Send, store: ShopifyStore) -> None:
    answer = send(MUTATION, input=adjustment(changeFromQuantity=10), key="a")["data"]["inventoryAdjustQuantities"]
    assert answer["userErrors"] == []
    assert store.stock.everywhere(ITEM) == 12
