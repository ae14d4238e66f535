"""The returns page inside the site: forwarded, signed as the product verifies it, shown in the theme."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from flask.testing import FlaskClient

from app.core.merchants.ports import ForgedVisit, StorefrontVisit
from app.platforms.woocommerce.storefront import WooCommerceStorefront
from demo.woocommerce.plugin import signature, signed_query
from tests.demo.standins import START
from tests.demo.woocommerce.small_shop import CREDENTIALS, App

NOW = int(START.timestamp())
SECRETS = [CREDENTIALS.storefront_secret]
LIQUID = {"Content-Type": "application/liquid; charset=utf-8"}


def sent(product: App) -> list[tuple[str, str]]:
    return parse_qsl(product.requests[-1].url.query.decode(), keep_blank_values=True)


def test_a_visit_is_forwarded_as_the_product_verifies_it(web: FlaskClient, product: App) -> None:
    web.get("/returns/find?order=%231001&lang=zh-Hans&empty=")
    assert product.requests[0].url.path == "/storefront/woocommerce/find"
    visit = WooCommerceStorefront().open(sent(product), SECRETS, NOW + 60)
    assert visit == StorefrontVisit(shop="127.0.0.1:8081", base="/returns", customer_ref="")
    assert sent(product)[:3] == [("order", "#1001"), ("lang", "zh-Hans"), ("empty", "")]


def test_the_front_page_is_forwarded_without_a_slash(web: FlaskClient, product: App) -> None:
    web.get("/returns")
    assert product.requests[0].url.path == "/storefront/woocommerce"


@pytest.mark.parametrize("extra", ["customer=7&shop=evil.test&base=/x&timestamp=1&signature=x", "a=1&a=2", "a=1%262"])
def test_a_visitor_can_neither_choose_the_signed_values_nor_make_them_ambiguous(
    web: FlaskClient, product: App, extra: str
) -> None:
    web.get(f"/returns?{extra}")
    visit = WooCommerceStorefront().open(sent(product), SECRETS, NOW)
    assert (visit.shop, visit.base, visit.customer_ref) == ("127.0.0.1:8081", "/returns", "")


def test_a_customers_account_is_signed_with_the_rest() -> None:
    query = signed_query([], shop="a.test", base="/returns", customer="12", secret=SECRETS[0], timestamp=NOW)
    assert WooCommerceStorefront().open(query, SECRETS, NOW).customer_ref == "12"
    changed = [(name, "13" if name == "customer" else value) for name, value in query]
    with pytest.raises(ForgedVisit):
        WooCommerceStorefront().open(changed, SECRETS, NOW)


def test_the_signature_leaves_itself_out() -> None:
    values = [("b", "2"), ("a", "1")]
    assert signature([*values, ("signature", "old")], "s") == signature(values, "s")


def test_a_fragment_is_shown_inside_the_theme_with_its_braces_as_they_came(web: FlaskClient, product: App) -> None:
    html = "<form><h2>Find your order</h2>&#123;&#123; name &#125;&#125;</form>"
    product.answers = [httpx.Response(404, text=html, headers=LIQUID | {"Cache-Control": "no-store"})]
    answer = web.get("/returns")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-store"
    assert html in answer.text
    assert answer.text.lstrip().lower().startswith("<!doctype html>")
    assert "Lintang &amp; Co" in answer.text


def test_a_form_is_forwarded_with_its_body_and_a_redirect_goes_to_the_visitor(web: FlaskClient, product: App) -> None:
    product.answers = [httpx.Response(303, headers={"Location": "/returns/items"})]
    answer = web.post("/returns/find", data={"order": "1001"}, headers={"Accept-Language": "de"})
    request = product.requests[0]
    assert (request.method, request.content) == ("POST", b"order=1001")
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["Accept-Language"] == "de"
    assert (answer.status_code, answer.headers["Location"]) == (303, "/returns/items")


def test_cookies_pass_in_neither_direction_and_files_come_back_as_they_are(web: FlaskClient, product: App) -> None:
    headers = {"Set-Cookie": "mine=1", "Content-Type": "application/pdf"}
    product.answers = [httpx.Response(200, content=b"%PDF-", headers=headers)]
    web.set_cookie("theirs", "1")
    answer = web.get("/returns/label.pdf")
    assert "cookie" not in product.requests[0].headers
    assert "Set-Cookie" not in answer.headers
    assert (answer.data, answer.headers["Content-Type"]) == (b"%PDF-", "application/pdf")


def test_a_helloword_that_is_down_gives_a_page_of_the_site(web: FlaskClient, store: Any) -> None:
    def nobody(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with httpx.Client(transport=httpx.MockTransport(nobody)) as http:
        store.http = http
        answer = web.get("/returns")
    assert answer.status_code == 502
    assert "Lintang &amp; Co" in answer.text
