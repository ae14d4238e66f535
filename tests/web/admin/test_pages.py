from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.container import Container
from app.core.kit.ids import new_id
from app.core.merchants import repository as stores
from app.core.merchants import service as merchants
from app.core.merchants.rules import Role
from app.core.returns import repository, service
from app.core.returns.policy import service as policies
from app.core.returns.rules import Decision, Parcel, Settlement
from app.web.app import create_pages
from tests.builders import NOW, WAREHOUSE, make_order, make_store, make_wish

PASSWORD = "correct horse battery"


@pytest.fixture
def app(container: Container) -> Flask:
    app = create_pages(container)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


class Shop:
    """A store with an owner and one return that waits for a decision."""

    def __init__(self, container: Container, role: Role = Role.OWNER) -> None:
        self.email = f"{new_id().hex}@example.test"
        with container.database.write() as session:
            store = make_store(session, return_address=None)
            merchants.enrol(session, store.id, self.email, "Mia Owner", PASSWORD, role, now=NOW)
            order = make_order(session, store)
            returned = service.submit(session, store, order, make_wish(order, 2), now=NOW)
            self.store_id, self.return_id, self.rma = store.id, returned.id, returned.rma
        self.container = container

    def give_address(self) -> None:
        with self.container.database.write() as session:
            found = stores.store(session, self.store_id)
            merchants.set_return_address(session, found, WAREHOUSE, actor="staff:x", now=NOW)

    def state(self) -> tuple[Decision, Parcel, Settlement]:
        with self.container.database.read() as session:
            returned = repository.get(session, self.store_id, self.return_id)
            return returned.decision, returned.parcel, returned.settlement


@pytest.fixture
def shop(container: Container) -> Shop:
    return Shop(container)


def sign_in(app: Flask, shop: Shop) -> FlaskClient:
    client = app.test_client()
    answer = client.post("/admin/sign-in", data={"email": shop.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


@pytest.fixture
def client(app: Flask, shop: Shop) -> FlaskClient:
    return sign_in(app, shop)


def test_without_signing_in_every_page_leads_to_the_door(app: Flask, shop: Shop) -> None:
    for path in ("/admin/", "/admin/settings", f"/admin/returns/{shop.return_id}"):
        answer = app.test_client().get(path)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/admin/sign-in")


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(app: Flask, shop: Shop) -> None:
    answers = [
        app.test_client().post("/admin/sign-in", data={"email": email, "password": "wrong wrong wrong"})
        for email in (shop.email, "nobody@example.test")
    ]
    assert [a.status_code for a in answers] == [403, 403]
    assert [a.text.count("do not belong together") for a in answers] == [1, 1]


def test_signing_in_never_leads_to_another_host(app: Flask, shop: Shop) -> None:
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example", "/admin\\@evil.example"):
        answer = app.test_client().post(
            "/admin/sign-in", query_string={"next": target}, data={"email": shop.email, "password": PASSWORD}
        )
        assert answer.headers["Location"] == "/admin/"


def test_a_form_without_its_token_is_refused(container: Container, shop: Shop) -> None:
    app = create_pages(container)
    answer = app.test_client().post("/admin/sign-in", data={"email": shop.email, "password": PASSWORD})
    assert answer.status_code == 400


def test_the_inbox_shows_what_needs_a_person(client: FlaskClient, shop: Shop) -> None:
    page = client.get("/admin/").text
    assert shop.rma in page
    assert "Karla Kunde" in page
    assert "165.75" in page


def test_search_finds_by_number_name_and_sku_and_says_so_when_nothing_matches(client: FlaskClient, shop: Shop) -> None:
    for words in (shop.rma, "karla", "SKU-L1", "merino 1001"):
        assert shop.rma in client.get("/admin/", query_string={"queue": "all", "q": words}).text
    assert "Nothing matches" in client.get("/admin/", query_string={"queue": "all", "q": "%"}).text


def test_without_a_return_address_approving_says_what_is_missing_and_nothing_moves(
    client: FlaskClient, shop: Shop
) -> None:
    answer = client.post(f"/admin/returns/{shop.return_id}/approve", follow_redirects=True)
    assert "enter your return address" in answer.text
    assert shop.state()[0] is Decision.REVIEW


def test_a_return_is_approved_received_inspected_and_its_refund_promised(client: FlaskClient, shop: Shop) -> None:
    shop.give_address()
    client.post(f"/admin/returns/{shop.return_id}/approve")
    client.post(f"/admin/returns/{shop.return_id}/receive")
    page = client.get(f"/admin/returns/{shop.return_id}").text
    names = [
        part.split('"')[0].removeprefix("grade-") for part in page.split('name="')[1:] if part.startswith("grade-")
    ]
    assert len(names) == 2
    form = {f"grade-{n}": "new" for n in names} | {f"disposition-{n}": "restock" for n in names}
    client.post(f"/admin/returns/{shop.return_id}/inspect", data=form)
    assert shop.state() == (Decision.APPROVED, Parcel.INSPECTED, Settlement.PENDING)
    assert "165.75" in client.get(f"/admin/returns/{shop.return_id}").text


def test_an_inspection_without_a_grade_keeps_what_was_filled_in(client: FlaskClient, shop: Shop) -> None:
    shop.give_address()
    client.post(f"/admin/returns/{shop.return_id}/approve")
    client.post(f"/admin/returns/{shop.return_id}/receive")
    page = client.get(f"/admin/returns/{shop.return_id}").text
    name = next(part.split('"')[0] for part in page.split('name="')[1:] if part.startswith("note-"))
    answer = client.post(f"/admin/returns/{shop.return_id}/inspect", data={name: "button is loose"})
    assert answer.status_code == 422
    assert 'value="button is loose"' in answer.text
    assert shop.state()[1] is Parcel.RECEIVED


def test_two_staff_members_deciding_at_once_the_second_is_told(client: FlaskClient, shop: Shop) -> None:
    shop.give_address()
    client.post(f"/admin/returns/{shop.return_id}/approve")
    answer = client.post(f"/admin/returns/{shop.return_id}/decline", data={"reason": "worn"}, follow_redirects=True)
    assert "already moved this on" in answer.text
    assert shop.state()[0] is Decision.APPROVED


def test_chosen_returns_are_approved_together(client: FlaskClient, shop: Shop) -> None:
    shop.give_address()
    answer = client.post(
        "/admin/bulk", data={"return_id": [str(shop.return_id), str(new_id()), "junk"]}, follow_redirects=True
    )
    assert "1 return approved." in answer.text
    assert "1 return was left alone" in answer.text
    assert shop.state()[0] is Decision.APPROVED


def test_another_stores_return_does_not_exist(app: Flask, container: Container, client: FlaskClient) -> None:
    other = Shop(container)
    for verb in ("approve", "decline", "receive", "inspect"):
        assert client.post(f"/admin/returns/{other.return_id}/{verb}").status_code == 404
    assert client.get(f"/admin/returns/{other.return_id}").status_code == 404
    assert other.rma not in client.get("/admin/", query_string={"queue": "all"}).text
    assert client.post("/admin/store", data={"store_id": str(other.store_id)}).status_code == 404
    assert other.state()[0] is Decision.REVIEW


def test_the_warehouse_decides_nothing_and_changes_no_settings(app: Flask, container: Container) -> None:
    shop = Shop(container, Role.WAREHOUSE)
    client = sign_in(app, shop)
    assert client.post(f"/admin/returns/{shop.return_id}/approve").status_code == 403
    assert client.post("/admin/settings/policy", data={"window_days": "1"}).status_code == 403
    assert shop.state()[0] is Decision.REVIEW


def test_a_saved_policy_is_a_new_version_and_a_wrong_number_stands_beside_its_field(
    client: FlaskClient, container: Container, shop: Shop
) -> None:
    good = {
        "window_days": "14",
        "credit_bonus_percent": "0",
        "keep_percent": "0",
        "transit_days": "7",
        "label_expires_days": "21",
        "final_sale_tags": "sale, last-chance",
        "refund_trigger": "receipt",
        "refund_shipping": "never",
    }
    assert client.post("/admin/settings/policy", data=good).status_code == 302
    bad = client.post("/admin/settings/policy", data=good | {"window_days": "0"})
    assert bad.status_code == 422
    assert 'id="wrong-window_days"' in bad.text
    with container.database.read() as session:
        version, policy = policies.in_force(session, shop.store_id)
    assert (version, policy.window_days, policy.final_sale_tags) == (1, 14, ("sale", "last-chance"))


def test_an_incomplete_address_is_refused_and_what_was_typed_stays(client: FlaskClient, shop: Shop) -> None:
    answer = client.post(
        "/admin/settings/address", data={"name": "Dock", "line1": "", "city": "Bremen", "country": "DE"}
    )
    assert answer.status_code == 422
    assert 'id="wrong-line1"' in answer.text
    assert 'value="Bremen"' in answer.text


def test_credentials_are_proved_before_they_are_kept_and_never_shown(
    client: FlaskClient, container: Container, shop: Shop
) -> None:
    refused = client.post("/admin/settings/connection", data={"consumer_secret": "cs_secret_value"})
    assert refused.status_code == 422
    assert "The key was not accepted." in refused.text
    kept = client.post(
        "/admin/settings/connection", data={"consumer_key": "ck_1", "consumer_secret": "cs_secret_value"}
    )
    assert kept.status_code == 302
    assert "cs_secret_value" not in client.get("/admin/settings").text
    with container.database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT ciphertext FROM store_credentials").scalars().all()
    assert len(rows) == 2
    assert not any("cs_secret_value" in row for row in rows)


def test_a_page_of_the_inbox_costs_the_same_queries_whatever_it_holds(
    client: FlaskClient, container: Container, shop: Shop
) -> None:
    counted: list[str] = []

    @event.listens_for(container.database.engine, "before_cursor_execute")
    def _count(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        counted.append(statement)

    def queries() -> int:
        counted.clear()
        assert client.get("/admin/", query_string={"queue": "all"}).status_code == 200
        return len(counted)

    one = queries()
    with container.database.write() as session:
        store = stores.store(session, shop.store_id)
        for number in range(30):
            order = make_order(session, store, ref=f"x{number}", number=f"x{number}")
            service.submit(session, store, order, make_wish(order), now=NOW)
    assert queries() == one


def test_every_page_speaks_the_readers_language(app: Flask, shop: Shop) -> None:
    client = sign_in(app, shop)
    for tag in ("de", "zh-Hans"):
        client.post("/admin/language", data={"lang": tag})
        assert f'lang="{tag}"' in client.get("/admin/").text


def test_the_health_check_asks_the_database(app: Flask) -> None:
    assert app.test_client().get("/health").json == {"status": "ok"}


def test_ids_in_addresses_are_checked(client: FlaskClient) -> None:
    assert client.get("/admin/returns/not-a-uuid").status_code == 404
    assert client.get("/admin/", query_string={"after": "x", "queue": "nonsense"}).status_code == 200
