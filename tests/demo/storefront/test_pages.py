"""The pages that a shopper sees, in both stores."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from markupsafe import escape

from demo.plan import SHOP
from demo.shopify.app import make_shopify
from demo.storefront.shop import Progress, Shop
from demo.woocommerce.app import Credentials, make_woocommerce

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
BUYERS = {"woocommerce": "karla.kunde@example.test", "shopify": "ava.miller@example.test"}


def helloword(request: httpx.Request) -> httpx.Response:
    """Answers every forwarded visit with a fragment that says where it went."""
    said = f"<p>{request.method} {request.url.path} {dict(request.url.params).get('shop')}</p>"
    return httpx.Response(200, text=said, headers={"Content-Type": "application/liquid"})


@pytest.fixture(params=["woocommerce", "shopify"], scope="module")
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Shop]]:
    folder: Path = tmp_path_factory.mktemp("store")
    http = httpx.Client(transport=httpx.MockTransport(helloword))
    if request.param == "shopify":
        shopify = make_shopify(
            folder / "s.sqlite",
            lambda: NOW,
            shop=SHOP,
            client_secret="secret",
            access_token="token",
            helloword_url="http://helloword.example",
            public_url="http://store.example",
            http=http,
        )
        yield shopify, shopify.front
        shopify.store.close()
    else:
        woocommerce = make_woocommerce(
            folder / "w.sqlite",
            lambda: NOW,
            credentials=Credentials("ck", "cs", "whsec", "page"),
            url="http://store.example",
            helloword_url="http://helloword.example",
            http=http,
        )
        yield woocommerce, woocommerce.front
        woocommerce.store.close()
    http.close()


@pytest.fixture
def shop(made: tuple[Flask, Shop]) -> Shop:
    return made[1]


@pytest.fixture
def client(made: tuple[Flask, Shop]) -> FlaskClient:
    return made[0].test_client()


@pytest.fixture
def buyer(shop: Shop) -> str:
    return BUYERS[shop.source.platform]


@pytest.fixture
def signed_in(client: FlaskClient, buyer: str) -> FlaskClient:
    assert client.post("/sign-in", data={"chosen": buyer}).status_code == 303
    return client


def links(text: str) -> list[str]:
    """Every address of ours that a page leads to or shows."""
    return sorted(set(re.findall(r'(?:href|src)="(/[^"]*)"', text)))


def test_everything_the_home_page_leads_to_is_there(client: FlaskClient, shop: Shop) -> None:
    home = client.get("/").text
    for product in shop.source.products:
        assert f'href="/products/{product.key}"' in home
    answers = {address: client.get(address).status_code for address in links(home)}
    assert {address: code for address, code in answers.items() if code not in {200, 303}} == {}


def test_every_product_page_shows_its_choices_and_its_pictures(client: FlaskClient, shop: Shop) -> None:
    for product in shop.source.products:
        page = client.get(f"/products/{product.key}").text
        sold_out = not any(shop.stock(variant.sku) for variant in product.variants)
        assert ("Sold out for now." in page) is sold_out
        for _, values in () if sold_out else product.options:
            assert all(f"<span>{escape(value)}</span>" in page for value in values)
        assert all(client.get(f"/images/{image.name}").status_code == 200 for image in product.images)


def test_a_picture_is_a_drawing_that_can_do_nothing(client: FlaskClient, shop: Shop) -> None:
    answer = client.get(f"/images/{shop.source.products[0].images[0].name}")
    assert answer.mimetype == "image/svg+xml"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    for odd in ("nothing.svg", "..%2f..%2fplan.py", "%00"):
        assert client.get(f"/images/{odd}").status_code == 404


def test_somebody_buys_has_it_delivered_and_sees_it(client: FlaskClient, shop: Shop, buyer: str) -> None:
    product = next(one for one in shop.source.products if one.options and not one.final_sale)
    variant = product.variants[0]
    before, orders = shop.stock(variant.sku), len(shop.orders_of(buyer))
    chosen = {f"option-{name}": value for name, value in variant.options}
    answer = client.post(f"/products/{product.key}/buy", data={**chosen, "quantity": "2", "buyer": buyer})
    assert answer.status_code == 303
    assert shop.stock(variant.sku) == before - 2
    newest = shop.orders_of(buyer)[0]
    assert len(shop.orders_of(buyer)) == orders + 1
    assert (newest.progress, newest.refunded, newest.lines[0].quantity) == (Progress.PAID, 0, 2)
    assert newest.total >= newest.lines[0].total > 0
    thanks = client.get(answer.headers["Location"]).text
    assert f"Thank you! Order #{newest.number}" in " ".join(thanks.split())
    assert client.post(f"/account/orders/{newest.number}/deliver").status_code == 303
    page = client.get(f"/account/orders/{newest.number}").text
    assert f'href="{shop.returns_path}?number={newest.number}"' in page
    delivered = shop.order(newest.number)
    assert delivered is not None
    assert delivered.progress is Progress.DELIVERED
    assert delivered.delivered_at == NOW


def test_what_cannot_be_bought_is_said_and_changes_nothing(client: FlaskClient, shop: Shop, buyer: str) -> None:
    product = next(one for one in shop.source.products if one.options)
    variant = product.variants[0]
    chosen = {f"option-{name}": value for name, value in variant.options}
    before, orders = shop.stock(variant.sku), len(shop.orders_of(buyer))
    for form, words in (
        ({"quantity": "1", "buyer": buyer}, "Please choose"),
        ({**chosen, "quantity": "1"}, "Please choose who you are."),
        ({**chosen, "quantity": str(before + 1), "buyer": buyer}, "There are not so many of these any more."),
        ({**chosen, "quantity": "0", "buyer": buyer}, "There are not so many of these any more."),
        ({**chosen, "quantity": "-1", "buyer": buyer}, "There are not so many of these any more."),
    ):
        answer = client.post(f"/products/{product.key}/buy", data=form)
        assert answer.status_code == 422
        assert words in answer.text
    assert (shop.stock(variant.sku), len(shop.orders_of(buyer))) == (before, orders)


def test_one_s_own_orders_are_nobody_else_s(signed_in: FlaskClient, shop: Shop, buyer: str) -> None:
    page = signed_in.get("/account").text
    mine = [order.number for order in shop.orders_of(buyer)]
    assert all(f"#{number}" in page for number in mine)
    other = next(order for order in shop.source.orders if order.email != buyer)
    assert signed_in.get(f"/account/orders/{other.number}").status_code == 404
    assert signed_in.post(f"/account/orders/{other.number}/deliver").status_code == 404
    signed_in.post("/sign-out")
    assert signed_in.get("/account").headers["Location"] == "/sign-in"


def test_an_unknown_name_is_refused(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"email": "nobody@example.test"})
    assert answer.status_code == 422
    assert "Nobody with this address has bought here." in answer.text


def test_the_returns_page_stands_inside_the_store_s_own(client: FlaskClient, shop: Shop) -> None:
    for method, path in (("GET", ""), ("POST", "/items"), ("GET", "/status/abc")):
        page = client.open(f"{shop.returns_path}{path}", method=method)
        assert page.status_code == 200
        assert f"<p>{method} /storefront/{shop.source.platform}{path} " in page.text
        assert '<header class="top">' in page.text
        assert '<footer class="bottom">' in page.text


def test_what_is_not_there_is_said_inside_the_store(client: FlaskClient) -> None:
    for path in ("/products/nothing", "/nowhere"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "This page is not here" in answer.text
