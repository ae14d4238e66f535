"""Connections: pages of a list by cursor, as Relay and Shopify mean them."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

MAX_PAGE = 250


def cursor_of(identity: Any) -> str:
    """An opaque cursor for one element."""
    return base64.b64encode(json.dumps({"last_id": identity}).encode()).decode()


def identity_of(cursor: str) -> Any:
    """What a cursor points at. Raises GraphQLError for a cursor that is none of ours."""
    try:
        return json.loads(base64.b64decode(cursor, validate=True))["last_id"]
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        message = f"Invalid cursor for current pagination sort: {cursor}"
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"}) from error


def page(
    items: Sequence[Any], arguments: Mapping[str, Any], identity: Callable[[Any], Any] = lambda one: one["id"]
) -> dict[str, Any]:
    """The connection for ``items``, already in order, cut by ``first``, ``last``, ``after`` and ``before``."""
    first, last = arguments.get("first"), arguments.get("last")
    if first is None and last is None:
        message = "you must provide one of first or last"
        raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    for size in (first, last):
        if size is not None and not 0 <= size <= MAX_PAGE:
            message = f"page size must be between 0 and {MAX_PAGE}"
            raise GraphQLError(message, extensions={"code": "BAD_REQUEST"})
    chosen = list(reversed(items)) if arguments.get("reverse") else list(items)
    start, end = 0, len(chosen)
    known = {json.dumps(identity(one)): index for index, one in enumerate(chosen)}
    if arguments.get("after"):
        start = known.get(json.dumps(identity_of(arguments["after"])), -1) + 1
    if arguments.get("before"):
        end = known.get(json.dumps(identity_of(arguments["before"])), end)
    if first is not None:
        end = min(end, start + first)
    if last is not None:
        start = max(start, end - last)
    nodes = chosen[start:end]
    return {
        "nodes": nodes,
        "pageInfo": {
            "hasNextPage": end < len(chosen),
            "hasPreviousPage": start > 0,
            "startCursor": cursor_of(identity(nodes[0])) if nodes else None,
            "endCursor": cursor_of(identity(nodes[-1])) if nodes else None,
        },
    }
