from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.container import Container
from app.core.merchants.rules import PlatformName
from app.web.app import create_pages
from tests.builders import make_store

TYPED = {"number": "1", "email": "a@b.example"}


@pytest.fixture
def client(container: Container) -> FlaskClient:
    with container.database.write() as session:
        make_store(session, platform=PlatformName.WOOCOMMERCE, url="https://acme.example", slug="acme")
    return create_pages(container).test_client()


def asked(client: FlaskClient, path: str, times: int, **query: str) -> list[int]:
    return [client.post(path, data=TYPED, query_string=query).status_code for _ in range(times)]


def test_codes_are_asked_for_so_often_and_no_oftener(client: FlaskClient) -> None:
    assert asked(client, "/r/acme/", 13) == [200] * 12 + [429]
    assert client.get("/r/acme/").status_code == 200


def test_shoppers_inside_a_storefront_share_an_address_and_are_counted_apart(client: FlaskClient) -> None:
    assert asked(client, "/storefront/woocommerce/", 40, shop="acme.example") == [200] * 40
    assert asked(client, "/r/acme/", 1) == [200]


def test_signing_in_is_tried_so_often_and_no_oftener(client: FlaskClient) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = False
    tried = [
        client.post("/admin/sign-in", data={"email": "a@b.example", "password": "wrong wrong wrong"}).status_code
        for _ in range(11)
    ]
    assert tried == [403] * 10 + [429]
