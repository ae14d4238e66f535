"""The app proxy: signed as documented, without cookies, inside the theme."""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from flask.testing import FlaskClient
from shopify_app import ShopifyApp

from demo.shopify.app import CLIENT_ID
from demo.shopify.proxy import signature, signed_query
from tests.demo.shopify.small_shop import SECRET, SHOP
from tests.demo.standins import START, App

NOW = int(START.timestamp())


def documented(query: list[tuple[str, str]], secret: str) -> str:
    """Shopify's rule, written from its documentation: not the stand-in's own code."""
    many: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in query:
        many[name].append(value)
    many.pop("signature", None)
    text = "".join(sorted(f"{name}={','.join(values)}" for name, values in many.items()))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def sent(product: App) -> list[tuple[str, str]]:
    return parse_qsl(product.requests[-1].url.query.decode(), keep_blank_values=True)


def test_a_visit_is_forwarded_signed_with_shopifys_parameters(web: FlaskClient, product: App) -> None:
    web.get("/apps/returns/find?order=%231001&extra=1&extra=2&empty=")
    request, query = product.requests[0], sent(product)
    assert request.url.path == "/storefront/shopify/find"
    assert query[:4] == [("order", "#1001"), ("extra", "1"), ("extra", "2"), ("empty", "")]
    values = dict(query)
    assert values["shop"] == SHOP
    assert values["logged_in_customer_id"] == ""
    assert values["path_prefix"] == "/apps/returns"
    assert values["timestamp"] == str(NOW)
    assert values["signature"] == documented(query, SECRET)


def test_the_visitor_cannot_choose_shopifys_parameters(web: FlaskClient, product: App) -> None:
    web.get("/apps/returns?shop=evil.myshopify.com&logged_in_customer_id=7&signature=x&timestamp=1&path_prefix=/x")
    names = [name for name, _ in sent(product)]
    assert sorted(names) == ["logged_in_customer_id", "path_prefix", "shop", "signature", "timestamp"]
    assert dict(sent(product))["shop"] == SHOP


@pytest.mark.parametrize(
    "extra",
    [[], [("a", "1"), ("a", "2")], [("z", ""), ("b", "ä b&c=d")], [("order", "#1001"), ("lang", "zh-Hans")]],
    ids=["plain", "many values", "odd characters", "usual"],
)
@pytest.mark.parametrize("customer", ["", "1200001"])
def test_shopifys_own_library_accepts_the_signature_and_no_other(
    monkeypatch: pytest.MonkeyPatch, extra: list[tuple[str, str]], customer: str
) -> None:
    monkeypatch.setattr("time.time", lambda: float(NOW + 5))  # the library reads the machine's clock
    app = ShopifyApp(client_id=CLIENT_ID, client_secret=SECRET)
    query = signed_query(extra, shop=SHOP, customer=customer, secret=SECRET, timestamp=NOW)
    assert dict(query)["signature"] == documented(query, SECRET)

    def verdict(pairs: list[tuple[str, str]]) -> Any:
        url = str(httpx.URL("https://app.example/proxy", params=pairs))
        return app.verify_app_proxy_req({"method": "GET", "url": url, "headers": {}, "body": ""})

    good = verdict(query)
    assert good.ok, good.log
    assert (good.shop, good.logged_in_customer_id or "") == (SHOP.partition(".")[0], customer)
    assert not verdict([*query, ("more", "1")]).ok
    assert not verdict([(name, "9" if name == "logged_in_customer_id" else value) for name, value in query]).ok


def test_the_signature_leaves_itself_out() -> None:
    query = [("b", "2"), ("a", "1"), ("a", "3")]
    assert signature([*query, ("signature", "old")], SECRET) == signature(query, SECRET) == documented(query, SECRET)


def test_cookies_pass_in_neither_direction(web: FlaskClient, product: App) -> None:
    product.answers = [httpx.Response(200, text="x", headers={"Set-Cookie": "mine=1", "Content-Type": "text/plain"})]
    web.set_cookie("theirs", "1")
    answer = web.get("/apps/returns")
    assert "cookie" not in product.requests[0].headers
    assert "Set-Cookie" not in answer.headers
    assert answer.text == "x"


def test_a_liquid_answer_is_shown_inside_the_theme(web: FlaskClient, product: App) -> None:
    html = "<form><h2>Find your order</h2></form>"
    product.answers = [httpx.Response(404, text=html, headers={"Content-Type": "application/liquid"})]
    answer = web.get("/apps/returns")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert html in answer.text
    assert answer.text.lstrip().lower().startswith("<!doctype html>")
    assert "Oak &amp; Tern" in answer.text


def test_a_form_is_forwarded_with_its_body_and_a_redirect_goes_to_the_visitor(web: FlaskClient, product: App) -> None:
    product.answers = [httpx.Response(303, headers={"Location": "/apps/returns/items"})]
    answer = web.post("/apps/returns/find", data={"order": "1001", "email": "a@b.c"}, headers={"Accept-Language": "de"})
    request = product.requests[0]
    assert (request.method, request.content) == ("POST", b"order=1001&email=a@b.c")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["Accept-Language"] == "de"
    assert (answer.status_code, answer.headers["Location"]) == (303, "/apps/returns/items")


def test_a_file_comes_back_as_it_is(web: FlaskClient, product: App) -> None:
    product.answers = [httpx.Response(200, content=b"%PDF-", headers={"Content-Type": "application/pdf"})]
    answer = web.get("/apps/returns/label.pdf")
    assert (answer.data, answer.headers["Content-Type"]) == (b"%PDF-", "application/pdf")


def test_an_app_that_is_down_gives_a_page_of_the_theme(web: FlaskClient, store: Any) -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        message = "refused"
        raise httpx.ConnectError(message, request=request)

    with httpx.Client(transport=httpx.MockTransport(nobody)) as http:
        store.http = http
        answer = web.get("/apps/returns")
    assert answer.status_code == 502
    assert "Oak &amp; Tern" in answer.text
