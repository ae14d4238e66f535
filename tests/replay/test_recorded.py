"""Every recorded WooCommerce delivery: once, twice, backwards, shuffled; the product ends in the same state."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.core.orders import repository as orders
from app.jobs.reconcile import reconcile
from tests.platforms.woocommerce.loopback import Answer, recording
from tests.replay.playback import SIGNED_WITH, Delivery, Playback, playback, recorded, signature, signed
from tests.replay.state import State, differences

NOTHING = {"orders", "order_lines", "order_payments", "order_shipping", "order_refunds", "history_entries"}
NOTHING |= {"outbox_messages", "returns", "refunds"}
"""Tables that only a delivery that counts may write to."""

Open = Callable[[], Playback]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Open]:
    """Makes a product that has heard nothing yet, as often as it is asked."""
    recorded()  # skips where there are none, before anything is started
    with ExitStack() as opened:
        made: list[Playback] = []

        def make() -> Playback:
            made.append(opened.enter_context(playback(tmp_path / str(len(made)))))
            return made[-1]

        yield make


def minor(amount: Any) -> int:
    """Cents of a printed amount."""
    cents = Decimal(str(amount)) * 100
    assert cents == int(cents)
    return int(cents)


def taxes_of(said: dict[str, Any]) -> list[tuple[str, int]]:
    """A line's taxes as the store prints them: (rate id, cents), those of nothing left out."""
    return [(str(tax["id"]), minor(tax["total"])) for tax in said["taxes"] if minor(tax["total"] or 0)]


def versions() -> list[Delivery]:
    """Earlier and later states of the recorded orders, as the store would have delivered them as well."""
    states = [recording("order_DE"), recording("order_DE_after_refund"), recording("order_US")]
    states += [one for one in recording("orders_list") if one["id"] in {24, 25}]  # 23 there is newer than its refunds
    topics = ("order.created", "order.updated")
    return [signed(topics[place > 0], one, f"{place:032x}") for place, one in enumerate(states)]


def orders_of(state: State) -> State:
    return {name: rows for name, rows in state.items() if name.startswith(("order", "history"))}


def test_in_the_recorded_order_every_delivery_is_taken_and_the_orders_are_there_to_the_cent(fresh: Open) -> None:
    product = fresh()
    product.play(recorded())
    assert sorted(product.store.pulled()) == ["24", "25"]
    told = [one.json for one in recorded() if one.topic in {"order.created", "order.updated"}]
    bodies = {body["id"]: body for body in told if "id" in body}
    bodies[24] = recording("order_US")
    assert sorted(bodies) == [23, 24, 25, 40]
    totals = {}
    with product.container.database.read() as session:
        for number, body in bodies.items():
            order = orders.by_ref(session, product.store_id, str(number))
            assert order is not None
            totals[number] = order.total_minor
            assert (order.currency, order.total_minor) == (body["currency"], minor(body["total"]))
            for line, said in zip(order.lines, body["line_items"], strict=True):
                assert (line.ref, line.quantity) == (str(said["id"]), said["quantity"])
                assert line.net_minor == minor(said["total"])
                assert [(tax["ref"], tax["minor"]) for tax in line.taxes] == taxes_of(said)
            for row, said in zip(order.shipping, body["shipping_lines"], strict=True):
                assert row.net_minor == minor(said["total"])
                assert [(tax["ref"], tax["minor"]) for tax in row.taxes] == taxes_of(said)
            charged = sum(line.charged.minor for line in order.lines)
            charged += sum(row.net_minor + sum(tax["minor"] for tax in row.taxes) for row in order.shipping)
            assert charged == order.total_minor
            back = sum(-minor(one["total"]) for one in body["refunds"])
            assert order.refunded_elsewhere_minor == sum(row.amount_minor for row in order.refunds) == back
    assert totals == {23: 20475, 24: 11500, 25: 2643, 40: 595}


ORDERS: dict[str, Callable[[list[Delivery]], list[Delivery]]] = {
    "each twice": lambda all_: [one for one in all_ for _ in range(2)],
    "all, and then all again": lambda all_: all_ * 2,
    "backwards": lambda all_: all_[::-1],
    "backwards, each twice": lambda all_: [one for one in all_[::-1] for _ in range(2)],
    "forwards and then backwards": lambda all_: all_ + all_[::-1],
}


@pytest.mark.parametrize("how", ORDERS)
@pytest.mark.parametrize("drained", ["at the end", "after each"])
def test_repeated_and_backwards_they_end_in_the_same_state(fresh: Open, how: str, drained: str) -> None:
    all_ = recorded()
    wanted = fresh().play(all_)
    again = ORDERS[how](all_)
    found = fresh().play(again, drain_after=range(len(again)) if drained == "after each" else ())
    assert differences(wanted, found) == {}


@pytest.mark.parametrize("seed", range(6))
def test_shuffled_and_repeated_at_random_they_end_in_the_same_state(fresh: Open, seed: int) -> None:
    dice, all_ = random.Random(seed), recorded()  # noqa: S311 (the same shuffles each time)
    wanted = fresh().play(all_)
    again = [one for one in all_ for _ in range(dice.randint(1, 3))]
    dice.shuffle(again)
    found = fresh().play(again, drain_after=[place for place in range(len(again)) if dice.random() < 0.3])
    assert differences(wanted, found) == {}


@pytest.mark.parametrize("seed", range(6))
def test_older_and_newer_states_of_the_same_orders_shuffled_among_them_end_in_the_same_orders(
    fresh: Open, seed: int
) -> None:
    dice, all_ = random.Random(seed), [*recorded(), *versions()]  # noqa: S311 (as above)
    wanted = fresh().play(all_)
    again = [one for one in all_ for _ in range(dice.randint(1, 2))]
    dice.shuffle(again)
    found = fresh().play(again, drain_after=[place for place in range(len(again)) if dice.random() < 0.3])
    assert differences(orders_of(wanted), orders_of(found)) == {}
    assert len(wanted["orders"]) == 4
    assert len(wanted["order_refunds"]) == 2


# --- what must leave no trace ---------------------------------------------------------------------------------------


def forged(one: Delivery) -> list[Delivery]:
    """The same with another body, with a signature not its own, with none, and by one who has another secret."""
    headers = dict(one.headers)
    own = headers.pop("X-WC-Webhook-Signature")
    assert own == signature(one.body, SIGNED_WITH)
    others = (own.swapcase(), "", signature(one.body, "another secret"))
    return [
        replace(one, body=one.body + b" "),
        replace(one, headers=tuple(headers.items())),
        *(replace(one, headers=(*headers.items(), ("X-WC-Webhook-Signature", other))) for other in others),
    ]


def test_forged_copies_of_every_delivery_are_refused_and_leave_no_trace(fresh: Open) -> None:
    product = fresh()
    before = product.state()
    forgeries = [copy for one in recorded() if one.topic for copy in forged(one)]
    assert len(forgeries) >= 45
    assert {product.post(one) for one in forgeries} == {401}
    product.drain()
    assert differences(before, product.state()) == {}
    assert product.store.asked == []


def test_pings_are_answered_and_leave_no_trace(fresh: Open) -> None:
    product = fresh()
    before = product.state()
    pings = [one for one in recorded() if not one.topic]
    assert len(pings) >= 2
    assert {product.post(one) for one in pings} == {200}
    product.drain()
    assert differences(before, product.state()) == {}


def test_a_signed_error_object_is_kept_as_received_and_changes_nothing_else(fresh: Open) -> None:
    product = fresh()
    [broken] = [one for one in recorded() if one.name == "delivery_error_payload"]
    before = product.state()
    found = product.play([broken, broken])
    assert differences(before, found).keys() == {"inbox_events"}
    [row] = found["inbox_events"]
    assert '"outcome": "ignored:store_error_shop_order_invalid_i' in row
    assert all(found[table] == [] for table in NOTHING)
    assert product.store.asked == []


def test_a_delivery_that_was_overtaken_within_its_second_is_put_right_by_the_reconcile(fresh: Open) -> None:
    """Times are whole seconds: the state before a refund and the one after it can bear the same, and come reversed."""
    [after] = [one for one in recorded() if one.name == "delivery_order_updated_full_refund"]
    earlier = signed("order.updated", {**after.json, "status": "completed", "refunds": []}, "2" * 32)
    product = fresh()
    wanted = orders_of(product.play([after]))
    product.play([earlier])
    product.store.on("GET", "/wc/v3/orders", Answer([after.json]))
    reconcile(product.container, product.store_id)
    assert differences(wanted, orders_of(product.state())) == {}
