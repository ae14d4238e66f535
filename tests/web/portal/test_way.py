"""The whole way of a return through the pages, as a browser without JavaScript walks it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from app.core.orders.models import Order, OrderLine
from app.core.returns.models import AccessChallenge, Return
from tests.web.portal.conftest import NOW, World, hidden


def chosen(line: OrderLine, reason: str = "too_small", quantity: int = 1, **answers: str) -> dict[str, Any]:
    return {
        "line": str(line.id),
        f"quantity-{line.id}": str(quantity),
        f"reason-{line.id}": reason,
        **{f"answer-{line.id}-{question}": answer for question, answer in answers.items()},
    }


def start(world: World, order: Order) -> dict[str, Any]:
    """The hidden inputs of the items page."""
    page = world.client.get(f"/r/acme/order?t={world.proved(order)}")
    assert page.status_code == 200
    return {name: value for name, value in hidden(page.text, "items").items() if name in {"t", "k"}}


def review(world: World, form: dict[str, Any]) -> dict[str, Any]:
    """On to the review; its confirm form."""
    page = world.client.post("/r/acme/items", data=form)
    assert page.status_code == 200, page.text
    return hidden(page.text, "confirm")


def submitted(world: World, order: Order, **values: Any) -> Return:
    """All the way."""
    form = review(world, start(world, order) | chosen(world.line(order), **values))
    answer = world.client.post("/r/acme/confirm", data=form)
    assert answer.status_code == 303
    return world.returns()[-1]


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.rpartition("<main")[2])).replace("&#39;", "'")


# --- which order -----------------------------------------------------------------------------------------------------


def test_an_order_that_exists_and_one_that_does_not_get_the_same_answer(world: World) -> None:
    world.add_order()
    pages = [
        world.client.post("/r/acme/", data={"number": number, "email": "anna@example.com"})
        for number in ("#1001", "#9999")
    ]
    bodies = [re.sub(r'value="[^"]*"|nonce="[^"]*"|nonce-[^\']*', "", page.text) for page in pages]
    assert [page.status_code for page in pages] == [200, 200]
    assert bodies[0] == bodies[1]
    assert len(world.mailed_codes()) == 1


def test_a_wrong_code_gets_the_same_answer_whether_the_order_exists_or_not(world: World) -> None:
    world.add_order()
    answers = []
    for number in ("#1001", "#9999"):
        page = world.client.post("/r/acme/", data={"number": number, "email": "anna@example.com"})
        right = world.mailed_codes()[-1]
        wrong = "000000" if right != "000000" else "000001"
        answers.append(world.client.post("/r/acme/code", data=hidden(page.text, "code") | {"code": wrong}))
    assert [a.status_code for a in answers] == [422, 422]
    assert all("This is not the right code. You can try 4 more times." in a.text for a in answers)
    assert text(answers[0].text) == text(answers[1].text)


def test_empty_fields_are_told_beside_them_and_nothing_typed_is_lost(world: World) -> None:
    page = world.client.post("/r/acme/", data={"number": "#1001", "email": "anna"})
    assert page.status_code == 422
    assert 'value="#1001"' in page.text
    assert 'value="anna"' in page.text
    assert 'aria-describedby="hw-email-hint hw-email-error" aria-invalid="true"' in page.text
    assert world.rows(AccessChallenge) == []


def test_after_five_wrong_codes_the_right_one_is_refused_too(world: World) -> None:
    order = world.add_order()
    page = world.client.post("/r/acme/", data={"number": order.number, "email": order.email})
    form, right = hidden(page.text, "code"), world.mailed_codes()[-1]
    wrong = "000000" if right != "000000" else "000001"
    said = [world.client.post("/r/acme/code", data=form | {"code": wrong}).text for _ in range(5)]
    assert "You can try 1 more time." in said[3]
    assert "This code can no longer be used." in said[4]
    last = world.client.post("/r/acme/code", data=form | {"code": right})
    assert last.status_code == 422
    assert "This code can no longer be used." in last.text


def test_a_code_out_of_time_is_refused(world: World) -> None:
    order = world.add_order()
    page = world.client.post("/r/acme/", data={"number": order.number, "email": order.email})
    form = hidden(page.text, "code") | {"code": world.mailed_codes()[-1]}
    world.clock.at += timedelta(minutes=16)
    answer = world.client.post("/r/acme/code", data=form)
    assert answer.status_code == 422
    assert "This code can no longer be used." in answer.text


def test_a_code_with_blanks_is_taken_and_one_with_five_digits_costs_no_try(world: World) -> None:
    order = world.add_order()
    page = world.client.post("/r/acme/", data={"number": order.number, "email": order.email})
    form, right = hidden(page.text, "code"), world.mailed_codes()[-1]
    short = world.client.post("/r/acme/code", data=form | {"code": right[:5]})
    assert short.status_code == 422
    assert f'value="{right[:5]}"' in short.text
    assert world.rows(AccessChallenge)[0].attempts == 0
    assert world.client.post("/r/acme/code", data=form | {"code": f"{right[:3]} {right[3:]}"}).status_code == 303


def test_another_code_is_sent_only_after_a_moment(world: World) -> None:
    order = world.add_order()
    page = world.client.post("/r/acme/", data={"number": order.number, "email": order.email})
    again = next(
        hidden(form) for form in re.findall(r"<form.*?</form>", page.text, re.DOTALL) if 'name="again"' in form
    )
    assert "A code was sent just now" in world.client.post("/r/acme/", data=again).text
    assert len(world.mailed_codes()) == 1
    world.clock.at += timedelta(seconds=31)
    assert "We have sent a new code" in world.client.post("/r/acme/", data=again).text
    assert len(world.mailed_codes()) == 2


def test_a_pass_is_out_of_time_after_an_hour(world: World) -> None:
    order = world.add_order()
    order_pass = world.proved(order)
    world.clock.at += timedelta(minutes=61)
    page = world.client.get(f"/r/acme/order?t={order_pass}")
    assert page.status_code == 403
    assert "This page was open for too long." in page.text
    assert "Linen shirt" not in page.text


# --- what comes back -------------------------------------------------------------------------------------------------


def test_the_whole_way_without_javascript_ends_in_an_approved_return(world: World) -> None:
    order = world.add_order()
    line = world.line(order)
    page = world.client.post("/r/acme/items", data=start(world, order) | chosen(line, usual_size="L"))
    said = text(page.text)
    assert "Approved as soon as you confirm" in said
    assert "1 \u00d7 Linen shirt M / Black Too small €59.50" in said
    assert "Total including €9.50 tax €59.50" in said
    assert "€59.50 to your card" in said
    assert "ends on December 19, 2026" in said
    answer = world.client.post("/r/acme/confirm", data=hidden(page.text, "confirm"))
    (returned,) = world.returns()
    assert answer.location == f"/r/acme/status/{returned.access_key}?new=1"
    assert (returned.decision.value, returned.quoted_minor, returned.units) == ("approved", 5950, 1)
    assert world.line(order).requested == 1
    status = text(world.client.get(answer.location).text)
    assert f"Return {returned.rma}" in status
    assert "Approved: please send it back" in status
    assert "Your label is being made." in status
    assert "20457 Hamburg GERMANY" in status
    assert "The return was requested." in status


def test_the_whole_order_brings_the_shipping_back(world: World) -> None:
    order = world.add_order(lines=[{}])
    said = text(world.client.post("/r/acme/items", data=start(world, order) | chosen(world.line(order))).text)
    assert "Shipping you paid €4.90" in said
    assert "€64.40 to your card" in said


def test_tax_on_top_is_shown_on_its_own_line(world: World) -> None:
    order = world.add_order(prices_include_tax=False)
    said = text(world.client.post("/r/acme/items", data=start(world, order) | chosen(world.line(order))).text)
    assert "€50.00" in said
    assert "Tax €9.50" in said
    assert "Total €59.50" in said


def test_nothing_chosen_is_told_and_nothing_is_made(world: World) -> None:
    order = world.add_order()
    page = world.client.post("/r/acme/items", data=start(world, order))
    assert page.status_code == 422
    assert "Please choose at least one item." in page.text
    assert world.returns() == []


def test_every_problem_is_told_at_once_beside_its_field_and_nothing_typed_is_lost(world: World) -> None:
    order = world.add_order()
    line, socks = world.line(order), world.line(order, 1)
    form = start(world, order) | {
        "line": [str(line.id), str(socks.id)],
        f"quantity-{line.id}": "1",
        f"reason-{line.id}": "not_as_described",
        f"note-{line.id}": "The <b>seam</b> is blue",
        f"quantity-{socks.id}": "9",
        f"reason-{socks.id}": "",
    }
    page = world.client.post("/r/acme/items", data=form)
    assert page.status_code == 422
    for field, item, words in (
        (f"answer-{line.id}-differs_in", "Linen shirt", "Please answer this question."),
        (f"quantity-{socks.id}", "Wool socks", "Only 2 of these can still come back."),
        (f"reason-{socks.id}", "Wool socks", "Please choose a reason."),
    ):
        assert f'<a href="#hw-{field}">{item}: {words}</a>' in page.text
        assert f'id="hw-{field}-error">{words}' in page.text
        assert f'aria-describedby="hw-{field}-error"' in page.text
    assert "The &lt;b&gt;seam&lt;/b&gt; is blue" in page.text
    assert '<option value="not_as_described" selected>' in page.text
    assert '<option value="9" selected>9</option>' in page.text
    assert page.text.count(" checked") == 3  # two items and the wished outcome
    assert f'name="k" value="{form["k"]}"' in page.text
    assert world.returns() == []
    assert world.line(order, 1).requested == 0


def test_going_back_from_the_review_keeps_everything(world: World) -> None:
    order = world.add_order()
    line = world.line(order)
    data = start(world, order) | chosen(line, where_tight="waist") | {f"note-{line.id}": "Too tight"}
    edit = hidden(world.client.post("/r/acme/items", data=data).text, "items")
    assert edit["edit"] == "1"
    page = world.client.post("/r/acme/items", data=edit)
    assert page.status_code == 200
    assert '<option value="too_small" selected>' in page.text
    assert '<option value="waist" selected>' in page.text
    assert ">Too tight</textarea>" in page.text


def test_a_line_of_another_order_is_not_seen(world: World) -> None:
    order, other = world.add_order(), world.add_order(number="#1002")
    page = world.client.post("/r/acme/items", data=start(world, order) | chosen(world.line(other)))
    assert page.status_code == 422
    assert "Please choose at least one item." in page.text
    assert world.line(other).requested == 0


def test_what_cannot_come_back_is_shown_with_why(world: World) -> None:
    kinds: list[dict[str, Any]] = [{"gift_card": True}, {"tags": ["final-sale"]}, {"refunded_elsewhere": 1}]
    order = world.add_order(lines=[{}, *kinds])
    page = world.client.get(f"/r/acme/order?t={world.proved(order)}")
    said = text(page.text)
    assert "Gift cards, downloads and services cannot be sent back." in said
    assert "It was sold as final sale, so it can only come back if something is wrong with it." in said
    assert "All of these have been returned or refunded already." in said
    assert page.text.count(" disabled") == 2


def test_a_change_of_mind_after_the_window_is_declined_with_the_date_and_a_way_to_a_person(world: World) -> None:
    order = world.add_order(delivered_at=NOW - timedelta(days=40))
    page = world.client.post("/r/acme/items", data=start(world, order) | chosen(world.line(order)))
    said = text(page.text)
    assert "This cannot be returned by the store's rules" in said
    assert "The return period ended on November 10, 2026." in said
    assert "write to help@acme.example" in said
    answer = world.client.post("/r/acme/confirm", data=hidden(page.text, "confirm"))
    status = text(world.client.get(answer.location).text)
    assert "This return was declined" in status
    assert "The return period ended on November 10, 2026." in status
    assert "You can ask for a person to look at it again: help@acme.example" in status
    assert world.line(order).requested == 0
