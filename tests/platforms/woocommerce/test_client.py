from __future__ import annotations

import json
import socket
from typing import Any
from uuid import UUID

import pytest

from app.core.kit.errors import ProviderError
from app.core.merchants.ports import StoreConnection
from app.platforms.woocommerce.adapter import WooCommercePlatform
from app.platforms.woocommerce.client import Sessions, StoreClient, refusal
from tests.platforms.woocommerce.loopback import KEY, SECRET, Answer, Loopback, recording, store_accepts


@pytest.fixture
def client(loopback: Loopback, platform: WooCommercePlatform, connection: StoreConnection) -> StoreClient:
    return platform._client(connection)


def failure(call: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        call()
    error = caught.value
    assert error.vendor == "woocommerce"
    assert KEY not in str(error)
    assert SECRET not in str(error)
    assert "oauth" not in str(error)
    assert error.__suppress_context__
    return error


def kind(error: ProviderError) -> tuple[str | None, bool, bool]:
    return error.code, error.retryable, error.outcome_unknown


# --- what a refusal means -------------------------------------------------------------------------------------------


def read_as_error(name: str, *, write: bool) -> ProviderError:
    one = recording(name)
    return refusal(one["status"], {}, json.dumps(one.get("body", one.get("response"))).encode(), write=write)


@pytest.mark.parametrize(
    ("name", "write", "code", "words"),
    [
        ("error_auth_none", False, "woocommerce_rest_cannot_view", "does not know this key"),
        ("error_auth_bad_key", False, "woocommerce_rest_cannot_view", "key is not revoked"),
        ("error_auth_basic_over_http", False, "woocommerce_rest_cannot_view", "Permalinks is not set to Plain"),
        ("error_auth_bad_secret", False, "woocommerce_rest_authentication_error", "Consumer secret is invalid."),
        ("error_auth_oauth_bad_sig", False, "woocommerce_rest_authentication_error", "Copy consumer key"),
        ("error_auth_readonly_write", True, "woocommerce_rest_authentication_error", "give it Read/Write"),
        ("error_no_route", False, "rest_no_route", "WooCommerce is active"),
        ("error_order_404", False, "woocommerce_rest_shop_order_invalid_id", "Invalid ID."),
        ("error_order_bad_json", True, "rest_invalid_json", "Invalid JSON body passed."),
        ("error_order_update_bad", True, "rest_invalid_param", "Invalid parameter(s): status"),
        ("error_orders_bad_param", False, "rest_invalid_param", "Invalid parameter(s): per_page"),
        ("error_coupon_duplicate", True, "woocommerce_rest_coupon_code_already_exists", "already exists"),
        (
            "error_refund_gateway_refund_bacs",
            True,
            "woocommerce_rest_cannot_create_order_refund",
            "does not support automatic refunds",
        ),
        (
            "error_refund_no_amount",
            True,
            "woocommerce_rest_cannot_create_order_refund",
            "does not support automatic refunds",
        ),
        ("error_refund_too_big", True, "woocommerce_rest_cannot_create_order_refund", "Invalid refund amount."),
        ("error_refund_neg", True, "woocommerce_rest_invalid_order_refund", "greater than zero"),
        ("error_webhook_topic_order_refunded", True, "woocommerce_rest_shop_webhook_invalid_topic", "topic"),
    ],
)
def test_recorded_refusals_are_final_and_say_what_to_do(name: str, write: bool, code: str, words: str) -> None:
    error = read_as_error(name, write=write)
    assert kind(error) == (code, False, False)
    assert words.lower() in str(error).lower()


@pytest.mark.parametrize(
    ("status", "headers", "body", "write", "expected"),
    [
        (500, {}, b"<h1>Internal Server Error</h1>", True, ("http_500", True, True)),
        (500, {}, b"<h1>Internal Server Error</h1>", False, ("http_500", True, False)),
        (
            500,
            {},
            b'{"code":"internal_server_error","message":"critical error"}',
            True,
            ("internal_server_error", True, True),
        ),
        (500, {}, b'{"message":"no code"}', True, ("http_500", True, True)),
        (500, {}, b'{"code":"some_refusal","message":"No."}', True, ("some_refusal", False, False)),
        (502, {}, b"", True, ("http_502", True, True)),
        (504, {}, b"", True, ("http_504", True, True)),
        (503, {"Retry-After": "600"}, b"maintenance", True, ("http_503", True, False)),
        (503, {}, b"", True, ("http_503", True, True)),
        (429, {"Retry-After": "3"}, b"", True, ("http_429", True, False)),
        (429, {"Retry-After": "Tue, 24 Nov 2026 12:00:00 GMT"}, b"", False, ("http_429", True, False)),
        (403, {}, b"<html>blocked</html>", True, ("http_403", False, False)),
        (404, {}, b"<html>not found</html>", False, ("http_404", False, False)),
        (400, {}, b'{"code":5}', True, ("http_400", False, False)),
        (301, {"Location": "https://new.example/wp-json/?consumer_secret=x"}, b"", True, ("http_301", False, False)),
    ],
)
def test_other_answers_say_whether_a_second_try_makes_sense(
    status: int, headers: dict[str, str], body: bytes, write: bool, expected: tuple[str, bool, bool]
) -> None:
    assert kind(refusal(status, headers, body, write=write)) == expected


def test_a_wait_is_told_in_seconds() -> None:
    assert refusal(429, {"Retry-After": "30"}, b"", write=True).retry_after == 30
    assert refusal(429, {"Retry-After": "soon"}, b"", write=True).retry_after is None


def test_what_the_store_says_is_shown_without_html_keys_or_length() -> None:
    said = {"code": "x", "message": f"<p>Key {KEY} &amp; {SECRET}</p> " + "y" * 1000}
    text = str(refusal(400, {}, json.dumps(said).encode(), write=True))
    assert text.startswith("woocommerce: the store refused: Key [key] & [key] yyy")
    assert len(text) < 400


def test_a_redirect_names_the_host_and_not_the_query() -> None:
    error = refusal(301, {"Location": "https://new.example/x?consumer_secret=cs_1"}, b"", write=False)
    assert "new.example" in str(error)
    assert "secret" not in str(error)


# --- over the wire --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["plain", "a/b", "100%", "50%25", "a+b@x.example", "ü 伟", "~a b&c=d", "[x]"])
def test_plain_http_is_signed_as_the_store_checks_it_whatever_is_searched(
    loopback: Loopback, client: StoreClient, value: str
) -> None:
    loopback.on("GET", "/wc/v3/orders", Answer([]))
    client.get("orders", search=value, dates_are_gmt="true", _fields="id")
    asked = loopback.asked[0]
    assert asked.query["search"] == value
    assert store_accepts(asked, loopback.url)
    assert not store_accepts(asked, loopback.url, secret="cs_other")
    assert "Authorization" not in asked.headers
    assert SECRET not in asked.target


def test_a_write_over_plain_http_is_signed_too(loopback: Loopback, client: StoreClient) -> None:
    loopback.on("POST", "/wc/v3/orders/23/refunds", Answer({"id": 1}, 201))
    client.post("orders/23/refunds", {"amount": "1.00", "reason": "ü"}, dp="6")
    asked = loopback.asked[0]
    assert store_accepts(asked, loopback.url)
    assert asked.body == {"amount": "1.00", "reason": "ü"}


def test_every_request_has_a_nonce_of_its_own(loopback: Loopback, client: StoreClient) -> None:
    loopback.on("GET", "/wc/v3/orders/1", Answer({"id": 1}))
    for _ in range(20):
        client.get("orders/1")
    assert len({asked.query["oauth_nonce"] for asked in loopback.asked}) == 20


def test_one_connection_serves_many_requests(loopback: Loopback, client: StoreClient) -> None:
    loopback.on("GET", "/wc/v3/orders/1", Answer({"id": 1}))
    for _ in range(5):
        client.get("orders/1")
    assert loopback.connections == 1


def test_fractions_are_decimals_and_a_byte_order_mark_is_forgiven(loopback: Loopback, client: StoreClient) -> None:
    loopback.on("GET", "/wc/v3/orders/1", Answer(b'\xef\xbb\xbf{"price": 67.142857}', headers={"X-WP-TotalPages": "4"}))
    reply = client.get("orders/1")
    assert str(reply.data["price"]) == "67.142857"
    assert reply.pages == 4


def test_cookies_of_one_store_are_not_kept(loopback: Loopback, client: StoreClient) -> None:
    loopback.on("GET", "/wc/v3/orders/1", Answer({"id": 1}, headers={"Set-Cookie": "wp=1; Path=/"}))
    client.get("orders/1")
    client.get("orders/1")
    assert "Cookie" not in loopback.asked[1].headers


def test_a_read_is_tried_again_after_a_passing_fault(
    loopback: Loopback, client: StoreClient, naps: list[float]
) -> None:
    loopback.on("GET", "/wc/v3/orders/1", Answer(cut=True), Answer(b"", 502), Answer({"id": 1}))
    assert client.get("orders/1").data == {"id": 1}
    assert len(loopback.asked) == 3
    assert naps == [0.25, 0.5]


def test_a_read_gives_up_after_three_tries(loopback: Loopback, client: StoreClient, naps: list[float]) -> None:
    loopback.on("GET", "/wc/v3/orders/1", Answer(b"", 502))
    assert kind(failure(lambda: client.get("orders/1"))) == ("http_502", True, False)
    assert len(loopback.asked) == 3


def test_a_short_wait_is_kept_and_a_long_one_is_left_to_the_outbox(
    loopback: Loopback, client: StoreClient, naps: list[float]
) -> None:
    loopback.on("GET", "/wc/v3/orders/1", Answer(b"", 429, {"Retry-After": "2"}), Answer({"id": 1}))
    assert client.get("orders/1").data == {"id": 1}
    loopback.on("GET", "/wc/v3/orders/1", Answer(b"", 503, {"Retry-After": "600"}))
    assert failure(lambda: client.get("orders/1")).retry_after == 600
    assert (naps, len(loopback.asked)) == ([2], 3)


@pytest.mark.parametrize("answer", [Answer(cut=True), Answer(b"", 502), Answer(b"<b>Warning</b> {}")])
def test_a_write_is_sent_once_and_a_break_after_it_is_unknown(
    loopback: Loopback, client: StoreClient, naps: list[float], answer: Answer
) -> None:
    loopback.on("POST", "/wc/v3/orders/1/refunds", answer)
    loopback.on("PUT", "/wc/v3/products/1", answer)
    assert failure(lambda: client.post("orders/1/refunds", {})).outcome_unknown
    assert failure(lambda: client.put("products/1", {})).outcome_unknown
    assert [asked.method for asked in loopback.asked] == ["POST", "PUT"]
    assert naps == []


def test_no_answer_in_time_after_a_write_is_unknown(loopback: Loopback, client: StoreClient) -> None:
    loopback.on("POST", "/wc/v3/orders/1/refunds", Answer({"id": 1}, delay=0.5))
    error = failure(lambda: client.post("orders/1/refunds", {}, read_timeout=0.05))
    assert kind(error) == ("timeout", True, True)


def test_a_store_that_cannot_be_reached_did_nothing(platform: WooCommercePlatform, naps: list[float]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    client = platform._client(StoreConnection(UUID(int=1), url, {"consumer_key": KEY, "consumer_secret": SECRET}))
    assert kind(failure(lambda: client.post("orders/1/refunds", {}))) == ("unreachable", True, False)
    assert kind(failure(lambda: client.get("orders/1"))) == ("unreachable", True, False)


def test_a_redirected_write_does_not_become_a_read(loopback: Loopback, client: StoreClient) -> None:
    loopback.on(
        "POST", "/wc/v3/orders/1/refunds", Answer(b"", 301, {"Location": loopback.url + "/wp-json/wc/v3/orders"})
    )
    loopback.on("GET", "/wc/v3/orders", Answer([]))
    assert kind(failure(lambda: client.post("orders/1/refunds", {}))) == ("http_301", False, False)
    assert len(loopback.asked) == 1


@pytest.mark.parametrize("url", ["shop.example", "ftp://shop.example", "https://", ""])
def test_an_address_that_is_none_is_refused_at_once(platform: WooCommercePlatform, url: str) -> None:
    with pytest.raises(ProviderError) as caught:
        platform.connect(StoreConnection(UUID(int=1), url, {"consumer_key": KEY, "consumer_secret": SECRET}))
    assert caught.value.code == "bad_address"


@pytest.mark.parametrize("credentials", [{}, {"consumer_key": KEY}, {"consumer_key": "", "consumer_secret": SECRET}])
def test_a_connection_without_both_halves_of_the_key_is_refused(
    platform: WooCommercePlatform, credentials: dict[str, str]
) -> None:
    with pytest.raises(ProviderError) as caught:
        platform.connect(StoreConnection(UUID(int=1), "https://shop.example", credentials))
    assert caught.value.code == "key_missing"


def test_a_collection_is_read_to_its_last_page_and_not_beyond_the_limit(
    loopback: Loopback, client: StoreClient
) -> None:
    loopback.on(
        "GET",
        "/wc/v3/orders",
        lambda asked: Answer([{"id": int(asked.query["page"])}], headers={"X-WP-TotalPages": "3"}),
    )
    assert [item["id"] for item in client.pages("orders")] == [1, 2, 3]
    assert [item["id"] for item in client.pages("orders", most=2)] == [1, 2]
    assert {asked.query["per_page"] for asked in loopback.asked} == {"100"}


def test_closed_sessions_open_again() -> None:
    sessions = Sessions()
    first = sessions.current()
    assert sessions.current() is first
    sessions.close()
    assert sessions.current() is not first
    sessions.close()
