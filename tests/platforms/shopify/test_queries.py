from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
    get_named_type,
    get_nullable_type,
    is_list_type,
    parse,
    validate,
)

from app.platforms.shopify.client import QUERIES, operation
from app.platforms.shopify.install import SCOPES
from tests.platforms.shopify import builders

NAMES = sorted(path.stem for path in QUERIES.glob("*.graphql"))

# Points by the documented rule at its strictest: an object 1, a page or a list with ``first`` as many times its
# contents, a list without it once. Live stores report far less (pages are weighed by their logarithm). 1000 is the
# most that one query may cost.
COSTS = {
    "fulfillment_lines": 202,
    "inventory_adjust": 4,
    "inventory_item": 1,
    "order": 672,
    "order_fulfillments": 501,
    "order_lines": 722,
    "order_refunds": 251,
    "order_shipping": 302,
    "order_transactions": 751,
    "orders_by_name": 11,
    "orders_changed": 11,
    "refund": 62,
    "refund_create": 64,
    "refund_lines": 202,
    "refund_terms": 3,  # and 2 for every further line it is asked about
    "shop": 7,
}


class Walk:
    """The fields of one operation, fragments opened, with the type each stands on."""

    def __init__(self, schema: GraphQLSchema, name: str) -> None:
        document = parse(operation(name).document)
        self.schema = schema
        self.fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
        (self.operation,) = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
        root = schema.get_root_type(self.operation.operation)
        assert root is not None
        self.root: GraphQLNamedType = root

    def fields(
        self, selection: SelectionSetNode, on: GraphQLNamedType
    ) -> Iterator[tuple[FieldNode, GraphQLObjectType]]:
        for node in selection.selections:
            if isinstance(node, FieldNode):
                if not node.name.value.startswith("__"):
                    assert isinstance(on, GraphQLObjectType)
                    yield node, on
            elif isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                yield from self.fields(fragment.selection_set, self.named(fragment.type_condition.name.value))
            elif isinstance(node, InlineFragmentNode):
                assert node.type_condition is not None
                yield from self.fields(node.selection_set, self.named(node.type_condition.name.value))

    def named(self, name: str) -> GraphQLNamedType:
        return self.schema.type_map[name]

    def cost(self, selection: SelectionSetNode, on: GraphQLNamedType) -> int:
        points = 0
        for node, parent in self.fields(selection, on):
            if node.selection_set is None:
                continue
            kind = parent.fields[node.name.value].type
            named = get_named_type(kind)
            if named.name == "PageInfo":
                continue
            inner = self.cost(node.selection_set, named)
            first = [a.value for a in node.arguments or () if a.name.value == "first"]
            size = int(first[0].value) if first and isinstance(first[0], IntValueNode) else 1
            if named.name.endswith("Connection"):
                points += 1 + size * inner
            elif is_list_type(get_nullable_type(kind)):
                points += size * (1 + inner)
            else:
                points += 1 + inner
        return points

    def needs(self, selection: SelectionSetNode, on: GraphQLNamedType) -> Iterator[str]:
        """Names under which a required access may be written: a type, or a field of one."""
        for node, parent in self.fields(selection, on):
            yield f"{parent.name}.{node.name.value}"
            named = get_named_type(parent.fields[node.name.value].type)
            yield named.name
            if node.selection_set is not None:
                yield from self.needs(node.selection_set, named)


def test_the_folder_holds_the_operations_that_are_weighed_here() -> None:
    assert list(COSTS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_is_valid_on_every_version_that_we_may_meet(name: str, schema: GraphQLSchema) -> None:
    assert validate(schema, parse(operation(name).document)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_file_holds_one_operation_and_no_fragment(name: str) -> None:
    text = (QUERIES / f"{name}.graphql").read_text()
    assert len(re.findall(r"^(?:query|mutation) ", text, re.MULTILINE)) == 1
    assert "fragment " not in text


@pytest.mark.parametrize("name", NAMES)
def test_only_what_changes_something_is_a_mutation_and_bears_an_idempotency_key(name: str) -> None:
    chosen = operation(name)
    assert chosen.mutation == (name in {"refund_create", "inventory_adjust"})
    assert ("@idempotent(key: $key)" in chosen.document) == chosen.mutation


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_costs_what_is_written_down(name: str, newest_schema: GraphQLSchema) -> None:
    walk = Walk(newest_schema, name)
    cost = walk.cost(walk.operation.selection_set, walk.root)
    assert cost == COSTS[name]
    assert cost < 1000


def _requirements(schema: GraphQLSchema, folder: Path) -> dict[str, frozenset[str]]:
    """For each guarded thing that an operation touches, the scopes of which one suffices."""
    access = json.loads((folder / "required_access_2026-10.json").read_text())
    found: dict[str, frozenset[str]] = {}
    for name in NAMES:
        walk = Walk(schema, name)
        for need in walk.needs(walk.operation.selection_set, walk.root):
            if need in access:
                words = re.findall(r"`(\w+)`", access[need].split(" Also:")[0])
                prefix = "write_" if operation(name).mutation else "read_"
                scopes = [word if word.startswith(("read_", "write_")) else prefix + word for word in words]
                found[f"{name}: {need}"] = frozenset(scopes)
    return found


def _held(scopes: tuple[str, ...]) -> set[str]:
    return {*scopes, *(scope.replace("write_", "read_") for scope in scopes)}


def test_the_scopes_cover_every_operation(newest_schema: GraphQLSchema, contracts_folder: Path) -> None:
    requirements = _requirements(newest_schema, contracts_folder)
    assert "refund_create: Mutation.refundCreate" in requirements
    assert "order: Customer" in requirements
    assert {need for need, scopes in requirements.items() if not scopes & _held(SCOPES)} == set()


@pytest.mark.parametrize("scope", SCOPES)
def test_no_scope_is_asked_for_that_is_not_needed(
    scope: str, newest_schema: GraphQLSchema, contracts_folder: Path
) -> None:
    without = tuple(one for one in SCOPES if one != scope)
    if scope.startswith("write_"):
        without += (scope.replace("write_", "read_"),)
    requirements = _requirements(newest_schema, contracts_folder)
    assert [need for need, scopes in requirements.items() if not scopes & _held(without)]


def test_the_orders_in_these_tests_are_replies_that_shopify_could_give(newest_schema: GraphQLSchema) -> None:
    node = builders.order(
        builders.line(duties=[builders.duty(1, "3.00", "0.57")], taxLines=[builders.tax("1.00")]),
        fulfillments=[builders.parcel(1, (1, 1))],
        refunds=[builders.refund(1, "5.00", (1, 1))],
    )
    node["transactions"][0]["paymentDetails"] = None  # an abstract type needs a resolver; its name is all we ask for
    result = execute_sync(
        newest_schema, parse(operation("order").document), {"order": node}, variable_values={"id": "x"}
    )
    assert result.errors is None
    node["shippingLines"]["nodes"][0]["title"] = None
    broken = execute_sync(
        newest_schema, parse(operation("order").document), {"order": node}, variable_values={"id": "x"}
    )
    assert broken.errors is not None
