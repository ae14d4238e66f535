"""What needs a person now: the tasks on top, rows in words, several approved at once."""

from __future__ import annotations

import re
from datetime import timedelta

from flask import Flask

from app.container import Container
from app.core.kit.errors import ProviderError
from app.core.merchants import repository as stores
from app.core.merchants.rules import Role
from app.core.returns import service
from app.core.returns.rules import Decision
from app.jobs.effects import EFFECTS
from app.jobs.outbox import drain_outbox
from tests.builders import NOW, make_line, make_order, make_wish
from tests.fakes.store import FakeStore
from tests.web.admin.shop import STAFF, Shop, grade, receive, sign_in


def tasks(page: str) -> list[str]:
    found = re.findall(r'<li class="task[^>]*>(.*?)</li>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", task).split()) for task in found]


def test_the_top_of_the_inbox_says_how_much_waits_since_when_and_what_to_do(app: Flask, shop: Shop) -> None:
    for number, days in (("1", 9), ("2", 1)):
        shop.ask(number, days_ago=days)
    arrived = shop.ask("3", days_ago=5, reason="changed_mind")
    shop.change(arrived, receive)
    page = sign_in(app, shop).get("/admin/").text
    assert tasks(page) == [
        "2 To decide Approve or decline · oldest 9 days",
        "1 To inspect Unpack and grade · oldest 2 days",
        "0 Problems Nothing waits",
    ]


def test_what_waits_in_another_store_is_not_counted(app: Flask, container: Container, shop: Shop) -> None:
    Shop(container).ask("1", days_ago=30)
    assert tasks(sign_in(app, shop).get("/admin/").text)[0] == "0 To decide Nothing waits"


def test_a_refund_that_nobody_knows_about_is_told_above_everything(
    app: Flask, container: Container, fake_store: FakeStore, shop: Shop
) -> None:
    return_id = shop.ask("7", reason="changed_mind")
    drain_outbox(container, EFFECTS)
    shop.change(return_id, receive, grade)

    def silence(what: str) -> None:
        if what == "refund":
            raise ProviderError("fake", "timed out", outcome_unknown=True, retryable=True)

    fake_store.before = silence
    for _ in range(20):
        drain_outbox(container, EFFECTS)
        container.clock.time += timedelta(hours=12)  # type: ignore[attr-defined]
    client = sign_in(app, shop)
    inbox, detail = client.get("/admin/").text, client.get(f"/admin/returns/{return_id}").text
    assert "1 return is stuck" in inbox
    assert f'href="/admin/returns/{return_id}"' in inbox.split('class="tasks"')[0]
    assert "Refund not confirmed" in detail
    fake_store.before = lambda what: None
    dead = re.search(r"/effects/([0-9a-f-]+)/again", detail)
    assert dead is not None
    client.post(f"/admin/returns/{return_id}/effects/{dead[1]}/again")
    drain_outbox(container, EFFECTS)
    assert "is stuck" not in client.get("/admin/").text
    assert [len(rows) for rows in fake_store.refunds.values()] == [1]


def test_a_row_is_in_words_with_the_stores_day_and_the_currencys_decimals(app: Flask, container: Container) -> None:
    shop = Shop(container, timezone="Asia/Tokyo")
    container_now = NOW.replace(hour=23)  # the next day in Tokyo
    with container.database.write() as session:
        store = stores.store(session, shop.id)
        order = make_order(session, store, make_line(currency="KWD"), currency="KWD")
        service.submit(session, store, order, make_wish(order, 1, "wrong_item"), now=container_now)
    page = sign_in(app, shop).get("/admin/").text
    assert "Nov 25, 2026" in page
    assert "KWD\xa07.991" in page
    assert '<span class="tag act">To decide</span>' in page


def test_approving_several_says_what_came_of_each_and_goes_back_to_the_same_list(app: Flask, shop: Shop) -> None:
    one, two = shop.ask("1"), shop.ask("2")
    shop.change(two, lambda s, st, r: service.decline(s, r, actor=STAFF, now=NOW, reason="worn"))
    answer = sign_in(app, shop).post(
        "/admin/bulk",
        data={"return_id": [str(one), str(two)], "queue": "review", "country": "DE"},
        follow_redirects=True,
    )
    assert "1 return approved. Its label is on its way to the shopper." in answer.text
    assert "1 return was not approved. Please write a short reason." in answer.text
    assert answer.request.args.to_dict() == {"queue": "review", "country": "DE"}
    assert (shop.decision(one), shop.decision(two)) == (Decision.APPROVED, Decision.DECLINED)


def test_without_a_return_address_the_bulk_result_says_so(app: Flask, container: Container) -> None:
    shop = Shop(container, return_address=None)
    return_id = shop.ask("1")
    answer = sign_in(app, shop).post("/admin/bulk", data={"return_id": [str(return_id)]}, follow_redirects=True)
    assert "1 return was not approved. Please enter your return address" in answer.text
    assert shop.decision(return_id) is Decision.REVIEW


def test_approving_none_is_told(app: Flask, shop: Shop) -> None:
    answer = sign_in(app, shop).post("/admin/bulk", data={"queue": "review"}, follow_redirects=True)
    assert "Please choose at least one return first." in answer.text


def test_a_new_store_is_led_to_its_first_step(app: Flask, container: Container) -> None:
    page = sign_in(app, Shop(container, return_address=None)).get("/admin/").text
    assert "No returns yet." in page
    assert 'href="/admin/settings#address"' in page


def test_the_warehouse_sees_no_button_that_it_may_not_press(app: Flask, container: Container) -> None:
    shop = Shop(container, Role.WAREHOUSE)
    return_id = shop.ask("1")
    client = sign_in(app, shop)
    inbox, detail, settings = (client.get(f"/admin/{p}").text for p in ("", f"returns/{return_id}", "settings"))
    assert 'name="return_id"' not in inbox
    assert "/approve" not in detail
    assert settings.count("<fieldset disabled>") == 4
