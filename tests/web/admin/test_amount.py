"""Another amount by staff, from the form to the promise; and the policy's money settings."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.container import Container
from app.core.merchants.rules import Role
from app.core.messaging import history
from app.core.returns import repository
from app.core.returns.charges.rules import Fee, FeePer, FreeItems
from app.core.returns.policy import service as policies
from app.core.returns.rules import Settlement
from tests.web.admin.shop import Shop, sign_in


@pytest.fixture
def return_id(shop: Shop) -> UUID:
    return shop.ask("1001")


@pytest.fixture
def client(app: Flask, shop: Shop, return_id: UUID) -> FlaskClient:
    signed_in = sign_in(app, shop)
    assert signed_in.post(f"/admin/returns/{return_id}/approve").status_code == 302
    return signed_in


def send(client: FlaskClient, return_id: UUID, amount: str, reason: str = "a stain") -> tuple[int, str]:
    answer = client.post(f"/admin/returns/{return_id}/amount", data={"amount": amount, "amount_reason": reason})
    return answer.status_code, answer.get_data(as_text=True)


def settlement(shop: Shop, return_id: UUID) -> Settlement:
    with shop.container.database.read() as session:
        return repository.get(session, shop.id, return_id).settlement


@pytest.mark.parametrize("typed", ["12.50", "12,50", " 12.5 "])
def test_an_amount_with_its_reason_is_promised_once(
    client: FlaskClient, shop: Shop, return_id: UUID, typed: str
) -> None:
    assert send(client, return_id, typed)[0] == 302
    assert send(client, return_id, "13")[0] == 302  # a second click: refused, and the page says so
    with shop.container.database.read() as session:
        returned = repository.get(session, shop.id, return_id)
        assert [refund.amount_minor for refund in returned.refunds] == [1250]
        assert returned.settlement is Settlement.PENDING
        said = history.of(session, shop.id, return_id)[-1]
        assert (said.event, said.reason) == ("start", "a stain")
    page = client.get(f"/admin/returns/{return_id}").get_data(as_text=True)
    assert "Somebody has already moved this on" in page
    assert "Adjusted by the store" in page


@pytest.mark.parametrize(
    ("typed", "reason", "says"),
    [
        ("twelve", "a stain", "Please write an amount"),
        ("", "a stain", "Please write an amount"),
        ("12.505", "a stain", "Please write an amount"),
        ("-1", "a stain", "The amount cannot be below zero."),
        ("12.50", "  ", "Please write a short reason."),
    ],
)
def test_what_is_no_amount_or_has_no_reason_is_said_beside_its_field(
    client: FlaskClient, shop: Shop, return_id: UUID, typed: str, reason: str, says: str
) -> None:
    status, page = send(client, return_id, typed, reason)
    assert (status, says in page) == (422, True)
    assert f'value="{typed}"' in page  # nothing typed is lost
    assert settlement(shop, return_id) is Settlement.NONE


def test_more_than_was_paid_is_refused_in_words(client: FlaskClient, shop: Shop, return_id: UUID) -> None:
    assert send(client, return_id, "99999")[0] == 302
    page = client.get(f"/admin/returns/{return_id}").get_data(as_text=True)
    assert "more than is left of what was paid" in page
    assert settlement(shop, return_id) is Settlement.NONE


def test_the_warehouse_gives_no_money(app: Flask, container: Container) -> None:
    shop = Shop(container, Role.WAREHOUSE)
    assert send(sign_in(app, shop), shop.ask("1001"), "1")[0] == 403


POLICY = {
    "window_days": "30",
    "transit_days": "10",
    "label_expires_days": "28",
    "final_sale_tags": "",
    "refund_trigger": "inspection",
    "refund_shipping": "never",
    "credit_bonus_percent": "10",
    "keep_percent": "30",
}


def test_the_money_settings_are_kept_as_a_new_version(client: FlaskClient, shop: Shop) -> None:
    given = POLICY | {
        "store_credit": "on",
        "free_items": "claw_back",
        "fee_amount": "4,90",
        "fee_per": "order",
        "fee_reasons": ["too_small", "changed_mind"],
        "fee_outcomes": ["refund"],
    }
    assert client.post("/admin/settings/policy", data=given).status_code == 302
    with shop.container.database.read() as session:
        _, policy = policies.in_force(session, shop.id)
    assert policy.fees == (Fee(490, FeePer.ORDER, ("too_small", "changed_mind"), ("refund",)),)
    assert (policy.store_credit, policy.credit_bonus_percent, policy.keep_percent) == (True, 10, 30)
    assert policy.free_items is FreeItems.CLAW_BACK
    page = client.get("/admin/settings").get_data(as_text=True)
    assert 'name="fee_amount" inputmode="decimal" value="4.90"' in page


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("credit_bonus_percent", "101"),
        ("keep_percent", "100"),
        ("fee_amount", "much"),
        ("fee_amount", "-1"),
        ("fee_per", "weekly"),
        ("free_items", "sometimes"),
        ("fee_reasons", "bad_mood"),
    ],
)
def test_a_value_that_no_policy_can_have_is_refused(client: FlaskClient, shop: Shop, field: str, value: str) -> None:
    answer = client.post("/admin/settings/policy", data=POLICY | {"fee_amount": "1"} | {field: value})
    assert answer.status_code == 422
    with shop.container.database.read() as session:
        assert policies.in_force(session, shop.id)[0] == 0
