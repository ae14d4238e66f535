from __future__ import annotations

import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.kit.money import Money
from app.core.orders.ports import (
    Address,
    FulfillmentSnapshot,
    LineSnapshot,
    OrderSnapshot,
    PaymentSnapshot,
    ShippingSnapshot,
    Tax,
)
from app.platforms.woocommerce.mapping import charged_sum, instrument, order_snapshot
from app.platforms.woocommerce.values import Unreadable
from tests.platforms.woocommerce.builders import a_fee, a_line, an_order, two_sweaters
from tests.platforms.woocommerce.loopback import CONTRACTS, recording


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def vat(minor: int) -> Tax:
    return Tax("MwSt", eur(minor), "0.19", "1")


def test_the_recorded_german_order_becomes_exactly_this_snapshot() -> None:
    home = Address(
        name="Karla Kunde",
        line1="Hauptstr. 5",
        city="Berlin",
        region="BE",
        postcode="10115",
        country="DE",
        phone="+49301234567",
    )
    snapshot = OrderSnapshot(
        ref="23",
        number="23",
        email="kunde@example.test",
        currency="EUR",
        shop_currency="EUR",
        exchange_rate=Decimal(1),
        prices_include_tax=True,
        placed_at=datetime(2026, 11, 23, 6, 11, 56, tzinfo=UTC),
        updated_at=datetime(2026, 11, 23, 6, 11, 57, tzinfo=UTC),
        status="completed",
        lines=(
            LineSnapshot(
                ref="1",
                title="Merino Sweater",
                quantity=2,
                unit_price=eur(6715),
                discount=eur(0),
                net=eur(13429),
                taxes=(vat(2551),),
                variant_title="M / Black",
                sku="SW-M-Black",
                product_ref="14",
                variant_ref="17",
                stock_ref="17",
                options=(("Size", "M"), ("Colour", "Black")),
            ),
            LineSnapshot(
                ref="2",
                title="Leather Belt",
                quantity=1,
                unit_price=eur(3277),
                discount=eur(0),
                net=eur(3277),
                taxes=(vat(623),),
                sku="BELT-1",
                product_ref="21",
                stock_ref="21",
            ),
        ),
        shipping=(ShippingSnapshot(ref="3", title="Flat rate", net=eur(500), taxes=(vat(95),)),),
        payments=(
            PaymentSnapshot(
                ref="",
                gateway="bacs",
                instrument="bank",
                amount=eur(20475),
                title="Direct bank transfer",
                refundable_by_gateway=False,
            ),
        ),
        fulfillments=(
            FulfillmentSnapshot(
                ref="completed",
                lines=(("1", 2), ("2", 1)),
                shipped_at=datetime(2026, 11, 23, 6, 11, 57, tzinfo=UTC),
            ),
        ),
        refunds=(),
        total=eur(20475),
        ship_to=home,
        bill_to=home,
        customer_ref="2",
        completed_at=datetime(2026, 11, 23, 6, 11, 57, tzinfo=UTC),
    )
    assert order_snapshot(two_sweaters(), ()) == snapshot
    assert order_snapshot(recording("order_DE"), ()) == snapshot


def recorded_orders() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for path in sorted(CONTRACTS.glob("order_*.json")) + sorted(CONTRACTS.glob("orders_*.json")):
        value = recording(path.stem)
        found += [v for v in (value if isinstance(value, list) else [value]) if "line_items" in v and "currency" in v]
    for path in sorted(CONTRACTS.glob("webhook_delivery_order_*.json")):
        value = recording(path.stem)
        found += [
            v["body_json"]
            for v in (value if isinstance(value, list) else [value])
            if "line_items" in v.get("body_json", {})
        ]
    return found


def test_every_recorded_order_adds_up_to_its_total_without_any_correction() -> None:
    orders = recorded_orders()
    assert len(orders) >= 8 or not CONTRACTS.is_dir()
    for order in orders:
        snapshot = order_snapshot(order, None)
        assert str(charged_sum(snapshot)) == order["total"]
        assert snapshot.total == charged_sum(snapshot)
        for line, item in zip(snapshot.lines, order["line_items"], strict=True):
            assert str(line.net) == item["total"]


def test_a_coupon_shows_as_the_line_s_discount_and_an_unpaid_order_has_no_payment() -> None:
    snapshot = order_snapshot(recording("order_with_coupon"), ())
    assert [(line.net, line.discount, line.unit_price) for line in snapshot.lines] == [(eur(0), eur(2143), eur(2143))]
    assert snapshot.payments == ()
    assert snapshot.fulfillments == ()
    assert snapshot.completed_at is None


def test_a_chinese_name_is_written_family_name_first_and_the_province_by_its_iso_letters() -> None:
    order = recording("order_CN")
    snapshot = order_snapshot(order, ())
    assert (snapshot.ship_to.name, snapshot.ship_to.line1, snapshot.ship_to.region) == ("王伟", "南京东路100号", "HL")
    order["shipping"]["state"] = "CN10"
    assert order_snapshot(order, ()).ship_to.region == "SH"


@pytest.mark.parametrize(
    ("country", "state", "region"),
    [
        ("DE", "DE-BE", "BE"),
        ("US", "TX", "TX"),
        ("JP", "JP13", "13"),
        ("TR", "TR34", "34"),
        ("CN", "CN99", ""),
        ("GB", "Kent", "Kent"),
        ("CA", "CAN", "CAN"),
    ],
)
def test_states_become_iso_regions(country: str, state: str, region: str) -> None:
    order = an_order(shipping={"address_1": "x", "country": country, "state": state})
    assert order_snapshot(order, ()).ship_to.region == region


def test_an_order_without_a_shipping_address_goes_to_the_billing_address() -> None:
    order = an_order(billing={"first_name": "A", "last_name": "B", "email": "a@example.test", "phone": "1"})
    assert order_snapshot(order, ()).ship_to == Address(name="A B", phone="1")


def test_a_surcharge_is_a_line_that_is_not_shipped() -> None:
    snapshot = order_snapshot(an_order(total="130.90", fee_lines=[a_fee("5.00", "0.95", name="Gift wrap")]), ())
    line = snapshot.lines[1]
    assert (line.ref, line.title, line.quantity, line.net, line.requires_shipping) == (
        "5",
        "Gift wrap",
        1,
        eur(500),
        False,
    )
    assert line.taxes == (Tax("VAT", eur(95), "0.19", "1"),)
    assert charged_sum(snapshot) == eur(13090)


def test_a_negative_fee_comes_off_the_lines_in_proportion_so_a_return_gives_back_what_was_paid() -> None:
    lines = [
        a_line(),
        a_line(id=3, subtotal="50.00", total="50.00", total_tax="9.50", taxes=[{"id": 1, "total": "9.50"}]),
    ]
    order = an_order(total="166.60", line_items=lines, fee_lines=[a_fee("-15.00", "-2.85")])
    snapshot = order_snapshot(order, ())
    assert [(line.ref, line.net, line.discount, line.taxes[0].amount) for line in snapshot.lines] == [
        ("1", eur(9000), eur(1000), eur(1710)),
        ("3", eur(4500), eur(500), eur(855)),
    ]
    assert snapshot.shipping[0].net == eur(500)
    assert charged_sum(snapshot) == eur(16660)


def test_a_cent_of_rounding_goes_into_the_largest_amount() -> None:
    snapshot = order_snapshot(an_order(total="124.96"), ())
    assert snapshot.lines[0].net == eur(10001)
    assert charged_sum(snapshot) == eur(12496)


def test_what_a_gift_card_plugin_took_off_the_total_never_comes_back_as_money() -> None:
    snapshot = order_snapshot(an_order(total="24.95"), ())
    assert charged_sum(snapshot) == eur(2495)
    assert all(amount.minor >= 0 for line in snapshot.lines for amount in (line.net, *(t.amount for t in line.taxes)))


def test_a_charge_that_a_plugin_keeps_out_of_the_lines_is_told_and_no_refund_can_name_it() -> None:
    snapshot = order_snapshot(an_order(total="134.95"), ())
    assert (snapshot.lines[1].ref, snapshot.lines[1].net) == ("other", eur(1000))
    assert charged_sum(snapshot) == eur(13495)


amounts = st.integers(min_value=-30_000, max_value=90_000)


@given(
    nets=st.lists(st.integers(min_value=0, max_value=90_000), min_size=1, max_size=4),
    taxes=st.lists(st.integers(min_value=0, max_value=20_000), min_size=4, max_size=4),
    fee=amounts,
    fee_tax=amounts,
    total=st.integers(min_value=0, max_value=400_000),
)
def test_whatever_plugins_did_the_components_add_up_and_none_is_negative(
    nets: list[int], taxes: list[int], fee: int, fee_tax: int, total: int
) -> None:
    def text(minor: int) -> str:
        return str(Money(minor, "EUR"))

    lines = [
        a_line(
            id=n + 10,
            subtotal=text(net),
            total=text(net),
            total_tax=text(taxes[n]),
            taxes=[{"id": 1, "total": text(taxes[n])}],
        )
        for n, net in enumerate(nets)
    ]
    fees = [a_fee(text(fee), text(fee_tax if fee < 0 else abs(fee_tax)))]
    snapshot = order_snapshot(an_order(total=text(total), line_items=lines, fee_lines=fees), ())
    assert charged_sum(snapshot) == eur(total)
    parts: list[LineSnapshot | ShippingSnapshot] = [*snapshot.lines, *snapshot.shipping]
    if fee >= 0 or fee_tax <= 0:
        assert all(part.net.minor >= 0 for part in parts)
        assert all(tax.amount.minor >= 0 for part in parts for tax in part.taxes)


@pytest.mark.parametrize(
    ("currency", "printed", "minor"),
    [
        ("JPY", "1200.00", 1200),
        ("JPY", "1200.000000", 1200),
        ("KWD", "12.345000", 12345),
        ("EUR", "67.142857", 6714),
        ("EUR", "80", 8000),
    ],
)
def test_amounts_are_read_in_the_currency_s_own_decimals(currency: str, printed: str, minor: int) -> None:
    line = a_line(subtotal=printed, total=printed, total_tax="0", taxes=[])
    order = an_order(currency=currency, total=printed, line_items=[line], shipping_lines=[])
    assert order_snapshot(order, ()).lines[0].net == Money(minor, currency)


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("bacs", "bank"),
        ("cheque", "bank"),
        ("cod", "cod"),
        ("paypal", "paypal"),
        ("ppcp-gateway", "paypal"),
        ("ppcp-credit-card-gateway", "paypal"),
        ("stripe", "card"),
        ("stripe_sepa", "card"),
        ("woocommerce_payments", "card"),
        ("klarna_payments", "other"),
        ("", "other"),
    ],
)
def test_gateways_have_an_instrument(method: str, kind: str) -> None:
    assert instrument(method) == kind


def test_a_card_payment_names_its_transaction_and_can_be_refunded_by_the_gateway() -> None:
    order = an_order(payment_method="stripe", transaction_id="ch_1", date_paid_gmt="2026-11-23T06:01:00")
    payment = order_snapshot(order, ()).payments[0]
    assert (payment.ref, payment.instrument, payment.amount, payment.refundable_by_gateway) == (
        "ch_1",
        "card",
        eur(12495),
        True,
    )


def test_dates_come_from_gmt_only() -> None:
    order = an_order(date_created="1999-01-01T00:00:00", date_modified="1999-01-01T00:00:00")
    snapshot = order_snapshot(order, ())
    assert snapshot.placed_at == datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
    assert snapshot.updated_at == datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def test_the_shipment_tracking_extension_s_parcels_are_known() -> None:
    items = [
        {"tracking_provider": "dhl", "tracking_number": "00340", "date_shipped": "1795500000", "tracking_id": "abc"},
        {"custom_tracking_provider": "Own van", "tracking_number": "7", "date_shipped": "", "tracking_id": "def"},
    ]
    order = an_order(
        meta_data=[{"id": 1, "key": "_wc_shipment_tracking_items", "value": items}],
        date_completed_gmt="2026-11-23T09:00:00",
    )
    assert order_snapshot(order, ()).fulfillments == (
        FulfillmentSnapshot("abc", (("1", 1),), datetime.fromtimestamp(1795500000, UTC), None, "dhl", "00340"),
        FulfillmentSnapshot("def", (), datetime(2026, 11, 23, 9, 0, tzinfo=UTC), None, "Own van", "7"),
    )


def test_hidden_and_structured_meta_is_left_out_and_html_is_stripped() -> None:
    meta = [
        {"key": "pa_size", "display_key": "Size", "display_value": "<p>M &amp; L</p>\n"},
        {"key": "_reduced_stock", "display_key": "_reduced_stock", "display_value": "1", "value": "1"},
        {"key": "addons", "display_key": "Addons", "display_value": {"a": 1}},
        {"key": "_hs_code", "display_key": "_hs_code", "value": "6110.11"},
    ]
    line = order_snapshot(an_order(line_items=[a_line(meta_data=meta)]), ()).lines[0]
    assert line.options == (("Size", "M & L"),)
    assert line.hs_code == "6110.11"


def test_goods_sold_by_length_are_one_unit() -> None:
    line = order_snapshot(an_order(line_items=[a_line(quantity="1.5")]), ()).lines[0]
    assert (line.quantity, line.title, line.net) == (1, "Coat (1.5)", eur(10000))


def test_taxes_without_a_breakdown_are_kept() -> None:
    line = order_snapshot(an_order(line_items=[a_line(taxes=[])]), ()).lines[0]
    assert line.taxes == (Tax("Tax", eur(1900)),)


@pytest.mark.parametrize(
    "broken", [{"total": "abc"}, {"currency": "eur"}, {"line_items": [1]}, {"date_created_gmt": None}, {"billing": "x"}]
)
def test_what_is_no_order_is_refused_in_one_way(broken: dict[str, Any]) -> None:
    order = an_order()
    before = copy.deepcopy(order)
    with pytest.raises(Unreadable):
        order_snapshot(order | broken, ())
    assert order == before


def test_a_nul_that_postgresql_cannot_keep_is_dropped() -> None:
    order = an_order(number="7\x00", line_items=[a_line(name="Co\x00at")])
    snapshot = order_snapshot(order, ())
    assert (snapshot.number, snapshot.lines[0].title) == ("7", "Coat")
