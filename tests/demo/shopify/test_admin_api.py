"""The GraphQL door: who gets in, which version answers, what it costs, what goes wrong on request."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from demo.shopify.cost import Bucket
from demo.shopify.store import ShopifyStore
from tests.demo.shopify.small_shop import TOKEN, Send
from tests.demo.standins import Clock

NAME = "{ shop { name } }"


def post(web: FlaskClient, query: str = NAME, *, token: str = TOKEN, version: str = "2026-10") -> Any:
    return web.post(
        f"/admin/api/{version}/graphql.json", json={"query": query}, headers={"X-Shopify-Access-Token": token}
    )


def test_a_query_is_answered_with_its_cost(send: Send) -> None:
    answer = send(NAME)
    assert answer["data"] == {"shop": {"name": "Acme"}}
    cost = answer["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (1, 1)
    assert set(cost["throttleStatus"]) == {"maximumAvailable", "currentlyAvailable", "restoreRate"}


@pytest.mark.parametrize("token", ["", "shpat_other", TOKEN + "x"])
def test_a_wrong_token_is_refused_with_401(web: FlaskClient, token: str) -> None:
    answer = post(web, token=token)
    assert answer.status_code == 401
    assert answer.json == {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}


@pytest.mark.parametrize(
    ("asked", "served"),
    [
        ("2026-10", "2026-10"),
        ("2026-07", "2026-07"),
        ("2027-01", "2027-01"),
        ("2025-10", "2026-01"),
        ("2019-04", "2026-01"),
        ("unstable", "unstable"),
    ],
)
def test_a_dead_version_falls_forward_to_the_oldest_living_one(web: FlaskClient, asked: str, served: str) -> None:
    answer = post(web, version=asked)
    assert answer.status_code == 200
    assert answer.headers["X-Shopify-API-Version"] == served


@pytest.mark.parametrize("version", ["2027-04", "2026-11", "latest"])
def test_a_version_that_never_was_is_not_found(web: FlaskClient, version: str) -> None:
    answer = post(web, version=version)
    assert (answer.status_code, answer.json) == (404, {"errors": "Not Found"})


@pytest.mark.parametrize("body", [{}, {"query": None}, [NAME], "text"])
def test_a_body_without_a_query_is_a_bad_request(web: FlaskClient, body: Any) -> None:
    answer = web.post("/admin/api/2026-10/graphql.json", json=body, headers={"X-Shopify-Access-Token": TOKEN})
    assert (answer.status_code, answer.json) == (400, {"errors": {"query": "Required parameter missing or invalid"}})


@pytest.mark.parametrize("query", ["{ shop { nickname } }", "{ shop {", "mutation { refundCreate { refund { id } } }"])
def test_a_document_that_does_not_fit_the_schema_gives_errors_and_no_data(send: Send, query: str) -> None:
    answer = send(query)
    assert answer["errors"]
    assert "data" not in answer


def test_a_variable_of_the_wrong_type_is_named(send: Send) -> None:
    answer = send("query ($id: ID!) { order(id: $id) { id } }")
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert "data" not in answer


def test_a_thing_that_does_not_exist_is_null_and_a_text_that_is_no_id_is_an_error(send: Send) -> None:
    query = "query ($id: ID!) { order(id: $id) { id } }"
    assert send(query, id="gid://shopify/Order/5")["data"] == {"order": None}
    assert send(query, id="gid://shopify/Customer/5")["data"] == {"order": None}
    assert send(query, id="5")["errors"][0]["extensions"]["code"] == "INVALID_GLOBAL_ID"


# --- cost ----------------------------------------------------------------------------------------------------------


def test_one_query_may_not_cost_more_than_a_thousand(send: Send) -> None:
    money = "{ presentmentMoney { amount } shopMoney { amount } }"
    lines = f"lineItems(first: 250) {{ nodes {{ originalUnitPriceSet {money} originalTotalSet {money} }} }}"
    answer = send(f"{{ orders(first: 250) {{ nodes {{ id {lines} }} }} }}")
    assert answer["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert "data" not in answer


def test_what_live_stores_report_is_what_a_page_costs(send: Send) -> None:
    product = send(
        '{ product(id: "gid://shopify/Product/999") { variants(first: 250) { nodes { inventoryItem { id } } } } }'
    )
    assert product["extensions"]["cost"]["requestedQueryCost"] == 25
    assert product["extensions"]["cost"]["actualQueryCost"] == 0


def test_the_bucket_gives_back_what_was_not_used(store: ShopifyStore, send: Send) -> None:
    store.bucket = Bucket(store.now, size=100, restore_rate=10)
    cost = send("{ orders(first: 250) { nodes { id } } }")["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (12, 2)
    assert cost["throttleStatus"]["currentlyAvailable"] == 98


def test_an_empty_bucket_throttles_at_http_200_without_data_and_fills_again(
    store: ShopifyStore, send: Send, clock: Clock
) -> None:
    store.bucket = Bucket(clock, size=12, restore_rate=5)
    mutation = "mutation { webhookSubscriptionDelete(id: 1) { userErrors { message } } }"
    assert "data" in send(mutation)
    refused = send(mutation)
    assert refused["errors"][0]["message"] == "Throttled"
    assert refused["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert "data" not in refused
    assert refused["extensions"]["cost"]["requestedQueryCost"] == 10
    assert refused["extensions"]["cost"]["actualQueryCost"] is None
    assert refused["extensions"]["cost"]["throttleStatus"] == {
        "maximumAvailable": 12,
        "currentlyAvailable": 2,
        "restoreRate": 5,
    }
    clock.forward(seconds=1.6)
    assert "data" in send(mutation)


# --- scopes --------------------------------------------------------------------------------------------------------


def test_a_token_without_the_scope_sees_null_and_the_reason(
    store: ShopifyStore, send: Send, yen_order: dict[str, Any]
) -> None:
    store.oauth.grant_fixed("narrow", ("read_orders",))
    gid = f"gid://shopify/Order/{yen_order['id']}"
    query = "query ($id: ID!) { order(id: $id) { name customer { id } } }"
    answer = send(query, token="narrow", id=gid)
    assert answer["data"] == {"order": {"name": "#1001", "customer": None}}
    assert answer["errors"][0]["path"] == ["order", "customer"]
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


def test_reading_scopes_do_not_let_anybody_write(store: ShopifyStore, send: Send, yen_order: dict[str, Any]) -> None:
    store.oauth.grant_fixed("narrow", ("read_orders",))
    gid = f"gid://shopify/Order/{yen_order['id']}"
    mutation = (
        'mutation ($input: RefundInput!) { refundCreate(input: $input) @idempotent(key: "k")'
        " { refund { id } userErrors { message } } }"
    )
    answer = send(mutation, token="narrow", input={"orderId": gid, "currency": "JPY"})
    assert answer["data"] == {"refundCreate": None}
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert store.order(yen_order["id"])["refunds"] == []


# --- orders, paged and searched ------------------------------------------------------------------------------------

FIND = "query ($q: String) { orders(first: 10, query: $q, sortKey: UPDATED_AT) { nodes { name } } }"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('name:"#1001"', ["#1001"]),
        ("name:1002", ["#1002"]),
        ("name:#1003", []),
        ("email:HANA@example.jp", ["#1001"]),
        ("email:hana@example", []),
        ("updated_at:>='2026-11-20T00:00:00Z'", ["#1002"]),
        ("updated_at:>=2026-11-01", ["#1001", "#1002"]),
        ("updated_at:>'2026-11-21T09:00:00Z'", []),
        ("updated_at:>='2026-11-21T17:00:00+08:00'", ["#1002"]),
        ("updated_at:>=2026-11-01 AND email:joe@example.com", ["#1002"]),
        ("id:>=1000002", ["#1002"]),
        ("", ["#1001", "#1002"]),
    ],
)
def test_orders_are_found(
    send: Send, yen_order: dict[str, Any], dollar_order: dict[str, Any], query: str, names: list[str]
) -> None:
    answer = send(FIND, q=query)
    assert [one["name"] for one in answer["data"]["orders"]["nodes"]] == names
    assert "search" not in answer["extensions"]


def test_an_unknown_search_field_is_ignored_with_a_warning_and_finds_everything(
    send: Send, yen_order: dict[str, Any], dollar_order: dict[str, Any]
) -> None:
    answer = send(FIND, q="order_number:1001")
    assert [one["name"] for one in answer["data"]["orders"]["nodes"]] == ["#1001", "#1002"]
    assert answer["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"


def test_pages_follow_the_cursor_to_the_end_and_back(
    send: Send, yen_order: dict[str, Any], dollar_order: dict[str, Any]
) -> None:
    query = (
        "query ($after: String) { orders(first: 1, after: $after, sortKey: UPDATED_AT)"
        " { nodes { name } pageInfo { hasNextPage hasPreviousPage endCursor } } }"
    )
    first = send(query)["data"]["orders"]
    assert [one["name"] for one in first["nodes"]] == ["#1001"]
    assert (first["pageInfo"]["hasPreviousPage"], first["pageInfo"]["hasNextPage"]) == (False, True)
    second = send(query, after=first["pageInfo"]["endCursor"])["data"]["orders"]
    assert [one["name"] for one in second["nodes"]] == ["#1002"]
    assert (second["pageInfo"]["hasPreviousPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    last = send("{ orders(last: 1, sortKey: UPDATED_AT, reverse: true) { nodes { name } } }")["data"]["orders"]
    assert [one["name"] for one in last["nodes"]] == ["#1001"]


@pytest.mark.parametrize("arguments", ["", "(first: 251)", '(first: 1, after: "nonsense")'])
def test_a_connection_without_a_proper_page_is_refused(send: Send, arguments: str) -> None:
    answer = send(f"{{ orders{arguments} {{ nodes {{ name }} }} }}")
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


# --- trouble on request --------------------------------------------------------------------------------------------

SUBSCRIBE = (
    'mutation { webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {uri: "https://a.example/x"})'
    " { userErrors { message } } }"
)


def test_a_server_error_does_nothing_and_is_over_after_as_many_as_asked_for(
    web: FlaskClient, store: ShopifyStore
) -> None:
    store.faults.server_errors = 1
    assert post(web, SUBSCRIBE).status_code == 500
    assert store.subscriptions() == []
    assert post(web, SUBSCRIBE).status_code == 200
    assert len(store.subscriptions()) == 1


def test_too_many_requests_come_with_retry_after(web: FlaskClient, store: ShopifyStore) -> None:
    store.faults.too_many, store.faults.retry_after = 1, "2.0"
    answer = post(web, SUBSCRIBE)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2.0")
    assert store.subscriptions() == []


def test_throttled_can_be_asked_for(web: FlaskClient, store: ShopifyStore) -> None:
    store.faults.throttled = 2
    codes = [post(web, SUBSCRIBE).json.get("errors", [{}])[0].get("extensions", {}).get("code") for _ in range(3)]
    assert codes == ["THROTTLED", "THROTTLED", None]
    assert len(store.subscriptions()) == 1


def test_a_reset_comes_after_the_effect(web: FlaskClient, store: ShopifyStore) -> None:
    store.faults.resets = 1
    with pytest.raises(ConnectionResetError):
        post(web, SUBSCRIBE)
    assert len(store.subscriptions()) == 1


def test_an_error_after_the_effect_hides_it(web: FlaskClient, store: ShopifyStore) -> None:
    store.faults.errors_after = 1
    assert post(web, SUBSCRIBE).status_code == 500
    assert len(store.subscriptions()) == 1


def test_a_late_answer_is_late(web: FlaskClient, store: ShopifyStore) -> None:
    store.faults.late, store.faults.late_seconds = 1, 0.0
    assert post(web, SUBSCRIBE).status_code == 200
    assert store.faults.late == 0
