"""Which access scopes a field needs, and the refusal when the token has none of them.

As Shopify's own ``requiredAccess`` has it, cut down to this schema; a write scope includes the read scope.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, default_field_resolver, get_named_type

EVERYTHING = (
    "read_customers",
    "read_locations",
    "read_products",
    "write_app_proxy",
    "write_inventory",
    "write_orders",
    "write_returns",
)

TYPE_SCOPES: dict[str, tuple[str, ...]] = {
    "Order": ("read_orders",),
    "Refund": ("read_orders",),
    "OrderTransaction": ("read_orders",),
    "Fulfillment": ("read_orders",),
    "Customer": ("read_customers",),
    "Product": ("read_products",),
    "ProductVariant": ("read_products",),
    "InventoryItem": ("read_inventory", "read_products"),
    "InventoryLevel": ("read_inventory",),
    "Location": ("read_locations", "read_inventory"),
}
MUTATION_SCOPES: dict[str, tuple[str, ...]] = {
    "refundCreate": ("write_orders",),
    "inventoryAdjustQuantities": ("write_inventory",),
}


def allows(granted: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether any wanted scope is granted."""
    held = set(granted)
    held |= {scope.replace("write_", "read_", 1) for scope in held if scope.startswith("write_")}
    return any(scope in held for scope in wanted)


def guard(schema: GraphQLSchema) -> None:
    """Wrap every field that gives a protected type, so that it is refused without its scope."""
    for kind in schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType) or kind.name.startswith("__"):
            continue
        for name, field in kind.fields.items():
            given = get_named_type(field.type).name.removesuffix("Connection")
            wanted = MUTATION_SCOPES.get(name) if kind.name == "Mutation" else TYPE_SCOPES.get(given)
            if wanted:
                field.resolve = _guarded(field.resolve or default_field_resolver, name, wanted)


def _guarded(resolve: Any, name: str, wanted: tuple[str, ...]) -> Any:
    def answer(source: Any, info: Any, **arguments: Any) -> Any:
        if not allows(info.context["scopes"], wanted):
            needs = " or ".join(f"`{scope}`" for scope in wanted) + " access scope."
            message = f"Access denied for {name} field. Required access: {needs}"
            raise GraphQLError(message, extensions={"code": "ACCESS_DENIED", "requiredAccess": needs})
        return resolve(source, info, **arguments)

    return answer
