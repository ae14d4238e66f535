"""The operations that the product sends: each is answered, with data and without errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse

from demo.shopify.paging import cursor_of
from demo.shopify.store import ShopifyStore
from tests.demo.shopify.small_shop import ITEM, LOCATION, Send, refund_input_of

QUERIES = Path(__file__).parents[3] / "app" / "platforms" / "shopify" / "queries"


def operations() -> dict[str, str]:
    """The product's documents, each with all fragments it may use."""
    fragments = [path.read_text(encoding="utf-8") for path in sorted((QUERIES / "fragments").glob("*.graphql"))]
    found = {}
    for path in sorted(QUERIES.glob("*.graphql")):
        text = path.read_text(encoding="utf-8")
        pending, wanted = [text], []
        while pending:
            for one in fragments:
                name = one.split("fragment ", 1)[1].split()[0]
                if f"...{name}" in pending[0] and one not in wanted:
                    wanted.append(one)
                    pending.append(one)
            pending.pop(0)
        found[path.stem] = "\n".join([text, *wanted])
    return found


OPERATIONS = operations()


def variables(document: str, order: dict[str, Any]) -> dict[str, Any]:
    """What an operation is sent with: ids of a living order with a parcel and a refund, by the field that asks."""
    operation = parse(document).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    root = operation.selection_set.selections[0]
    assert isinstance(root, FieldNode)
    change = {
        "delta": 1,
        "changeFromQuantity": None,
        "inventoryItemId": f"gid://shopify/InventoryItem/{ITEM}",
        "locationId": f"gid://shopify/Location/{LOCATION}",
    }
    by_field = {
        "order": f"gid://shopify/Order/{order['id']}",
        "fulfillment": f"gid://shopify/Fulfillment/{order['fulfillments'][0]['id']}",
        "refund": f"gid://shopify/Refund/{order['refunds'][0]['id']}",
        "inventoryItem": f"gid://shopify/InventoryItem/{ITEM}",
        "refundCreate": refund_input_of(order, units=1, amount=1),
        "inventoryAdjustQuantities": {"name": "available", "reason": "restock", "changes": [change]},
    }
    by_name = {
        "after": None,
        "first": 10,
        "key": "k",
        "lines": [f"gid://shopify/LineItem/{order['lineItems'][0]['id']}"],
        "search": f'name:"{order["name"]}"',
    }
    names = [one.variable.name.value for one in operation.variable_definitions or ()]
    optional = {
        one.variable.name.value for one in operation.variable_definitions or () if one.type.kind != "non_null_type"
    }
    given = {name: by_name[name] if name in by_name else by_field[root.name.value] for name in names}
    start = cursor_of(0)
    return {name: start if value is None and name not in optional else value for name, value in given.items()}


@pytest.mark.skipif(not OPERATIONS, reason="the product's operations are not here")
@pytest.mark.parametrize("name", sorted(OPERATIONS))
@pytest.mark.parametrize("version", ["2026-07", "2026-10"])
def test_every_operation_of_the_product_is_answered_here(
    send: Send, store: ShopifyStore, yen_order: dict[str, Any], name: str, version: str
) -> None:
    store.fulfil(yen_order)
    store.refund(yen_order, refund_input_of(yen_order, units=1, amount=2834))
    order = store.order(yen_order["id"])
    answer = send(OPERATIONS[name], version=version, **variables(OPERATIONS[name], order))
    assert "errors" not in answer
    assert all(value is not None for value in answer["data"].values())
    refused = [part["userErrors"] for part in answer["data"].values() if "userErrors" in part]
    assert all(one == [] for one in refused)
