"""One return: decisions beside their fields, inspection with its usual answers, a timeline that tells the truth."""

from __future__ import annotations

import re
from html import unescape

from flask import Flask
from flask.testing import FlaskClient

from app.container import Container
from app.core.merchants import repository as stores
from app.core.returns import repository
from app.core.returns.receiving.rules import Disposition
from app.core.returns.rules import Decision, Parcel
from app.jobs.effects import EFFECTS
from app.jobs.outbox import drain_outbox
from tests.web.admin.shop import Shop, receive, sign_in


def units(client: FlaskClient, path: str) -> list[str]:
    return re.findall(r'name="grade-([^"]+)"', client.get(path).text)


def timeline(page: str) -> list[str]:
    part = page.split('<ol class="timeline">')[1].split("</ol>", maxsplit=1)[0]
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", item)).split()) for item in part.split("<li")[1:]]


def test_declining_without_a_reason_is_told_beside_the_field(app: Flask, shop: Shop) -> None:
    return_id = shop.ask("1")
    answer = sign_in(app, shop).post(f"/admin/returns/{return_id}/decline", data={"reason": "  "})
    assert answer.status_code == 422
    assert 'id="wrong-reason" role="alert">Please write a short reason.' in answer.text
    assert shop.decision(return_id) is Decision.REVIEW


def test_before_approving_staff_read_what_happens_to_the_money(app: Flask, shop: Shop) -> None:
    page = sign_in(app, shop).get(f"/admin/returns/{shop.ask('1')}").text
    assert "When you approve, the shopper gets a label; €79.91 is refunded after your inspection." in page


def test_a_disposition_left_open_is_the_usual_one_for_the_grade(app: Flask, container: Container, shop: Shop) -> None:
    return_id = shop.ask("1", reason="changed_mind")
    shop.change(return_id, receive)
    client, path = sign_in(app, shop), f"/admin/returns/{return_id}"
    [unit] = units(client, path)
    client.post(f"{path}/inspect", data={f"grade-{unit}": "minor_fault"})
    with container.database.read() as session:
        [graded] = repository.get(session, shop.id, return_id).lines[0].units
        assert graded.disposition is Disposition.B_STOCK


def test_what_is_damaged_does_not_go_back_into_stock_and_the_page_says_why(
    app: Flask, container: Container, shop: Shop
) -> None:
    return_id = shop.ask("1", reason="changed_mind")
    shop.change(return_id, receive)
    client, path = sign_in(app, shop), f"/admin/returns/{return_id}"
    [unit] = units(client, path)
    answer = client.post(f"{path}/inspect", data={f"grade-{unit}": "damaged", f"disposition-{unit}": "restock"})
    assert answer.status_code == 422
    assert f'id="wrong-{unit}">Only what is as new can go back into stock.' in answer.text
    with container.database.read() as session:
        assert repository.get(session, shop.id, return_id).parcel is Parcel.RECEIVED


def test_the_timeline_says_what_happened_by_whom_with_amounts_and_grades(
    app: Flask, container: Container, shop: Shop
) -> None:
    return_id = shop.ask("1", reason="changed_mind")
    drain_outbox(container, EFFECTS)
    client, path = sign_in(app, shop), f"/admin/returns/{return_id}"
    client.post(f"{path}/receive")
    [unit] = units(client, path)
    client.post(f"{path}/inspect", data={f"grade-{unit}": "new", f"disposition-{unit}": "donate"})
    drain_outbox(container, EFFECTS)
    page = client.get(path).text
    assert '<th scope="row">Card</th>' in page
    assert "your card" not in page
    told = [entry for entry in timeline(page) if "Mail sent" not in entry]
    assert [entry.split(" sent: ")[1].split(".")[0] for entry in timeline(page) if "Mail sent" in entry] == [
        "the money is on its way",
        "the parcel has arrived",
        "approved, with the label",
    ]
    for entry, parts in zip(
        told,
        (
            ("€79.91 was refunded.", "Store's number: R-", "The store's platform"),
            ("The refund of €79.91 was started.", "Mia Owner"),
            ("The items were checked.", "SKU-L1: As new → Donate", "Mia Owner"),
            ("The parcel has arrived.", "Mia Owner"),
            ("The return label is ready.", "By itself"),
            ("The return was approved.", "within the return period", "By the rules"),
            ("The return was requested.", "1 item, €79.91 shown to the shopper", "The shopper"),
        ),
        strict=True,
    ):
        assert all(part in entry for part in parts), (entry, parts)


def test_a_saved_setting_says_so_where_it_was_saved(app: Flask, container: Container, shop: Shop) -> None:
    client = sign_in(app, shop)
    answer = client.post("/admin/settings/look", data={"colour": "#ffd84d", "logo_url": ""}, follow_redirects=True)
    part = answer.text.split('id="look"')[1].split("</section>")[0]
    assert '<p class="notice good" role="status">Saved.</p>' in part
    assert answer.text.count("Saved.") == 1
    with container.database.read() as session:
        assert stores.store(session, shop.id).brand == {"colour": "#ffd84d"}
