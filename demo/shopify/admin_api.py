"""The Admin GraphQL door: ``POST /admin/api/{version}/graphql.json``."""

from __future__ import annotations

import re
import time
from datetime import date
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, current_app, jsonify, request
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    OperationDefinitionNode,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)

from demo.breaking import RESET
from demo.shopify import cost
from demo.shopify.fields import schema

if TYPE_CHECKING:
    from demo.shopify.store import ShopifyStore

blueprint = Blueprint("shopify_admin_api", __name__)

_VERSION = re.compile(r"^(\d{4})-(01|04|07|10)$")
_MAX_INPUT_ITEMS = 250
_COST_PAGE = "https://shopify.dev/api/usage/rate-limits"


def _store() -> ShopifyStore:
    store: ShopifyStore = current_app.store  # type: ignore[attr-defined]
    return store


def served_version(asked: str, today: date) -> str | None:
    """The version that answers: each lives a year and then falls forward to the oldest living one; None is 404.

    The next quarter's version can be asked for as a release candidate.
    """
    if asked == "unstable":
        return asked
    if not _VERSION.match(asked):
        return None
    quarter = today.year * 4 + (today.month - 1) // 3

    def name(index: int) -> str:
        return f"{index // 4}-{index % 4 * 3 + 1:02d}"

    return None if asked > name(quarter + 1) else max(asked, name(quarter - 3))


@blueprint.post("/admin/api/<version>/graphql.json")
def graphql(version: str) -> Response:
    """One operation. Order of refusals as on the real thing: version, token, limits, document, cost."""
    store = _store()
    served = served_version(version, store.now().date())
    if served is None:
        return _plain(404, "Not Found")
    scopes = store.oauth.scopes_of(request.headers.get("X-Shopify-Access-Token", ""))
    if scopes is None:
        return _plain(401, "[API] Invalid API key or access token (unrecognized login or wrong password)")
    trouble = _trouble_before(store)
    if trouble is not None:
        return trouble
    answer = _run(store, served, scopes)
    answer.headers["X-Shopify-API-Version"] = served
    if store.faults.use("resets"):
        request.environ[RESET] = True
    if store.faults.use("errors_after"):
        return _plain(500, "Internal Server Error")
    if store.faults.use("late"):
        store.faults.wait()
    return answer


def _plain(status: int, message: str) -> Response:
    answer = jsonify({"errors": message})
    answer.status_code = status
    return answer


def _trouble_before(store: ShopifyStore) -> Response | None:
    if store.faults.use("server_errors"):
        return _plain(500, "Internal Server Error")
    if store.faults.use("too_many"):
        answer = _plain(429, "Too many requests")
        answer.headers["Retry-After"] = store.faults.retry_after
        return answer
    return None


def _refused(message: str, code: str, extensions: dict[str, Any] | None = None, **more: Any) -> Response:
    errors = [{"message": message, "extensions": {"code": code, **more}}]
    return jsonify({"errors": errors, **({"extensions": extensions} if extensions else {})})


def _run(store: ShopifyStore, version: str, scopes: tuple[str, ...]) -> Response:
    body = request.get_json(silent=True)
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        answer = jsonify({"errors": {"query": "Required parameter missing or invalid"}})
        answer.status_code = 400
        return answer
    variables = body.get("variables") or {}
    try:
        document = parse(body["query"])
    except GraphQLError as error:
        return jsonify({"errors": [_formatted(error, "PARSE_ERROR")]})
    problems = validate(schema(), document)
    if problems:
        return jsonify({"errors": [_formatted(error, "GRAPHQL_VALIDATION_FAILED") for error in problems]})
    operation = get_operation_ast(document, body.get("operationName"))
    if operation is None:
        return _refused("An operation name is required", "BAD_REQUEST")
    if _largest_array(variables) > _MAX_INPUT_ITEMS:
        return _refused(
            f"The input array size is greater than the maximum allowed of {_MAX_INPUT_ITEMS}", "MAX_INPUT_SIZE_EXCEEDED"
        )
    return _paid(store, document, operation, variables, {"version": version, "scopes": scopes})


def _paid(
    store: ShopifyStore,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: dict[str, Any],
    context: dict[str, Any],
) -> Response:
    definitions: Any = document.definitions
    asked = cost.requested_cost(schema(), definitions, operation, variables)
    if asked > cost.SINGLE_QUERY_MAX:
        message = f"Query cost is {asked}, which exceeds the single query max cost limit ({cost.SINGLE_QUERY_MAX})."
        return _refused(
            message, "MAX_COST_EXCEEDED", cost=asked, maxCost=cost.SINGLE_QUERY_MAX, documentation=_COST_PAGE
        )
    if store.faults.use("throttled") or not store.bucket.take(asked):
        extensions = _cost(store, asked, None)
        return _refused("Throttled", "THROTTLED", extensions, documentation=_COST_PAGE)
    context |= {"store": store, "search": []}
    result = execute_sync(
        schema(), document, context_value=context, variable_values=variables, operation_name=_name(operation)
    )
    assert isinstance(result, ExecutionResult)
    real = cost.actual_cost(schema(), definitions, operation, variables, result.data)
    store.bucket.give_back(max(0, asked - real))
    payload: dict[str, Any] = {}
    if result.data is not None:
        payload["data"] = result.data
    if result.errors:
        payload["errors"] = [_formatted(error, "INTERNAL_SERVER_ERROR") for error in result.errors]
    payload["extensions"] = _cost(store, asked, real)
    if context["search"]:
        payload["extensions"]["search"] = context["search"]
    return jsonify(payload)


def _name(operation: OperationDefinitionNode) -> str | None:
    return operation.name.value if operation.name else None


def _cost(store: ShopifyStore, asked: int, real: int | None) -> dict[str, Any]:
    return {
        "cost": {
            "requestedQueryCost": asked,
            "actualQueryCost": real,
            "throttleStatus": store.bucket.status(),
        }
    }


def _formatted(error: GraphQLError, code: str) -> dict[str, Any]:
    formatted: dict[str, Any] = dict(error.formatted)
    if error.original_error is not None and not isinstance(error.original_error, GraphQLError):
        current_app.logger.error("resolver failed", exc_info=error.original_error)
        formatted["message"] = (
            f"Internal error. Looks like something went wrong on our end. Request ID: {time.time_ns():x}"
        )
    elif error.path is None and "Variable" in error.message:
        code = "INVALID_VARIABLE"
    formatted["extensions"] = {"code": code, **(error.extensions or {})}
    return formatted


def _largest_array(value: Any) -> int:
    if isinstance(value, dict):
        return max((_largest_array(one) for one in value.values()), default=0)
    if isinstance(value, list):
        return max(len(value), *(_largest_array(one) for one in value), 0)
    return 0
