"""What a document costs, and the bucket it is paid from.

Documented (shopify.dev, "GraphQL Admin API rate limits"): scalars and enums 0, an object 1, an interface or union the
dearest of its possible selections, a connection sized by ``first`` or ``last``, a mutation 10; one query at most 1000
points. How the size counts is not published, only that it is far below one for one: live stores report 24 points for
``variants(first: 250) { nodes { inventoryItem } }`` and 12 for 250 plain nodes, and 2 for an empty page. ``weight``
below goes through these points.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from graphql import (
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_list_type,
    is_nullable_type,
    is_object_type,
)

MUTATION_COST = 10
SINGLE_QUERY_MAX = 1000
BUCKET_SIZE = 2000
RESTORE_RATE = 100
"""Points per second of the Standard plan; its bucket holds 2000."""


def weight(size: int) -> int:
    """How many nodes' worth a page of ``size`` nodes costs."""
    return max(2, round(1 + 2 * math.log(size))) if size > 0 else 2


@dataclass(frozen=True, slots=True)
class _Document:
    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]

    def fields(self, selection: SelectionSetNode, on: GraphQLNamedType) -> Iterator[FieldNode]:
        """The fields selected on one concrete type, fragments opened."""
        for node in selection.selections:
            if isinstance(node, FieldNode):
                yield node
                continue
            part: SelectionSetNode
            if isinstance(node, FragmentSpreadNode):
                fragment = self.fragments[node.name.value]
                condition, part = fragment.type_condition.name.value, fragment.selection_set
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition.name.value if node.type_condition else on.name
                part = node.selection_set
            else:  # pragma: no cover - the parser knows no fourth kind
                continue
            if self._applies(condition, on):
                yield from self.fields(part, on)

    def _applies(self, condition: str, on: GraphQLNamedType) -> bool:
        if condition == on.name:
            return True
        wanted = self.schema.type_map[condition]
        return is_abstract_type(wanted) and is_object_type(on) and self.schema.is_sub_type(wanted, on)

    def page_size(self, node: FieldNode) -> int | None:
        """``first`` or ``last`` as given, literally or by a variable."""
        for argument in node.arguments or ():
            if argument.name.value not in {"first", "last"}:
                continue
            value = argument.value
            if isinstance(value, VariableNode):
                given = self.variables.get(value.name.value)
                return int(given) if isinstance(given, int) else None
            if isinstance(value, IntValueNode):
                return int(value.value)
        return None

    def cost(self, selection: SelectionSetNode, on: GraphQLNamedType, data: Any = None, *, actual: bool = False) -> int:
        """Cost of a selection on a type; with ``actual`` sized by what ``data`` holds."""
        if is_abstract_type(on):
            if actual and isinstance(data, Mapping) and "__typename" in data:
                return self.cost(selection, self.schema.type_map[data["__typename"]], data, actual=True)
            possible = self.schema.get_possible_types(on)
            return max((self.cost(selection, one, data, actual=actual) for one in possible), default=0)
        if not is_object_type(on):
            return 0
        total = 0
        for node in self.fields(selection, on):
            if node.name.value.startswith("__") or node.selection_set is None:
                continue
            kind = on.fields[node.name.value].type
            key = node.alias.value if node.alias else node.name.value
            value = data.get(key) if isinstance(data, Mapping) else None
            total += self._field_cost(node, node.selection_set, kind, value, actual=actual)
        return total

    def _field_cost(self, node: FieldNode, selection: SelectionSetNode, kind: Any, value: Any, *, actual: bool) -> int:
        named = get_named_type(kind)
        if actual and value is None:
            return 0
        if named.name == "PageInfo":
            return 0
        if named.name.endswith("Connection"):
            return self._connection_cost(node, selection, named, value, actual=actual)
        plain = kind if is_nullable_type(kind) else kind.of_type
        if is_list_type(plain):
            size = self.page_size(node)
            each = self._dearest(selection, named, value, actual=actual)
            if actual and not value:
                return 0
            count = len(value) if actual and size is not None else size
            return each * weight(count) if count is not None else each
        return 1 + self.cost(selection, named, value, actual=actual)

    def _connection_cost(
        self, node: FieldNode, selection: SelectionSetNode, named: GraphQLNamedType, value: Any, *, actual: bool
    ) -> int:
        each, count = 1, self.page_size(node) or 0
        assert is_object_type(named)
        for inner in self.fields(selection, named):
            if inner.name.value != "nodes" or inner.selection_set is None:
                continue
            key = inner.alias.value if inner.alias else inner.name.value
            nodes = value.get(key) if actual else None
            each = self._dearest(inner.selection_set, get_named_type(named.fields["nodes"].type), nodes, actual=actual)
            count = len(nodes) if actual and nodes is not None else count
        return each * weight(count)

    def _dearest(self, selection: SelectionSetNode, named: GraphQLNamedType, values: Any, *, actual: bool) -> int:
        if not actual:
            return 1 + self.cost(selection, named)
        return 1 + max((self.cost(selection, named, one, actual=True) for one in values or [] if one), default=0)


def _document(
    schema: GraphQLSchema, definitions: tuple[ExecutableDefinitionNode, ...], variables: Mapping[str, Any]
) -> _Document:
    fragments = {one.name.value: one for one in definitions if isinstance(one, FragmentDefinitionNode)}
    return _Document(schema, fragments, variables)


def requested_cost(
    schema: GraphQLSchema,
    definitions: tuple[ExecutableDefinitionNode, ...],
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> int:
    """What the operation may cost at most, known before it runs."""
    document = _document(schema, definitions, variables)
    root = schema.get_root_type(operation.operation)
    if root is None:
        return 0
    if operation.operation is OperationType.MUTATION:
        return MUTATION_COST * len(list(document.fields(operation.selection_set, root)))
    return document.cost(operation.selection_set, root)


def actual_cost(
    schema: GraphQLSchema,
    definitions: tuple[ExecutableDefinitionNode, ...],
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    data: Mapping[str, Any] | None,
) -> int:
    """What the operation really cost, by what came back."""
    if operation.operation is OperationType.MUTATION:
        return requested_cost(schema, definitions, operation, variables)
    root = schema.get_root_type(operation.operation)
    if root is None or data is None:
        return 0
    return _document(schema, definitions, variables).cost(operation.selection_set, root, data, actual=True)


@dataclass(slots=True)
class Bucket:
    """One app's points in one shop: a leaky bucket that refills with the clock."""

    now: Callable[[], datetime]
    size: int = BUCKET_SIZE
    restore_rate: int = RESTORE_RATE
    _level: float = -1.0
    _at: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def _refill(self) -> float:
        now = self.now()
        if self._at is None:
            self._level = float(self.size)
        else:
            elapsed = max(0.0, (now - self._at).total_seconds())
            self._level = min(float(self.size), self._level + elapsed * self.restore_rate)
        self._at = now
        return self._level

    def take(self, points: int) -> bool:
        """Reserve ``points``; False, and nothing taken, when there are not as many."""
        with self._lock:
            if self._refill() < points:
                return False
            self._level -= points
            return True

    def give_back(self, points: int) -> None:
        """Return what was reserved and not used."""
        with self._lock:
            self._level = min(float(self.size), self._refill() + points)

    def status(self) -> dict[str, int]:
        """``throttleStatus`` as Shopify reports it."""
        with self._lock:
            return {
                "maximumAvailable": self.size,
                "currentlyAvailable": int(self._refill()),
                "restoreRate": self.restore_rate,
            }
