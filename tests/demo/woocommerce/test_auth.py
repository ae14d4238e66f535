"""Keys: what counts over https, what over plain http, and in which words a caller is turned away."""

from __future__ import annotations

import time
from typing import Any

import pytest

from demo.woocommerce.auth import Key, oauth_signature
from demo.woocommerce.store import WooStore
from tests.demo.standins import START, Clock
from tests.demo.woocommerce.small_shop import HTTPS, KEY, SECRET, URL, recording

ORDERS = "/wp-json/wc/v3/orders"
NOW = int(START.timestamp())


def signed(url: str = ORDERS, method: str = "GET", secret: str = SECRET, **changes: str) -> dict[str, str]:
    query = {
        "oauth_consumer_key": KEY,
        "oauth_timestamp": str(NOW),
        "oauth_nonce": "n1",
        "oauth_signature_method": "HMAC-SHA256",
        **changes,
    }
    return {**query, "oauth_signature": oauth_signature(method, URL + url, list(query.items()), secret)}


def plain(web: Any, query: dict[str, str], method: str = "GET", **more: Any) -> Any:
    return web.open(ORDERS, method=method, query_string=query, base_url=URL, **more)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json["code"]


def test_basic_is_accepted_over_https(web: Any) -> None:
    assert web.get(ORDERS, auth=(KEY, SECRET), base_url=HTTPS).status_code == 200


def test_basic_is_not_even_looked_at_over_plain_http(web: Any) -> None:
    answer = web.get(ORDERS, auth=(KEY, SECRET), base_url=URL)
    assert code(answer) == (401, "woocommerce_rest_cannot_view")
    assert answer.json == recording("error_auth_basic_over_http")["body"]


def test_a_key_in_the_query_is_accepted_over_https_and_echoed_in_the_link(web: Any) -> None:
    query = {"consumer_key": KEY, "consumer_secret": SECRET, "per_page": "1"}
    answer = web.get(ORDERS, query_string=query, base_url=HTTPS)
    assert answer.status_code == 200
    assert f"consumer_secret={SECRET}" in answer.headers["Link"]
    assert plain(web, query).status_code == 401


@pytest.mark.parametrize(
    ("auth", "name"),
    [(None, "none"), (("ck_unknown", SECRET), "bad_key"), ((KEY, "cs_wrong"), "bad_secret")],
)
def test_a_caller_is_turned_away_in_the_recorded_words(web: Any, auth: Any, name: str) -> None:
    answer = web.get(ORDERS, auth=auth, base_url=HTTPS)
    seen = recording(f"error_auth_{name}")
    assert (answer.status_code, answer.json) == (seen["status"], seen["body"])


def test_oauth_is_accepted_over_plain_http_with_either_hash(web: Any) -> None:
    assert plain(web, signed()).status_code == 200
    assert plain(web, signed(oauth_signature_method="HMAC-SHA1", oauth_nonce="n2")).status_code == 200


def test_a_wrong_signature_is_refused_in_the_recorded_words(web: Any) -> None:
    answer = plain(web, signed(secret="cs_wrong"))
    assert (answer.status_code, answer.json) == (401, recording("error_auth_oauth_bad_sig")["body"])


def test_a_nonce_counts_once(web: Any) -> None:
    assert plain(web, signed()).status_code == 200
    again = plain(web, signed())
    assert (again.status_code, again.json["message"]) == (401, "Invalid nonce - nonce has already been used.")


@pytest.mark.parametrize(("seconds", "status"), [(-900, 200), (900, 200), (-901, 401), (901, 401)])
def test_the_timestamp_may_be_fifteen_minutes_off(web: Any, seconds: int, status: int) -> None:
    assert plain(web, signed(oauth_timestamp=str(NOW + seconds))).status_code == status


def test_an_old_nonce_may_come_again_when_its_timestamp_cannot(web: Any, clock: Clock) -> None:
    assert plain(web, signed()).status_code == 200
    clock.forward(minutes=16)
    assert plain(web, signed(oauth_timestamp=str(NOW + 960))).status_code == 200


def test_a_part_of_the_oauth_parameters_is_not_enough(web: Any) -> None:
    query = signed()
    del query["oauth_nonce"]
    answer = plain(web, query)
    assert code(answer) == (401, "woocommerce_rest_authentication_missing_parameter")
    assert answer.json["message"] == "Missing OAuth parameter oauth_nonce"


def test_a_key_that_may_only_read_hears_it_before_anything_else(web: Any, store: WooStore) -> None:
    store.authentication.keys["ck_reader"] = Key("ck_reader", "cs_reader", "read")
    reader = ("ck_reader", "cs_reader")
    assert web.get(ORDERS, auth=reader, base_url=HTTPS).status_code == 200
    for path, body in (("coupons", b'{"code": "x"}'), ("orders/0", b"{not json"), ("coupons", b"{}")):
        answer = web.post(f"/wp-json/wc/v3/{path}", data=body, auth=reader, base_url=HTTPS)
        assert (answer.status_code, answer.json) == (401, recording("error_auth_readonly_write")["body"])
    assert [one["code"] for one in store.state.all("coupon")] == ["ret-1001-x7q"]


def test_plain_permalinks_reach_the_route_but_the_key_does_not_count(web: Any) -> None:
    answer = web.get("/?rest_route=/wc/v3/orders", auth=(KEY, SECRET), base_url=HTTPS)
    assert code(answer) == (401, "woocommerce_rest_cannot_view")


def test_a_guest_may_read_both_indexes(web: Any) -> None:
    assert web.get("/wp-json/").json["timezone_string"] == "Asia/Shanghai"
    assert web.get("/wp-json/wc/v3").json["namespace"] == "wc/v3"


def test_trouble_on_request(web: Any, store: WooStore) -> None:
    def ask(method: str = "GET") -> Any:
        return web.open(ORDERS, method=method, auth=(KEY, SECRET), base_url=HTTPS)

    store.faults.too_many, store.faults.retry_after = 1, "7"
    answer = ask()
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    store.faults.server_errors = 1
    assert code(ask()) == (500, "internal_server_error")
    store.faults.html_errors = 1
    assert ask().content_type.startswith("text/html")
    store.faults.errors_after, store.faults.only = 1, "POST"
    assert ask().status_code == 200
    store.faults.clear()
    store.faults.resets = 1
    with pytest.raises(ConnectionResetError):
        ask()
    store.faults.late, store.faults.late_seconds = 1, 0.05
    began = time.monotonic()
    assert ask().status_code == 200
    assert time.monotonic() - began >= 0.05
