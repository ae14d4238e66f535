"""What the shopper reads before confirming and on the status page: money, postage, the wish, what happens next."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from app.core.returns.models import Return
from tests.web.portal.conftest import World, hidden
from tests.web.portal.test_way_further import chosen, start, submitted, text, with_label


def moved(world: World, made: Return, **states: Any) -> str:
    with world.container.database.write() as session:
        session.execute(update(Return).where(Return.id == made.id).values(**states))
    return world.client.get(f"/r/acme/status/{made.access_key}").text


def test_the_money_comes_first_and_that_the_postage_is_the_shoppers_is_said_before_confirming(world: World) -> None:
    order = world.add_order()
    said = text(world.client.post("/r/acme/items", data=start(world, order) | chosen(world.line(order))).text)
    assert said.index("You get back €59.50 to your card") < said.index("Approved as soon as you confirm")
    assert said.index("It carries the address but no postage") < said.index("Confirm return")
    assert "Shipping Shipping is not refunded with this return. €0.00" in said


def test_another_size_or_colour_is_wished_for_and_goes_to_a_person(world: World) -> None:
    order = world.add_order()
    form = start(world, order) | chosen(world.line(order)) | {"outcome": "exchange"}
    page = world.client.post("/r/acme/items", data=form)
    said = text(page.text)
    assert "You would like another size or colour, so a person sees what can be done." in said
    assert "If it ends in a refund, you get back €59.50 to your card" in said
    back = world.client.post("/r/acme/items", data=hidden(page.text, "items"))
    assert 'value="exchange" checked' in back.text
    world.client.post("/r/acme/confirm", data=hidden(page.text, "confirm"))
    (made,) = world.returns()
    assert (made.outcome_wished, made.decision.value) == ("exchange", "review")


def test_a_wish_that_is_not_offered_is_told_beside_the_choice_and_nothing_is_made(world: World) -> None:
    order = world.add_order()
    form = start(world, order) | chosen(world.line(order)) | {"outcome": "gold"}
    page = world.client.post("/r/acme/items", data=form)
    assert page.status_code == 422
    assert 'id="hw-outcome-error">The store does not offer this any more.' in page.text
    assert world.returns() == []


def test_one_wrong_field_announces_itself_and_has_the_focus_without_a_list_above(world: World) -> None:
    page = world.client.post("/r/acme/", data={"number": "#1001", "email": "anna"}).text
    assert 'id="hw-email-error" role="alert">' in page
    assert 'aria-invalid="true" autofocus>' in page
    assert "hw-summary" not in page


def test_an_expired_label_is_not_offered_again_and_no_money_is_promised(world: World) -> None:
    made = submitted(world, world.add_order())
    with_label(world, made)
    page = moved(world, made, parcel="expired")
    assert "/label/" not in page
    assert "This return is closed and nothing is refunded" in page
    assert "59.50" not in page


@pytest.mark.parametrize(
    ("states", "reached"),
    [
        ({"parcel": "labelled"}, "Approved"),
        ({"parcel": "in_transit"}, "On its way"),
        ({"parcel": "received"}, "Arrived"),
        ({"parcel": "inspected", "settlement": "pending"}, "Arrived"),
        ({"parcel": "inspected", "settlement": "refunded"}, "Refunded"),
    ],
)
def test_the_steps_say_how_far_a_return_is(world: World, states: dict[str, str], reached: str) -> None:
    page = moved(world, submitted(world, world.add_order()), **states)
    assert f'aria-current="step"><span class="hw-step-name">{reached}</span>' in page


@pytest.mark.parametrize("states", [{"parcel": "lost"}, {"parcel": "labelled", "settlement": "refunded"}])
def test_where_the_steps_would_mislead_there_are_none(world: World, states: dict[str, str]) -> None:
    assert "hw-steps" not in moved(world, submitted(world, world.add_order()), **states)


def test_a_refund_that_failed_asks_nothing_of_the_shopper(world: World) -> None:
    page = text(moved(world, submitted(world, world.add_order()), parcel="inspected", settlement="failed"))
    assert "Acme knows and sees to it; there is nothing for you to do." in page
    assert "The refund starts" not in page


def test_the_label_says_that_the_postage_is_not_on_it(world: World) -> None:
    made = submitted(world, world.add_order())
    with_label(world, made)
    assert "The label carries no postage" in world.client.get(f"/r/acme/status/{made.access_key}").text


def test_the_status_page_can_be_read_in_another_language(world: World) -> None:
    made = submitted(world, world.add_order())
    address = f"/r/acme/status/{made.access_key}"
    assert f'href="{address}?lang=de"' in world.client.get(address).text
    assert "Ihre Artikel" in world.client.get(f"{address}?lang=de").text
