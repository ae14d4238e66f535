from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.core.kit.errors import ProviderError
from app.core.kit.money import Money
from app.core.orders.ports import (
    Address,
    FulfillmentSnapshot,
    LineSnapshot,
    OrderSnapshot,
    PaymentSnapshot,
    RefundSnapshot,
    ShippingSnapshot,
    Tax,
)
from app.platforms.shopify import mapping
from tests.platforms.shopify import builders
from tests.platforms.shopify.builders import bag, discounted, duty, line, shipping, tax, transaction

Node = dict[str, Any]


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def mapped(*lines: Node, **changes: Any) -> OrderSnapshot:
    """The snapshot of an order that must tie: a warning fails the test."""
    with capture_logs() as logs:
        snapshot = mapping.order(json.loads(json.dumps(builders.order(*lines, **changes)), parse_float=Decimal))
    assert logs == []
    return snapshot


def parts(snapshot: OrderSnapshot) -> Money:
    """Everything in the snapshot added up."""
    amounts = [one.net for one in snapshot.lines] + [one.net for one in snapshot.shipping]
    amounts += [one.amount for part in snapshot.lines for one in part.taxes]
    amounts += [one.amount for part in snapshot.shipping for one in part.taxes]
    amounts += [one.duty for one in snapshot.lines if one.duty is not None]
    result = Money.zero(snapshot.currency)
    for amount in amounts:
        result += amount
    return result


def test_an_order_is_mapped_whole() -> None:
    snapshot = mapped(
        fulfillments=[builders.parcel(1, (1, 1), deliveredAt="2026-10-04T14:00:00Z")],
        refunds=[builders.refund(1, "10.00", (1, 1))],
    )
    assert snapshot == OrderSnapshot(
        ref="gid://shopify/Order/1001",
        number="#1001",
        email="Ada@example.com",
        currency="EUR",
        shop_currency="EUR",
        exchange_rate=Decimal(1),
        prices_include_tax=True,
        placed_at=datetime(2026, 10, 1, 9, 0, 1, tzinfo=UTC),
        updated_at=datetime(2026, 10, 5, 10, 30, tzinfo=UTC),
        status="paid/fulfilled",
        lines=(
            LineSnapshot(
                ref="gid://shopify/LineItem/1",
                title="Linen shirt",
                quantity=1,
                unit_price=eur(7990),
                discount=eur(0),
                net=eur(6714),
                taxes=(Tax("VAT", eur(1276), "0.19"),),
                variant_title="M / Sand",
                sku="LS-1",
                product_ref="gid://shopify/Product/7",
                variant_ref="gid://shopify/ProductVariant/1",
                stock_ref="gid://shopify/InventoryItem/1",
                options=(("Size", "M"), ("Colour", "Sand")),
                image_url="https://cdn.shopify.com/s/files/1/shirt.jpg",
                tags=("final sale", "summer"),
                vendor="Acme",
                product_type="Shirts",
                hs_code="620520",
                origin_country="CN",
                weight_g=350,
            ),
        ),
        shipping=(
            ShippingSnapshot("gid://shopify/ShippingLine/1", "DHL Paket", eur(412), (Tax("VAT", eur(78), "0.19"),)),
        ),
        payments=(
            PaymentSnapshot(
                "gid://shopify/OrderTransaction/1", "shopify_payments", "card", eur(8480), "Shopify Payments"
            ),
        ),
        fulfillments=(
            FulfillmentSnapshot(
                "gid://shopify/Fulfillment/1",
                (("gid://shopify/LineItem/1", 1),),
                datetime(2026, 10, 2, 8, tzinfo=UTC),
                datetime(2026, 10, 4, 14, tzinfo=UTC),
                "DHL",
                "JD0146",
            ),
        ),
        refunds=(
            RefundSnapshot(
                "gid://shopify/Refund/1",
                eur(1000),
                datetime(2026, 10, 20, 10, tzinfo=UTC),
                (("gid://shopify/LineItem/1", 1),),
            ),
        ),
        total=eur(8480),
        ship_to=Address(
            name="Ada Lovelace",
            line1="Unter den Linden 1",
            city="Berlin",
            postcode="10117",
            country="DE",
            phone="+4930123",
        ),
        customer_ref="gid://shopify/Customer/5",
        locale="de-DE",
        tags=("vip",),
    )
    assert parts(snapshot) == eur(8480)


def test_line_and_order_discounts_are_taken_off_before_tax_is_taken_out() -> None:
    # 3 x 20.00, 6.00 off the line by a code, 5.40 of an order discount: 48.60 with 7.76 VAT in it
    snapshot = mapped(
        line(1, "60.00", 3, unit="20.00", discountAllocations=discounted("6.00", "5.40"), taxLines=[tax("7.76")]),
        shipping=[],
        totalPriceSet=bag("48.60", "48.60"),
    )
    (one,) = snapshot.lines
    assert (one.unit_price, one.discount, one.net, one.taxes[0].amount) == (eur(2000), eur(1140), eur(4084), eur(776))


def test_taxes_on_top_leave_the_price_as_it_is() -> None:
    snapshot = mapped(
        line(1, "79.90", taxLines=[tax("5.79", "State", 0.0725), tax("0.80", "City", 0.01)]),
        shipping=[shipping("4.90", tax("0.36", "State", 0.0725))],
        taxesIncluded=False,
        totalPriceSet=bag("91.75", "91.75"),
    )
    assert snapshot.lines[0].net == eur(7990)
    assert snapshot.lines[0].taxes == (Tax("State", eur(579), "0.0725"), Tax("City", eur(80), "0.01"))
    assert snapshot.shipping[0].net == eur(490)
    assert not snapshot.prices_include_tax


def test_duty_comes_on_top_with_its_own_tax_and_names_what_customs_saw() -> None:
    snapshot = mapped(
        line(1, "100.00", duties=[duty(1, "12.00", "2.40"), duty(2, "1.50")], taxLines=[tax("20.00")]),
        shipping=[],
        taxesIncluded=False,
        totalPriceSet=bag("135.90", "135.90"),
    )
    (one,) = snapshot.lines
    assert (one.net, one.duty) == (eur(10000), eur(1590))
    assert (one.hs_code, one.origin_country) == ("610910", "VN")


def test_duty_inside_the_price_is_taken_out_of_it() -> None:
    snapshot = mapped(
        line(1, "100.00", duties=[duty(1, "12.00", "2.00")], taxLines=[tax("15.00")]),
        shipping=[],
        dutiesIncluded=True,
        totalPriceSet=bag("100.00", "100.00"),
    )
    assert (snapshot.lines[0].net, snapshot.lines[0].duty) == (eur(7300), eur(1200))


def test_yen_and_dinar_keep_their_own_decimals() -> None:
    yen = mapped(
        line(1, "12800.0", 2, unit="6400.0", discountAllocations=discounted("1280.0"), taxLines=[tax("1047.0")]),
        shipping=[shipping("600.0", tax("55.0"))],
        presentmentCurrencyCode="JPY",
        totalPriceSet=bag("12120.0", "77.53"),
        totalTipReceivedSet=bag("0.0"),
        transactions=[transaction(1, "12120.0")],
    )
    assert yen.lines[0].net == Money(10473, "JPY")
    assert yen.shipping[0].net == Money(545, "JPY")
    assert yen.payments[0].amount == Money(12120, "JPY")
    dinar = mapped(
        line(1, "24.575", taxLines=[]),
        shipping=[shipping("1.250")],
        presentmentCurrencyCode="KWD",
        totalPriceSet=bag("25.825", "77.53"),
        totalTipReceivedSet=bag("0.000"),
    )
    assert dinar.lines[0].net == Money(24575, "KWD")
    assert dinar.total == Money(25825, "KWD")


def test_the_rate_is_the_quotient_of_both_sides_of_the_total() -> None:
    node = builders.order(presentmentCurrencyCode="JPY", totalPriceSet=bag("12120.0", "77.53"))
    assert mapping.exchange_rate(node) == Decimal("156.326583258094")


def test_the_rate_of_a_free_order_is_that_of_what_was_given_away() -> None:
    node = builders.order(
        presentmentCurrencyCode="USD", totalPriceSet=bag("0.00", "0.00"), totalDiscountsSet=bag("108.00", "100.00")
    )
    assert mapping.exchange_rate(node) == Decimal("1.08")


def test_an_order_in_which_nothing_cost_anything_has_the_rate_one() -> None:
    node = builders.order(presentmentCurrencyCode="USD", totalPriceSet=bag("0.00", "0.00"))
    assert mapping.exchange_rate(node) == Decimal(1)


def test_a_refunded_order_is_still_mapped_as_charged() -> None:
    snapshot = mapped(
        line(1, "60.00", 3, unit="20.00", currentQuantity=1),
        shipping=[],
        totalPriceSet=bag("60.00", "60.00"),
        refunds=[builders.refund(1, "40.00", (1, 2))],
    )
    assert (snapshot.lines[0].quantity, snapshot.lines[0].net) == (3, eur(6000))


def test_units_that_went_without_an_edit_were_charged_all_the_same() -> None:
    # a cancelled order: nothing is current any more, and no refund need say so
    snapshot = mapped(line(1, "79.90", currentQuantity=0), shipping=[], totalPriceSet=bag("79.90", "79.90"))
    assert (snapshot.lines[0].quantity, snapshot.lines[0].net) == (1, eur(7990))


def test_units_that_an_edit_took_away_are_not_there_to_return() -> None:
    # 3 ordered, 1 removed by an edit, 1 refunded: 2 were charged
    snapshot = mapped(
        line(1, "60.00", 3, unit="20.00", currentQuantity=1, taxLines=[tax("9.58")]),
        line(2, "10.00", 1, currentQuantity=0),
        edited=True,
        shipping=[],
        totalPriceSet=bag("40.00", "40.00"),
        refunds=[builders.refund(1, "20.00", (1, 1))],
    )
    (one,) = snapshot.lines
    assert (one.ref, one.quantity, one.net, one.taxes[0].amount) == ("gid://shopify/LineItem/1", 2, eur(3361), eur(639))
    assert parts(snapshot) == eur(4000)


def test_a_tip_and_a_fee_are_lines_that_nobody_returns() -> None:
    fee = {"id": "gid://shopify/AdditionalFee/1", "name": "Import fee", "price": bag("3.00"), "taxLines": [tax("0.48")]}
    snapshot = mapped(
        line(1, "50.00"),
        shipping=[],
        additionalFees=[fee],
        totalTipReceivedSet=bag("2.00"),
        totalPriceSet=bag("55.00", "55.00"),
    )
    assert [(one.title, one.product_type, one.net, one.requires_shipping) for one in snapshot.lines[1:]] == [
        ("Import fee", "fee", eur(252), False),
        ("Tip", "tip", eur(200), False),
    ]
    assert parts(snapshot) == eur(5500)


def test_a_tip_that_is_already_a_line_is_not_counted_twice() -> None:
    snapshot = mapped(
        line(1, "50.00"),
        line(2, "2.00", title="Tip", requiresShipping=False, product=None, variant=None),
        shipping=[],
        totalTipReceivedSet=bag("2.00"),
        totalPriceSet=bag("52.00", "52.00"),
    )
    assert len(snapshot.lines) == 2
    assert (snapshot.lines[1].stock_ref, snapshot.lines[1].options, snapshot.lines[1].weight_g) == ("", (), None)


def test_an_order_that_does_not_tie_is_told_in_the_log() -> None:
    with capture_logs() as logs:
        mapping.order(builders.order(totalPriceSet=bag("84.81", "84.81")))
    assert logs == [
        {
            "event": "shopify_order_does_not_tie",
            "log_level": "warning",
            "order": "gid://shopify/Order/1001",
            "charged": "84.81",
            "mapped": "84.80",
        }
    ]


def test_a_product_without_options_has_none() -> None:
    item = line(1)
    item["variant"]["selectedOptions"] = [{"name": "Title", "value": "Default Title"}]
    assert mapped(item, shipping=[], totalPriceSet=bag("79.90", "79.90")).lines[0].options == ()


@pytest.mark.parametrize(
    ("weight", "expected"),
    [
        ({"value": Decimal("0.35"), "unit": "KILOGRAMS"}, 350),
        ({"value": 12, "unit": "OUNCES"}, 340),
        ({"value": Decimal("2.5"), "unit": "POUNDS"}, 1134),
        ({"value": Decimal("99.5"), "unit": "GRAMS"}, 100),
        ({"value": 0, "unit": "GRAMS"}, None),
        ({"value": 1, "unit": "STONES"}, None),
        (None, None),
    ],
)
def test_weights_are_whole_grams(weight: Node | None, expected: int | None) -> None:
    assert mapping.grams(weight) == expected


def test_a_cancelled_parcel_never_left() -> None:
    parcels = [
        builders.parcel(1, (1, 1), status="CANCELLED"),
        builders.parcel(2, (1, 1), inTransitAt="2026-10-03T06:00:00Z", trackingInfo=[]),
    ]
    (one,) = mapped(fulfillments=parcels).fulfillments
    assert (one.ref, one.shipped_at, one.delivered_at, one.carrier) == (
        "gid://shopify/Fulfillment/2",
        datetime(2026, 10, 3, 6, tzinfo=UTC),
        None,
        "",
    )


def test_a_cancelled_order_says_so() -> None:
    snapshot = mapped(cancelledAt="2026-10-06T00:00:00Z", displayFinancialStatus=None)
    assert (snapshot.status, snapshot.cancelled_at) == ("cancelled", datetime(2026, 10, 6, tzinfo=UTC))


def test_what_shopify_withholds_about_a_person_is_empty() -> None:
    snapshot = mapped(email=None, customer=None, shippingAddress=None)
    assert (snapshot.email, snapshot.customer_ref, snapshot.ship_to) == ("", "", Address())


@pytest.mark.parametrize(
    "changes",
    [
        {"lineItems": None},
        {"totalPriceSet": None},
        {"presentmentCurrencyCode": "euro"},
        {"totalPriceSet": bag("a lot", "0")},
        {"updatedAt": "yesterday"},
        {"refunds": [None]},
    ],
)
def test_an_incomplete_reply_is_shopifys_failure_and_asked_for_again(changes: Node) -> None:
    with pytest.raises(ProviderError) as caught:
        mapping.order(builders.order(**changes))
    assert (caught.value.code, caught.value.retryable) == ("order_incomplete", True)
