"""Connecting the first store, and what stops somebody from connecting a wrong one."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.container import Container
from app.core.kit.errors import ProviderError
from app.core.merchants import repository
from app.core.merchants import service as merchants
from app.core.merchants.rules import PlatformName, Role
from tests.builders import NOW
from tests.fakes.store import FakePlatform
from tests.web.admin.shop import PASSWORD, Shop, sign_in

FORM = {
    "platform": "woocommerce",
    "url": "shop.example",
    "consumer_key": "ck_1",
    "consumer_secret": "cs_1",
    "webhook_secret": "whsec_1",
    "storefront_secret": "page_1",
}


@pytest.fixture
def account(container: Container) -> UUID:
    with container.database.write() as session:
        return merchants.set_account(session, "mia@example.test", "Mia", PASSWORD, now=NOW).id


@pytest.fixture
def client(app: Flask, account: UUID) -> FlaskClient:
    client = app.test_client()
    client.post("/admin/sign-in", data={"email": "mia@example.test", "password": PASSWORD})
    return client


def stores_of(container: Container, account: UUID) -> list[tuple[str, Role]]:
    with container.database.read() as session:
        return [(store.url, membership.role) for membership, store in repository.memberships(session, account)]


def test_whoever_has_no_store_yet_is_led_to_connect_one(client: FlaskClient) -> None:
    answer = client.get("/admin/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/stores/new")
    page = client.get("/admin/stores/new", query_string={"platform": "woocommerce"})
    assert page.status_code == 200
    made_up = [
        part.split('value="')[1].split('"')[0] for part in page.text.split('name="')[1:] if "_secret" in part[:18]
    ]
    assert min(len(secret) for secret in made_up if secret) >= 32
    assert client.get("/admin/stores/new").text.count("Consumer key") == 0


def test_a_store_is_asked_and_then_kept_encrypted(client: FlaskClient, container: Container, account: UUID) -> None:
    answer = client.post("/admin/stores/new", data=FORM)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/settings#address")
    assert stores_of(container, account) == [("https://shop.example", Role.OWNER)]
    with container.database.read() as session:
        store = repository.by_url(session, PlatformName.WOOCOMMERCE, "https://shop.example")
        assert store is not None
        rows = repository.credentials(session, store.id)
        assert all("_1" not in row.ciphertext for row in rows.values())
        assert merchants.connection(session, container.vault, store).credentials["consumer_secret"] == "cs_1"
    page = client.get("/admin/settings").text
    assert f"/webhooks/woocommerce/{store.slug}" in page
    assert "cs_1" not in page


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": ""}, "Please fill this in."),
        ({"url": "nowhere"}, "This is not the address of a store that we can reach."),
        ({"consumer_secret": " "}, "Please fill this in."),
    ],
)
def test_what_is_missing_is_said_beside_it_and_nothing_typed_is_lost(
    client: FlaskClient, container: Container, account: UUID, changed: dict[str, str], words: str
) -> None:
    answer = client.post("/admin/stores/new", data=FORM | changed)
    assert answer.status_code == 422
    assert answer.text.count(words) == 1
    assert 'value="ck_1"' in answer.text
    assert stores_of(container, account) == []


def test_a_store_that_refuses_the_key_is_not_kept(
    client: FlaskClient, container: Container, account: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ProviderError("woocommerce", "the key may only read", code="read_only_key")

    monkeypatch.setattr(FakePlatform, "facts", refuse)
    answer = client.post("/admin/stores/new", data=FORM)
    assert answer.status_code == 422
    assert "the key may only read" in answer.text
    assert stores_of(container, account) == []


def test_somebody_else_s_store_cannot_be_connected(client: FlaskClient, container: Container, account: UUID) -> None:
    Shop(container, url="https://shop.example", platform=PlatformName.WOOCOMMERCE)
    answer = client.post("/admin/stores/new", data=FORM)
    assert answer.status_code == 422
    assert "Somebody else has connected this store already." in answer.text
    assert stores_of(container, account) == []


def test_an_account_that_is_gone_is_signed_out(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        session["account_id"] = str(UUID(int=1))
    assert client.get("/admin/stores/new").headers["Location"] == "/admin/sign-in"


def test_the_returns_page_of_the_store_is_a_setting(app: Flask, container: Container) -> None:
    shop = Shop(container)
    client = sign_in(app, shop)
    saved = client.post("/admin/settings/look", data={"returns_url": "https://shop.example/returns/"})
    assert saved.status_code == 302
    assert 'value="https://shop.example/returns"' in client.get("/admin/settings").text
    refused = client.post("/admin/settings/look", data={"returns_url": "http://shop.example/returns"})
    assert refused.status_code == 422
    assert "This setting cannot be used." in refused.text
    emptied = client.post("/admin/settings/look", data={"returns_url": ""})
    assert emptied.status_code == 302
    with container.database.read() as session:
        assert repository.store(session, shop.id).returns_url is None
