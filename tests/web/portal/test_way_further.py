"""The whole way of a return through the pages, as a browser without JavaScript walks it."""

from __future__ import annotations

import io
import re
from typing import Any

from sqlalchemy import update

from app.core.kit.ids import new_id
from app.core.labels.models import Label
from app.core.merchants.models import Store
from app.core.messaging.models import OutboxMessage
from app.core.orders.models import Order, OrderLine
from app.core.returns.models import Return, ReturnPhoto
from app.core.returns.policy import service as policies
from app.core.returns.policy.rules import Policy
from tests.web.portal.conftest import NOW, World, hidden, picture


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


def test_a_store_without_a_return_address_says_before_that_a_person_looks(world: World) -> None:
    order = world.add_order()
    with world.container.database.write() as session:
        session.execute(update(Store).where(Store.id == world.store.id).values(return_address=None))
    page = world.client.post("/r/acme/items", data=start(world, order) | chosen(world.line(order)))
    assert "A person at Acme will look at it" in text(page.text)
    world.client.post("/r/acme/confirm", data=hidden(page.text, "confirm"))
    assert world.returns()[0].decision.value == "review"


# --- photos ----------------------------------------------------------------------------------------------------------


def test_a_photo_goes_with_the_return_cleaned_and_under_the_store(world: World) -> None:
    order = world.add_order()
    line = world.line(order)
    data = start(world, order) | chosen(line, "defective", seen_when="in_use")
    page = world.client.post("/r/acme/items", data=data | {f"photos-{line.id}": (io.BytesIO(picture()), "hole.png")})
    assert "The photo shows what is wrong." in page.text
    assert "1 photo goes with it." in page.text
    world.client.post("/r/acme/confirm", data=hidden(page.text, "confirm"))
    (photo,) = world.rows(ReturnPhoto)
    assert photo.file_key == f"{world.store.id}/photos/{photo.id}.jpg"
    assert world.files.kept[photo.file_key].startswith(b"\xff\xd8\xff")
    assert photo.return_line_id is not None
    assert photo.content_type == "image/jpeg"


def test_a_photo_that_is_none_is_told_by_name_while_the_good_one_stays(world: World) -> None:
    order = world.add_order()
    line = world.line(order)
    files = [(io.BytesIO(picture()), "good.png"), (io.BytesIO(b"%PDF-1.4 not a picture"), "bill.jpg")]
    page = world.client.post(
        "/r/acme/items", data=start(world, order) | chosen(line, "wrong_item") | {f"photos-{line.id}": files}
    )
    assert page.status_code == 422
    assert "bill.jpg: This file is not a picture we can read." in page.text
    (address,) = re.findall(r'<img src="(/r/acme/photo/[^"]+)"', page.text)
    shown = world.client.get(address)
    assert (shown.status_code, shown.mimetype, shown.data[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
    assert len(world.rows(ReturnPhoto)) == 1
    assert len(world.files.kept) == 1


def test_a_sixth_photo_is_refused(world: World) -> None:
    order = world.add_order()
    line = world.line(order)
    files = [(io.BytesIO(picture()), f"{number}.png") for number in range(6)]
    page = world.client.post(
        "/r/acme/items", data=start(world, order) | chosen(line, "wrong_item") | {f"photos-{line.id}": files}
    )
    assert page.status_code == 422
    assert "Please send no more than 5 photos of one item." in page.text
    assert len(world.rows(ReturnPhoto)) == 5


def test_a_photo_can_be_taken_away_again(world: World) -> None:
    order = world.add_order()
    line = world.line(order)
    form = start(world, order) | chosen(line, "wrong_item")
    world.client.post("/r/acme/items", data=form | {f"photos-{line.id}": (io.BytesIO(picture()), "a.png")})
    (photo,) = world.rows(ReturnPhoto)
    page = world.client.post("/r/acme/items", data=form | {"drop": str(photo.id)})
    assert "There is no photo of what is wrong, so a person looks at it." in page.text
    assert world.rows(ReturnPhoto) == []
    assert world.files.kept == {}


def test_a_photo_of_another_form_cannot_be_taken_away(world: World) -> None:
    order = world.add_order()
    line = world.line(order)
    form = start(world, order) | chosen(line, "wrong_item")
    world.client.post("/r/acme/items", data=form | {f"photos-{line.id}": (io.BytesIO(picture()), "a.png")})
    (photo,) = world.rows(ReturnPhoto)
    world.client.post("/r/acme/items", data=form | {"k": "another-form-of-somebody-else", "drop": str(photo.id)})
    assert len(world.rows(ReturnPhoto)) == 1
    assert len(world.files.kept) == 1


# --- once, and only what was shown -----------------------------------------------------------------------------------


def test_a_double_submit_lands_on_the_same_return(world: World) -> None:
    order = world.add_order()
    form = review(world, start(world, order) | chosen(world.line(order, 1)))
    answers = [world.client.post("/r/acme/confirm", data=form) for _ in range(2)]
    assert answers[0].location == answers[1].location
    assert len(world.returns()) == 1
    assert world.line(order, 1).requested == 1
    assert len([m for m in world.rows(OutboxMessage) if m.kind == "label.buy"]) == 1


def test_the_key_of_another_orders_form_does_not_open_its_return(world: World) -> None:
    order, other = world.add_order(), world.add_order(number="#1002")
    made = submitted(world, other)
    form = review(world, start(world, order) | chosen(world.line(order)))
    answer = world.client.post("/r/acme/confirm", data=form | {"k": made.submit_key})
    assert answer.status_code == 409
    assert made.access_key not in answer.text
    assert len(world.returns()) == 1


def test_an_order_that_changed_meanwhile_is_told_and_nothing_is_made(world: World) -> None:
    order = world.add_order()
    line = world.line(order)
    form = review(world, start(world, order) | chosen(line))
    with world.container.database.write() as session:
        session.execute(update(OrderLine).where(OrderLine.id == line.id).values(refunded_elsewhere=1))
    answer = world.client.post("/r/acme/confirm", data=form)
    assert answer.status_code == 409
    assert "All of these have been returned or refunded already." in answer.text
    assert world.returns() == []


def test_an_amount_that_changed_since_the_review_is_shown_again_before_it_counts(world: World) -> None:
    order = world.add_order()
    form = review(world, start(world, order) | chosen(world.line(order)))
    with world.container.database.write() as session:
        policies.save(session, world.store.id, Policy(review_over_minor=100), actor="staff:1", now=NOW)
    answer = world.client.post("/r/acme/confirm", data=form)
    assert "Something has changed since you looked." in answer.text
    assert world.returns() == []
    assert world.client.post("/r/acme/confirm", data=hidden(answer.text, "confirm")).status_code == 303
    assert world.returns()[0].decision.value == "review"


# --- afterwards ------------------------------------------------------------------------------------------------------


def test_an_order_with_a_return_shows_it_first(world: World) -> None:
    order = world.add_order()
    made = submitted(world, order)
    page = world.client.get(f"/r/acme/order?t={world.proved(order)}")
    assert made.rma in page.text
    assert f'href="/r/acme/status/{made.access_key}"' in page.text
    assert "Return something else" in page.text


def test_a_return_is_cancelled_after_a_question(world: World) -> None:
    order = world.add_order()
    made = submitted(world, order)
    address = f"/r/acme/status/{made.access_key}"
    assert "Cancel this return?" in world.client.get(f"{address}/withdraw").text
    assert world.returns()[0].decision.value == "approved"
    answers = [world.client.post(f"{address}/withdraw") for _ in range(2)]
    assert [a.status_code for a in answers] == [303, 200]
    assert world.returns()[0].decision.value == "withdrawn"
    assert world.line(order).requested == 0
    page = world.client.get(address).text
    assert "You have cancelled this return" in page
    assert "/withdraw" not in page


def test_a_return_that_has_arrived_cannot_be_taken_back(world: World) -> None:
    order = world.add_order()
    made = submitted(world, order)
    with world.container.database.write() as session:
        session.execute(update(Return).where(Return.id == made.id).values(parcel="received"))
    answer = world.client.post(f"/r/acme/status/{made.access_key}/withdraw")
    assert answer.status_code == 409
    assert "the return can no longer be cancelled" in answer.text
    assert world.returns()[0].decision.value == "approved"


def with_label(world: World, made: Return) -> Label:
    label = Label(
        store_id=world.store.id,
        id=new_id(),
        return_id=made.id,
        outbox_id=new_id(),
        carrier="own_label",
        ref="x",
        files=[{"name": "label.pdf", "key": "k/label.pdf", "type": "application/pdf"}],
        created_at=NOW,
    )
    world.files.put("k/label.pdf", b"%PDF-1.7 the label")
    with world.container.database.write() as session:
        session.add(label)
    return label


def test_the_label_is_downloaded_by_whoever_holds_the_link(world: World) -> None:
    made = submitted(world, world.add_order())
    label = with_label(world, made)
    page = world.client.get(f"/r/acme/status/{made.access_key}").text
    address = f"/r/acme/label/{made.access_key}/{label.id}/0"
    assert f'href="{address}"' in page
    file = world.client.get(address)
    assert (file.mimetype, file.data) == ("application/pdf", b"%PDF-1.7 the label")
    assert file.headers["Content-Disposition"] == f'inline; filename="{made.rma}.pdf"'
    assert file.headers["Cache-Control"] == "no-store"


def test_a_label_is_not_given_to_the_holder_of_another_returns_link(world: World) -> None:
    first = submitted(world, world.add_order())
    second = submitted(world, world.add_order(number="#1002"))
    label = with_label(world, first)
    refused = world.client.get(f"/r/acme/label/{second.access_key}/{label.id}/0")
    assert refused.status_code == 404
    assert b"%PDF" not in refused.data


def test_a_status_page_that_does_not_exist_says_so(world: World) -> None:
    page = world.client.get("/r/acme/status/guessed")
    assert page.status_code == 404
    assert "We could not find this return." in page.text
