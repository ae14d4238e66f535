"""The product's own adapter against this store: over a socket, over plain http, signed with OAuth 1.0a."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from app.core.inventory.ports import StockMovementOrder
from app.core.kit.clock import SystemClock
from app.core.kit.errors import ProviderError
from app.core.kit.money import Money
from app.core.merchants.ports import StoreConnection
from app.core.orders.ports import OrderSnapshot
from app.core.returns.ports import RefundLine, RefundOrder, RefundPart, RefundTax
from app.platforms.woocommerce.adapter import WooCommercePlatform, WooCommerceStore
from app.platforms.woocommerce.mapping import charged_sum
from demo import world
from demo.woocommerce import WooApp, make_woocommerce
from demo.woocommerce.auth import Key
from demo.woocommerce.store import WooStore
from tests.demo.woocommerce.small_shop import CREDENTIALS, KEY, SECRET

RETURN = UUID("0199f3a1-2b3c-7d4e-8f50-617283940a1b")
NOW = SystemClock().now()


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (werkzeug's name)
        pass


@pytest.fixture(scope="module")
def served() -> Iterator[WooApp]:
    """The furnished store, listening."""
    with socket.create_server(("127.0.0.1", 0)) as listening, httpx.Client() as http:
        port = listening.getsockname()[1]
        app = make_woocommerce(
            ":memory:",
            SystemClock().now,
            credentials=CREDENTIALS,
            url=f"http://127.0.0.1:{port}",
            helloword_url="http://app.test",
            http=http,
        )
        server = make_server("127.0.0.1", port, app, threaded=True, fd=listening.fileno(), request_handler=Quiet)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield app
        server.shutdown()
        thread.join()
        server.server_close()
        app.store.close()


@pytest.fixture
def demo(served: WooApp) -> Iterator[WooStore]:
    """The store itself; trouble that a test asked for ends with it."""
    yield served.store
    served.store.faults.clear()


@pytest.fixture
def platform() -> Iterator[WooCommercePlatform]:
    platform = WooCommercePlatform(sleep=lambda _seconds: None)
    yield platform
    platform.close()


@pytest.fixture
def connection(served: WooApp) -> StoreConnection:
    return StoreConnection(UUID(int=1), served.store.url, {"consumer_key": KEY, "consumer_secret": SECRET})


@pytest.fixture
def store(platform: WooCommercePlatform, connection: StoreConnection) -> WooCommerceStore:
    return platform.connect(connection)


@pytest.fixture(scope="module")
def source(served: WooApp) -> world.Store:
    return world.make_world(served.store.now()).woocommerce


def found(store: WooCommerceStore, number: int) -> OrderSnapshot:
    order = store.order(str(number))
    assert order is not None
    return order


# --- connecting ------------------------------------------------------------------------------------------------------


def test_the_store_says_what_it_is(platform: WooCommercePlatform, connection: StoreConnection) -> None:
    facts = platform.facts(connection)
    assert (facts.name, facts.currency, facts.country, facts.timezone, facts.locale, facts.support_email) == (
        "Lintang & Co",
        "EUR",
        "CN",
        "Asia/Shanghai",
        "en-US",
        "hello@lintang.example",
    )


@pytest.mark.parametrize(
    ("key", "secret", "code"),
    [
        ("ck_reader", "cs_reader", "read_only_key"),
        ("ck_nobody", "cs_nobody", "woocommerce_rest_authentication_error"),
        (KEY, "cs_wrong", "woocommerce_rest_authentication_error"),
    ],
)
def test_a_key_that_will_not_do_is_named(
    platform: WooCommercePlatform, connection: StoreConnection, demo: WooStore, key: str, secret: str, code: str
) -> None:
    demo.authentication.keys["ck_reader"] = Key("ck_reader", "cs_reader", "read")
    with pytest.raises(ProviderError) as caught:
        platform.facts(replace(connection, credentials={"consumer_key": key, "consumer_secret": secret}))
    assert (caught.value.code, caught.value.retryable) == (code, False)


# --- orders ----------------------------------------------------------------------------------------------------------


def test_all_orders_come_over_pages_and_each_adds_up_to_what_was_charged(
    store: WooCommerceStore, source: world.Store
) -> None:
    snapshots: dict[str, OrderSnapshot] = {}
    cursor, pages = None, 0
    while True:
        page = store.changed_since(NOW - timedelta(days=300), cursor)
        snapshots |= {order.ref: order for order in page.orders}
        pages, cursor = pages + 1, page.next_cursor
        if cursor is None:
            break
    assert pages >= 4
    assert len(snapshots) >= 155
    for wanted in source.orders:
        order = snapshots[str(wanted.number)]
        assert (order.currency, order.total) == (wanted.currency, Money(wanted.total, wanted.currency))
        assert charged_sum(order) == order.total
        for line, charged in zip(order.lines, wanted.lines, strict=True):
            assert (line.sku, line.quantity, line.net.minor) == (charged.variant.sku, charged.quantity, charged.net)
            assert [tax.amount.minor for tax in line.taxes] == [tax.amount for tax in charged.taxes if tax.amount]


def test_an_order_is_read_with_all_that_a_return_needs(store: WooCommerceStore, source: world.Store) -> None:
    order, wanted = found(store, 1112), source.order(1112)
    line = order.lines[0]
    assert (line.title, line.options, line.hs_code, line.origin_country) == (
        "Merino Sweater",
        (("Size", "M"), ("Colour", "Black")),
        "611011",
        "CN",
    )
    assert line.image_url.endswith("/images/merino-sweater-black.svg")
    assert [(tax.title, tax.rate) for tax in line.taxes] == [("MwSt.", "0.19")]
    assert (order.ship_to.region, order.ship_to.country, order.email) == ("BE", "DE", wanted.email)
    assert order.refunds == ()
    (payment,) = order.payments
    assert (payment.instrument, payment.refundable_by_gateway) == ("card", True)
    (parcel,) = order.fulfillments
    assert (parcel.carrier, parcel.tracking_number) == ("DHL", wanted.parcels[0].tracking)
    assert abs(parcel.shipped_at - wanted.parcels[0].shipped_at) < timedelta(seconds=5)  # type: ignore[operator]


@pytest.mark.parametrize(("number", "region"), [(1114, "TX"), (1116, "SH")])
def test_regions_arrive_as_the_world_writes_them(store: WooCommerceStore, number: int, region: str) -> None:
    assert found(store, number).ship_to.region == region


def test_what_is_not_shipped_yet_and_what_was_cancelled(store: WooCommerceStore, source: world.Store) -> None:
    waiting = next(one for one in source.orders if not one.parcels and not one.cancelled_at)
    cancelled = next(one for one in source.orders if one.cancelled_at)
    assert (found(store, waiting.number).fulfillments, found(store, waiting.number).status) == ((), "processing")
    assert found(store, cancelled.number).cancelled_at is not None


def test_an_order_is_found_by_number_and_mail_and_by_nothing_less(store: WooCommerceStore) -> None:
    for number in ("1112", " #1112 "):
        order = store.find_order(number, "Karla.Kunde@example.test")
        assert order is not None
        assert order.ref == "1112"
    assert store.find_order("1112", "uma.smith@example.test") is None
    assert store.find_order("4711", "karla.kunde@example.test") is None
    assert store.order("4711") is None


def test_a_number_that_is_not_the_id_is_found_by_search(store: WooCommerceStore, demo: WooStore) -> None:
    placed = demo.place_order(like=1138)
    demo.update(placed, lambda order: order.update(number="LN-2026-7"))
    order = store.find_order("ln-2026-7", "amelie.laurent@example.test")
    assert order is not None
    assert order.ref == str(placed["id"])


def test_refunds_of_the_past_are_somebody_elses(store: WooCommerceStore, demo: WooStore) -> None:
    refunds = demo.state.all("refund")
    order = found(store, refunds[0]["parent_id"])
    assert order.refunds is not None
    assert [(one.ref, one.our_key) for one in order.refunds] == [(str(refunds[0]["id"]), None)]
    assert sum(units for _, units in order.refunds[0].lines) == 1


# --- refunds ---------------------------------------------------------------------------------------------------------


def refund_of(order: OrderSnapshot, key: int, *, position: int = 0) -> RefundOrder:
    """The whole of one line."""
    line = order.lines[position]
    taxes = tuple(RefundTax(tax.title, tax.amount, tax.ref) for tax in line.taxes)
    amount = line.net
    for tax in taxes:
        amount += tax.amount
    payment = order.payments[0]
    return RefundOrder(
        key=str(UUID(int=RETURN.int + key)),
        order_ref=order.ref,
        rma=f"R-{key}",
        amount=amount,
        lines=(RefundLine(line.ref, line.quantity, line.net, taxes),),
        parts=(RefundPart(payment.ref, payment.gateway, amount, payment.refundable_by_gateway),),
        note="too small",
    )


@pytest.mark.parametrize(
    ("number", "by_hand"), [(1112, False), (1114, False), (1116, True), (1120, False), (23, True)], ids=str
)
def test_a_line_is_refunded_once_to_the_last_digit(
    store: WooCommerceStore, demo: WooStore, number: int, *, by_hand: bool
) -> None:
    order = found(store, number)
    wanted = refund_of(order, number)
    stock = demo.stock_of(order.lines[0].sku)
    issued = store.issue_refund(wanted)
    assert (issued.amount, issued.by_hand, issued.pending) == (wanted.amount, by_hand, False)
    assert store.issue_refund(wanted) == issued
    assert store.find_refund(order.ref, wanted.key) == issued
    assert len(demo.refunds_of(number)) == 1
    assert demo.stock_of(order.lines[0].sku) == stock
    (refund,) = found(store, number).refunds or ()
    assert (refund.our_key, refund.amount) == (wanted.key, wanted.amount)
    assert refund.lines == ((order.lines[0].ref, order.lines[0].quantity),)


def test_yen_go_back_whole(store: WooCommerceStore, source: world.Store) -> None:
    number = next(one.number for one in source.orders if one.currency == "JPY" and one.parcels)
    order = found(store, number)
    issued = store.issue_refund(refund_of(order, 2000))
    assert (issued.amount.currency, issued.amount) == ("JPY", refund_of(order, 2000).amount)


def test_more_than_was_charged_never_reaches_the_store(store: WooCommerceStore, demo: WooStore) -> None:
    order = found(store, 1118)
    wanted = refund_of(order, 2001)
    with pytest.raises(ProviderError) as caught:
        store.issue_refund(replace(wanted, lines=(replace(wanted.lines[0], quantity=50),)))
    assert caught.value.code == "refund_quantity_over"
    assert demo.refunds_of(1118) == []


def test_a_declined_card_is_final(store: WooCommerceStore, demo: WooStore) -> None:
    demo.faults.gateway_declines = 1
    with pytest.raises(ProviderError) as caught:
        store.issue_refund(refund_of(found(store, 1138), 2002))
    assert (caught.value.code, caught.value.retryable, caught.value.outcome_unknown) == (
        "woocommerce_rest_cannot_create_order_refund",
        False,
        False,
    )
    assert demo.refunds_of(1138) == []


def another(demo: WooStore) -> str:
    """A fresh order, paid by card."""
    return str(demo.place_order(like=1112)["id"])


def test_a_crash_at_the_gateway_is_found_again_as_unconfirmed(store: WooCommerceStore, demo: WooStore) -> None:
    order = found(store, int(another(demo)))
    wanted = refund_of(order, 2003)
    demo.faults.gateway_crashes = 1
    with pytest.raises(ProviderError) as caught:
        store.issue_refund(wanted)
    assert caught.value.outcome_unknown
    known = store.find_refund(order.ref, wanted.key)
    assert known is not None
    assert (known.pending, known.amount) == (True, wanted.amount)


@pytest.mark.parametrize(("trouble", "key"), [("resets", 2004), ("errors_after", 2005)])
def test_an_answer_that_is_lost_books_one_refund_which_is_found(
    store: WooCommerceStore, demo: WooStore, trouble: str, key: int
) -> None:
    order = found(store, int(another(demo)))
    wanted = refund_of(order, key)
    demo.faults.only = "POST"
    setattr(demo.faults, trouble, 1)
    with pytest.raises(ProviderError) as caught:
        store.issue_refund(wanted)
    assert caught.value.outcome_unknown
    known = store.find_refund(order.ref, wanted.key)
    assert known is not None
    assert not known.pending
    assert store.issue_refund(wanted) == known
    assert len(demo.refunds_of(order.ref)) == 1


# --- stock -----------------------------------------------------------------------------------------------------------


def test_goods_are_put_back_once(store: WooCommerceStore, demo: WooStore) -> None:
    line = found(store, 1112).lines[0]
    movement = StockMovementOrder(
        str(RETURN), line.stock_ref, line.product_ref, line.variant_ref, "", 1, document="R-1"
    )
    before = demo.stock_of(line.sku)
    assert store.find_movement(movement) is None
    moved = store.move_stock(movement)
    assert (moved.counted, moved.now_available) == (True, before + 1)
    assert store.move_stock(movement) == moved
    assert store.find_movement(movement) == moved
    assert demo.stock_of(line.sku) == before + 1


def test_a_busy_store_is_asked_again(store: WooCommerceStore, demo: WooStore) -> None:
    demo.faults.too_many = demo.faults.html_errors = 1
    assert found(store, 1112).number == "1112"
