from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.kit.db import Database, make_engine
from app.core.kit.ids import new_id
from app.core.merchants import repository as stores
from app.core.merchants import service as merchants
from app.core.merchants.directory import webhook_target
from app.core.messaging import inbox
from app.jobs.inbox import drain_inbox
from app.web import webhooks
from app.web.webhooks import MAX_DELIVERY, WebhookIntake
from app.web.webhooks.group_commit import GroupCommit
from tests.builders import NOW, make_store
from tests.databases import ON_SQLITE
from tests.web.webhooks.conftest import ORDER, SECRETS, SHOP, WOO, Door, digest, pages, shopify, woo

BIG = b'{"id": 727, "note": "' + b"x" * MAX_DELIVERY + b'"}'
DEEP = b"[" * 100_000 + b"]" * 100_000


def unread() -> Iterator[bytes]:
    """A body of which only the first part may be read (a server has that in hand before it asks)."""
    yield b"x"
    yield b"x"
    raise AssertionError


# --- what is taken --------------------------------------------------------------------------------------------------


def test_a_genuine_delivery_is_on_the_disk_before_it_is_acknowledged_and_before_the_bell(door: Door) -> None:
    assert door.send(WOO, woo()) == 202
    assert door.bell.seen == [1]
    [kept] = door.rows()
    assert (kept.store_id, kept.topic, kept.body) == (door.store_ids["woocommerce"], "order.updated", ORDER)
    assert kept.dedup_key == f"order.updated:{digest(ORDER)}"
    assert (kept.received_at, kept.occurred_at) == (NOW, datetime(2026, 11, 20, 10, tzinfo=UTC))


@pytest.mark.parametrize("path", [SHOP, f"{SHOP}/", f"{SHOP}/acme-shop"])
def test_shopify_is_known_by_its_shop_s_name_or_by_our_address(door: Door, path: str) -> None:
    assert door.send(path, shopify()) == 202
    [kept] = door.rows()
    assert (kept.store_id, kept.dedup_key, kept.event_key) == (door.store_ids["shopify"], "w1", "e1")


def test_the_same_delivery_again_is_acknowledged_and_changes_nothing(door: Door) -> None:
    for _ in range(3):
        assert door.send(WOO, woo()) == 202
        assert door.send(SHOP, shopify()) == 202
    assert len(door.rows()) == 2


def test_an_old_delivery_sent_once_more_under_its_id_changes_nothing(door: Door) -> None:
    assert door.send(SHOP, shopify(at="2026-11-20T10:00:00Z")) == 202
    late = json.dumps({"id": 727, "total_price": "0.01"}).encode()
    assert door.send(SHOP, shopify(late, at="2026-11-24T10:00:00Z"), late) == 202
    assert [row.body for row in door.rows()] == [ORDER]


def test_two_events_under_one_delivery_id_are_two_rows(door: Door) -> None:
    other = ORDER.replace(b"727", b"728")
    assert [door.send(WOO, woo()), door.send(WOO, woo(other), other)] == [202, 202]
    assert len(door.rows()) == 2


def test_an_unknown_topic_is_kept_and_then_ignored_by_name(door: Door) -> None:
    assert door.send(WOO, woo(topic="rental.due")) == 202
    assert drain_inbox(door.container) == 1
    assert [row.outcome for row in door.rows()] == ["ignored:unknown_topic:rental.due"]


def test_a_signed_body_that_is_an_error_object_is_kept_and_then_ignored(door: Door) -> None:
    error = json.dumps({"code": "woocommerce_rest_cannot_view", "message": "Sorry", "data": {"status": 401}}).encode()
    assert door.send(WOO, woo(error), error) == 202
    assert drain_inbox(door.container) == 1
    assert [row.outcome for row in door.rows()] == ["ignored:store_error_cannot_view"]


def test_a_ping_is_answered_and_not_kept(door: Door) -> None:
    assert door.send(WOO, {}, b"webhook_id=12") == 200
    assert (door.rows(), door.bell.seen) == ([], [])


def test_both_secrets_count_while_one_is_being_replaced(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "TARGET_LIFE_S", 0.0)
    assert door.send(WOO, woo()) == 202
    with door.container.database.write() as session:
        store_id = door.store_ids["woocommerce"]
        merchants.keep_credential(session, door.container.vault, store_id, "webhook_secret", "new", now=NOW)
    others = [ORDER.replace(b"727", b"728"), ORDER.replace(b"727", b"729")]
    assert [
        door.send(WOO, woo(body, secret), body) for body, secret in zip(others, ("new", "woo secret"), strict=True)
    ] == [
        202,
        202,
    ]
    assert len(door.rows()) == 3


def test_a_body_may_come_in_parts_and_without_a_length(door: Door) -> None:
    assert door.parts(WOO, woo(), [ORDER[:10], ORDER[10:30], ORDER[30:]]) == 202
    assert [row.body for row in door.rows()] == [ORDER]


def test_many_at_once_are_each_kept_and_ask_once_for_the_store_s_secrets(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    look_up = webhook_target

    def counting(*arguments: Any) -> Any:
        asked.append(arguments)
        time.sleep(0.05)
        return look_up(*arguments)

    monkeypatch.setattr(webhooks, "webhook_target", counting)
    bodies = [ORDER.replace(b"727", str(number).encode()) for number in range(1000, 1030)]
    assert door.send_at_once(WOO, [(woo(body), body) for body in bodies]) == [202] * 30
    assert {row.body for row in door.rows()} == set(bodies)
    assert len(asked) == 1


# --- what is not ----------------------------------------------------------------------------------------------------

REFUSED: Mapping[str, tuple[int, str, Mapping[str, str], bytes]] = {
    "forged": (401, WOO, woo(secret="guessed"), ORDER),
    "forged for Shopify": (401, SHOP, shopify(secret="guessed"), ORDER),
    "altered on the way": (401, WOO, woo(), ORDER.replace(b"727", b"728")),
    "unsigned": (401, WOO, {"X-WC-Webhook-Topic": "order.updated"}, ORDER),
    "with an empty signature": (401, SHOP, shopify() | {"X-Shopify-Hmac-Sha256": ""}, ORDER),
    "with a signature that is no text": (401, WOO, woo() | {"X-WC-Webhook-Signature": "\udcff\udcfe"}, ORDER),
    "a ping with something added": (401, WOO, {}, b"webhook_id=12&x=1"),
    "a ping that names a topic": (401, WOO, {"X-WC-Webhook-Topic": "order.updated"}, b"webhook_id=12"),
    "signed with another store's secret": (401, WOO, woo(secret=SECRETS["shopify"]), ORDER),
    "no JSON": (400, WOO, woo(b'{"id": 7'), b'{"id": 7'),
    "no JSON for Shopify": (400, SHOP, shopify(b'{"id": 7'), b'{"id": 7'),
    "JSON, but no object": (400, WOO, woo(b"[727]"), b"[727]"),
    "nested too deeply": (400, WOO, woo(DEEP), DEEP),
    "no text at all": (400, WOO, woo(b"\xff\xfe\x00"), b"\xff\xfe\x00"),
    "empty": (400, WOO, woo(b""), b""),
    "with a date that is none": (400, WOO, woo(b'{"date_modified_gmt": "soon"}'), b'{"date_modified_gmt": "soon"}'),
    "without a topic": (400, WOO, {"X-WC-Webhook-Signature": woo()["X-WC-Webhook-Signature"]}, ORDER),
    "without an id": (400, SHOP, shopify(id=""), ORDER),
    "too large": (413, WOO, woo(BIG), BIG),
    "for a store that we do not know": (404, "/webhooks/woocommerce/nobody", woo(), ORDER),
    "for a shop that we do not know": (404, SHOP, shopify(shop="nobody.myshopify.com"), ORDER),
    "for the other platform's store": (404, "/webhooks/woocommerce/acme-shop", woo(), ORDER),
    "for our store at the other platform": (404, f"{SHOP}/acme", shopify(), ORDER),
    "for a platform that we do not know": (404, "/webhooks/magento/acme", woo(), ORDER),
    "for nobody": (404, "/webhooks/", woo(), ORDER),
    "for nobody at WooCommerce": (404, "/webhooks/woocommerce/", woo(), ORDER),
    "deeper than we go": (404, f"{WOO}/orders", woo(), ORDER),
    "with an endless name": (404, "/webhooks/woocommerce/" + "a" * 300, woo(), ORDER),
}


@ON_SQLITE
@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_delivery_is_refused_and_changes_nothing(door: Door, what: str) -> None:
    status, path, headers, body = REFUSED[what]
    assert door.send(path, headers, body) == status
    assert (door.rows(), door.bell.seen) == ([], [])


@ON_SQLITE
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_only_a_post_delivers(door: Door, method: str) -> None:
    assert door.send(WOO, woo(), method=method) == 405
    assert door.headers["Allow"] == "POST"
    assert (door.rows(), door.bell.seen) == ([], [])


@ON_SQLITE
@pytest.mark.parametrize(
    ("length", "status"),
    [(str(MAX_DELIVERY + 1), 413), ("9" * 40, 413), ("-1", 400), ("1e3", 400), ("\u00b2", 400), ("", 400)],
)
def test_a_body_is_not_read_when_its_length_is_too_large_or_none(door: Door, length: str, status: int) -> None:
    assert door.parts(WOO, woo() | {"Content-Length": length}, unread()) == status
    assert (door.rows(), door.bell.seen) == ([], [])


def test_a_body_that_ends_early_is_refused(door: Door) -> None:
    assert door.parts(WOO, woo() | {"Content-Length": str(len(ORDER))}, [ORDER[:-1]]) == 400
    assert door.rows() == []


def test_an_endless_body_is_read_no_further_than_the_limit(door: Door) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 65536
            yield b"x" * 65536

    assert door.parts(WOO, woo(), endless()) == 413
    assert read <= MAX_DELIVERY + 3 * 65536
    assert door.rows() == []


def test_a_sender_who_hangs_up_changes_nothing(door: Door) -> None:
    assert door.parts(WOO, woo(), [ORDER[:10], None]) == 400
    assert (door.rows(), door.bell.seen) == ([], [])


def test_a_store_that_has_left_is_not_known_any_more(door: Door) -> None:
    with door.container.database.write() as session:
        merchants.disconnect(session, door.store_ids["woocommerce"], now=NOW)
    assert door.send(WOO, woo()) == 404
    assert door.rows() == []


# --- when something is broken ---------------------------------------------------------------------------------------


def test_without_a_database_nothing_is_acknowledged(door: Door) -> None:
    nowhere = Database(make_engine("sqlite:////nowhere/at/all.sqlite"))
    intake = WebhookIntake(replace(door.container, database=nowhere), pages)
    broken = Door(door.container, intake, door.bell, door.store_ids)
    assert broken.send(WOO, woo()) == 503
    assert (door.rows(), door.bell.seen) == ([], [])
    nowhere.dispose()


def test_a_delivery_that_could_not_be_written_is_not_acknowledged(door: Door) -> None:
    other = ORDER.replace(b"727", b"728")
    assert door.send(WOO, woo()) == 202
    working = door.intake._writer
    engine = make_engine("sqlite:////nowhere/at/all.sqlite")
    door.intake._writer = GroupCommit(inbox.Writer(engine))
    assert door.send(WOO, woo(other), other) == 503
    assert (len(door.rows()), door.bell.seen) == (1, [1])
    door.intake._writer = working
    assert door.send(WOO, woo(other), other) == 202
    assert (len(door.rows()), door.bell.seen) == (2, [1, 2])
    engine.dispose()


def test_made_up_names_do_not_fill_the_memory(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MAX_TARGETS", 5)
    for _ in range(12):
        assert door.send(f"/webhooks/woocommerce/{new_id().hex}", woo()) == 404
    assert len(door.intake._targets) <= 5
    assert door.send(WOO, woo()) == 202


def test_a_new_store_is_known_as_soon_as_its_name_is_looked_up_again(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert door.send("/webhooks/woocommerce/soon", woo()) == 404
    with door.container.database.write() as session:
        store = make_store(session, slug="soon")
        merchants.keep_credential(session, door.container.vault, store.id, "webhook_secret", "s", now=NOW)
        assert stores.by_slug(session, "soon") is not None
    door.intake._targets.clear()  # what time does
    assert door.send("/webhooks/woocommerce/soon", woo(secret="s")) == 202


def test_every_other_path_goes_to_the_pages(door: Door) -> None:
    for path in ("/", "/webhooks", "/admin/webhooks/woocommerce/acme", ""):
        assert door.send(path, {}, method="GET") == 200
    assert door.rows() == []
