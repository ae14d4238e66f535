from __future__ import annotations

import json
import os
import threading
import traceback
from typing import Any

import httpx
import pytest

from app.core.kit.errors import ProviderError
from app.platforms.shopify.client import AdminClient, PreviousAttemptFailed, Transport, is_shop, operation
from tests.platforms.shopify.builders import SHOP, TOKEN, Wire, errors, throttled

SHOP_REPLY = {"shop": {"name": "Acme"}}


def client(*replies: Any, shop: str = SHOP, token: str = TOKEN) -> tuple[AdminClient, Wire]:
    pending = list(replies)
    wire = Wire(lambda name, variables: pending.pop(0))
    return AdminClient(Transport("2026-10", transport=wire, sleep=wire.waits.append), shop, token), wire


def refused(*replies: Any, name: str = "shop", shop: str = SHOP, token: str = TOKEN) -> tuple[ProviderError, Wire]:
    chosen, wire = client(*replies, shop=shop, token=token)
    with pytest.raises(ProviderError) as caught:
        chosen.run(name, {})
    return caught.value, wire


def verdict(error: ProviderError) -> tuple[bool, bool]:
    return error.retryable, error.outcome_unknown


# --- what is sent ----------------------------------------------------------------------------------------------


def test_a_call_goes_to_the_shop_and_version_with_the_token_in_its_header_only() -> None:
    chosen, wire = client(SHOP_REPLY)
    assert chosen.run("shop", {"a": 1}).data == SHOP_REPLY
    (request,) = wire.requests
    assert str(request.url) == "https://acme.myshopify.com/admin/api/2026-10/graphql.json"
    assert request.headers["X-Shopify-Access-Token"] == TOKEN
    assert TOKEN not in request.content.decode()
    assert json.loads(request.content)["variables"] == {"a": 1}
    assert request.extensions["timeout"] == {"connect": 5.0, "read": 20.0, "write": 20.0, "pool": 20.0}


def test_a_document_carries_its_fragments_and_no_comments() -> None:
    document = operation("order").document
    assert "fragment LineItemAsCharged on LineItem" in document
    assert "#" not in document


@pytest.mark.parametrize(
    "shop",
    [
        "",
        "acme",
        "evil.com",
        "evil.com/x?.myshopify.com",
        "acme.myshopify.com.evil.com",
        "acme.myshopify.com\n",
        "ACME.myshopify.com",
        "-acme.myshopify.com",
        "a.b.myshopify.com",
        "acme.myshopify.com:8443",
        "user@acme.myshopify.com",
        "äcme.myshopify.com",
        "a" * 250 + ".myshopify.com",
    ],
)
def test_no_token_leaves_for_what_is_not_a_shops_own_address(shop: str) -> None:
    error, wire = refused(shop=shop)
    assert error.code == "shop_domain_invalid"
    assert verdict(error) == (False, False)
    assert wire.requests == []
    assert not is_shop(shop)


@pytest.mark.parametrize("token", ["", "two words", "shpat_\r\nX-Evil: 1", "schlüssel"])
def test_a_token_that_cannot_be_one_is_refused_before_anything_is_sent(token: str) -> None:
    error, wire = refused(token=token)
    assert error.code == "token_malformed"
    assert wire.requests == []


def test_a_stand_in_on_this_machine_takes_the_place_of_the_shop() -> None:
    assert Transport("2026-10", "http://127.0.0.1:9000/").url(SHOP) == (
        "http://127.0.0.1:9000/admin/api/2026-10/graphql.json"
    )
    assert Transport("2026-10", "http://[::1]:9000").url(SHOP).startswith("http://[::1]:9000/admin")
    with pytest.raises(ProviderError):
        Transport("2026-10", "http://127.0.0.1:9000").url("evil.com")


def test_a_stand_in_is_not_reached_through_the_networks_proxy() -> None:
    assert not Transport("2026-10", "http://127.0.0.1:9000").client().trust_env
    assert Transport("2026-10").client().trust_env


@pytest.mark.parametrize(
    "base",
    [
        "http://10.0.0.1",
        "https://evil.com",
        "http://localhost.evil.com",
        "http://127.0.0.1@evil.com",
        "http://127.0.0.1.evil.com",
        "ftp://127.0.0.1",
        "127.0.0.1:9000",
        "",
        "http://127.0.0.1/?x=",
        "http://0.0.0.0:9000",
    ],
)
def test_a_stand_in_anywhere_else_is_refused_at_once(base: str) -> None:
    with pytest.raises(ValueError, match="on this machine"):
        Transport("2026-10", base)


@pytest.mark.parametrize("version", ["", "2026-9", "2026-05", "unstable", "2026-10/../x"])
def test_a_version_that_is_none_is_refused_at_once(version: str) -> None:
    with pytest.raises(ValueError, match="Admin API"):
        Transport(version)


def test_a_process_has_one_pool_and_a_forked_child_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    transport = Transport("2026-10", transport=Wire({}))
    found: list[httpx.Client] = []
    threads = [threading.Thread(target=lambda: found.append(transport.client())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {id(one) for one in found} == {id(transport.client())}
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert transport.client() is not found[0]


# --- slow down ---------------------------------------------------------------------------------------------------


def test_a_short_throttle_is_waited_out_for_as_long_as_the_bucket_needs() -> None:
    chosen, wire = client(throttled(600, 450), throttled(600, 599), SHOP_REPLY)
    assert chosen.run("shop", {}).data == SHOP_REPLY
    assert wire.waits == [1.5, 0.1]


def test_a_long_throttle_is_handed_back_with_its_time() -> None:
    error, wire = refused(throttled(700, 100, rate=50))
    assert (error.code, error.retry_after) == ("throttled", 12.0)
    assert verdict(error) == (True, False)
    assert wire.waits == []


def test_short_throttles_are_not_waited_out_for_ever() -> None:
    error, wire = refused(*[throttled(600, 500)] * 5)
    assert error.code == "throttled"
    assert wire.waits == [1.0, 1.0, 1.0]
    assert len(wire.requests) == 4


def test_patience_for_a_page_is_the_callers() -> None:
    chosen, wire = client(throttled(700, 0), SHOP_REPLY)
    assert chosen.run("shop", {}, patience=10).data == SHOP_REPLY
    assert wire.waits == [7.0]


def test_a_throttle_without_its_cost_is_a_second() -> None:
    chosen, wire = client(errors({"message": "Throttled", "extensions": {"code": "THROTTLED"}}), SHOP_REPLY)
    chosen.run("shop", {})
    assert wire.waits == [1.0]


@pytest.mark.parametrize(("header", "wait"), [("1.5", [1.5]), (None, [1.0])])
def test_too_many_requests_waits_as_told(header: str | None, wait: list[float]) -> None:
    headers = {"Retry-After": header} if header else {}
    chosen, wire = client(httpx.Response(429, headers=headers), SHOP_REPLY)
    chosen.run("shop", {})
    assert wire.waits == wait


@pytest.mark.parametrize(("header", "after"), [("30", 30.0), ("soon", 60.0), ("999999", 3600.0), ("٣", 60.0)])
def test_too_many_requests_for_long_is_handed_back(header: str, after: float) -> None:
    error, _ = refused(httpx.Response(429, headers=[(b"Retry-After", header.encode())]), name="refund_create")
    assert error.retry_after == after
    assert verdict(error) == (True, False)


# --- cut off -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [httpx.ConnectError("no"), httpx.ConnectTimeout("no"), httpx.PoolTimeout("no")])
@pytest.mark.parametrize("name", ["shop", "refund_create"])
def test_what_was_never_sent_is_simply_tried_again(failure: Exception, name: str) -> None:
    error, _ = refused(failure, name=name)
    assert error.code == "unreachable"
    assert verdict(error) == (True, False)


CUT_OFF = [
    httpx.ReadTimeout("no"),
    httpx.WriteTimeout("no"),
    httpx.ReadError("no"),
    httpx.RemoteProtocolError("no"),
    httpx.Response(500),
    httpx.Response(502, text="<html>"),
    httpx.Response(503),
    httpx.Response(504),
    httpx.Response(200, text="<html>"),
    httpx.Response(200, json=[]),
    httpx.Response(200, json={}),
    httpx.Response(200, json={"data": None}),
    httpx.Response(200, content=b'{"data":' + b"[" * 100_000),
    errors({"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}),
    errors({"message": "what?"}),
    errors(
        {"message": "late", "extensions": {"code": "TIMEOUT"}, "path": ["refundCreate"]}, data={"refundCreate": None}
    ),
]


@pytest.mark.parametrize("reply", CUT_OFF)
def test_a_mutation_that_was_cut_off_may_have_happened(reply: Any) -> None:
    error, wire = refused(reply, name="refund_create")
    assert verdict(error) == (True, True)
    assert len(wire.requests) == 1


@pytest.mark.parametrize("reply", CUT_OFF)
def test_a_query_that_was_cut_off_is_tried_again_without_doubt(reply: Any) -> None:
    error, _ = refused(reply)
    assert verdict(error) == (True, False)


# --- no ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 400, 401, 402, 403, 404, 406, 423])
def test_a_refused_request_is_not_repeated_and_says_what_to_do(status: int) -> None:
    reply = httpx.Response(status, headers={"Location": "https://evil.com/"}, text=f"[API] Invalid token {TOKEN}")
    error, wire = refused(reply, name="refund_create")
    assert error.code == f"http_{status}"
    assert verdict(error) == (False, False)
    assert len(wire.requests) == 1  # a redirect is not followed with the token
    assert error.message.endswith(".")


def test_a_missing_permission_is_named() -> None:
    entry = {
        "message": "Access denied for refundCreate field.",
        "extensions": {"code": "ACCESS_DENIED", "requiredAccess": "`orders` access scope."},
        "path": ["refundCreate"],
    }
    error, _ = refused(errors(entry, data={"refundCreate": None}), name="refund_create")
    assert error.code == "access_denied"
    assert error.message.endswith("It needs: `orders` access scope.")
    assert verdict(error) == (False, False)


def test_a_request_that_shopify_cannot_read_is_our_fault_and_not_repeated() -> None:
    entry = {
        "message": "Variable $id of type ID! was provided invalid value",
        "extensions": {"code": "INVALID_VARIABLE"},
    }
    error, _ = refused(errors(entry), name="refund_create")
    assert verdict(error) == (False, False)


def test_errors_may_be_one_sentence_instead_of_a_list() -> None:
    error, _ = refused(httpx.Response(200, json={"errors": "Not Found"}))
    assert error.message == "Shopify refused: Not Found"


# --- partly ------------------------------------------------------------------------------------------------------


def denied(*path: str | int) -> dict[str, Any]:
    return {"message": "not approved", "path": list(path), "extensions": {"code": "ACCESS_DENIED"}}


def test_personal_fields_that_are_withheld_leave_the_rest_usable() -> None:
    data = {"order": {"id": "gid://shopify/Order/1", "email": None}}
    chosen, _ = client(errors(denied("order", "email"), denied("order", "shippingAddress", "phone"), data=data))
    answer = chosen.run("order", {})
    assert answer.data == data
    assert answer.withheld == ("order.email", "order.shippingAddress.phone")


def test_other_fields_that_are_withheld_would_make_a_wrong_order_and_are_refused() -> None:
    data = {"order": {"id": "gid://shopify/Order/1"}}
    entry = denied("order", "lineItems", "nodes", 0, "product")
    error, _ = refused(errors(denied("order", "email"), entry, data=data), name="order")
    assert error.code == "access_denied"


def test_a_part_that_failed_inside_shopify_makes_the_whole_reply_worthless() -> None:
    entry = {"message": "x", "path": ["order", "refunds"], "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
    error, _ = refused(errors(entry, data={"order": {"id": "1"}}), name="order")
    assert verdict(error) == (True, False)


def test_a_mutation_with_a_result_has_happened_whatever_could_not_be_shown_of_it() -> None:
    data = {"refundCreate": {"refund": {"id": "gid://shopify/Refund/1"}, "userErrors": []}}
    chosen, _ = client(errors(denied("refundCreate", "refund", "note"), data=data))
    assert chosen.run("refund_create", {}).data == data


# --- idempotency ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("IDEMPOTENCY_CONCURRENT_REQUEST", (True, True)),
        ("IDEMPOTENCY_KEY_PARAMETER_MISMATCH", (False, False)),
        ("IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", (True, False)),
    ],
)
def test_idempotency_codes_say_whether_it_happened(code: str, outcome: tuple[bool, bool]) -> None:
    error, _ = refused(errors({"message": "no", "extensions": {"code": code}}), name="refund_create")
    assert verdict(error) == outcome
    assert error.code == code
    assert isinstance(error, PreviousAttemptFailed) == code.endswith("ATTEMPT_FAILED")


# --- secrets -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reply", [httpx.ReadTimeout(TOKEN), httpx.Response(401, text=TOKEN), httpx.Response(500)])
def test_the_token_is_in_no_message_no_repr_and_no_chained_error(reply: Any) -> None:
    chosen, _ = client(reply)
    with pytest.raises(ProviderError) as caught:
        chosen.run("shop", {})
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + repr(chosen)
    assert TOKEN not in told
    assert caught.value.__cause__ is None
