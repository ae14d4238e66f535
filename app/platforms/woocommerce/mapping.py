"""WooCommerce's words into ours: the order JSON of wc/v3 -> OrderSnapshot.

**What keeps the sum exact.** ``sum(nets, taxes) == total`` for every snapshot, whatever plugins did to the order:

* a positive fee is a line of one unit that is not shipped (the store's refund call takes a fee's id like a line's);
* a negative fee is a discount: its net is taken off the lines' nets and its tax off the same tax of the lines, in
  proportion, then off shipping, so that what comes back for a line is what was paid for it;
* what is then still missing or too much against ``total`` is rounding (the API prints each amount rounded on its
  own) and goes into the largest amount; where it is more than rounding can be, too much was listed (a gift card
  that a plugin took off the total) and is taken off in proportion, or too little was (a surcharge that a plugin
  keeps out of the lines) and becomes a line "Other charges", which no refund can name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from app.core.kit.errors import DomainError
from app.core.kit.money import Money, round_half_up, total
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
from app.platforms.woocommerce.values import (
    HS_CODE,
    ORIGIN,
    Unreadable,
    country_code,
    instant,
    meta,
    money,
    plain,
    reference,
    required_instant,
    text,
    unix_instant,
    whole_quantity,
)

OTHER_CHARGES: Final = "other"
BY_HAND_METHODS: Final = frozenset({"bacs", "cheque", "cod"})
DRAFTS: Final = frozenset({"auto-draft", "checkout-draft", "trash"})

_INSTRUMENTS = (
    (re.compile(r"^(bacs|cheque)$"), "bank"),
    (re.compile(r"^cod$"), "cod"),
    (re.compile(r"paypal|^ppcp|^ppec"), "paypal"),
    (re.compile(r"stripe|woocommerce_payments|credit_?card|square|braintree|authorize_net|worldpay|adyen"), "card"),
)
_TRACKING = "_wc_shipment_tracking_items"
_HAN_KANA_HANGUL = re.compile(
    "^[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+$"
)
# WooCommerce numbers China's provinces its own way (i18n/states.php); ISO 3166-2:CN names them by letters.
_CHINA = "YN BJ TJ HE SX NM LN JL HL SH JS ZJ AH FJ JX SD HA HB HN GD GX HI CQ SC GZ SN GS QH NX MO XZ XJ".split()


@dataclass(slots=True)
class _Amount:
    """A minor amount that may still be corrected, so that the order adds up."""

    minor: int


@dataclass(slots=True)
class _Charge:
    """A line, fee or shipping line while the order is being added up: its net and its taxes."""

    item: Mapping[str, Any]
    net: _Amount
    taxes: list[tuple[Tax, _Amount]] = field(default_factory=list)

    @property
    def amounts(self) -> list[_Amount]:
        return [self.net, *(amount for _, amount in self.taxes)]

    def charged_taxes(self, currency: str) -> tuple[Tax, ...]:
        return tuple(
            Tax(tax.title, Money(amount.minor, currency), tax.rate, tax.ref)
            for tax, amount in self.taxes
            if amount.minor
        )


def order_snapshot(order: Mapping[str, Any], refunds: tuple[RefundSnapshot, ...] | None) -> OrderSnapshot:
    """The order as charged. ``refunds``: all of them, or None when ``order`` alone does not tell. Raises Unreadable.

    ``shop_currency`` is the order's own: the store settles and refunds in the order's currency, and which rate a
    multi-currency plugin used is in no field of the API.
    """
    try:
        return _order_snapshot(order, refunds)
    except (KeyError, TypeError, AttributeError, IndexError, ArithmeticError, ValueError, DomainError) as error:
        msg = f"order {text(order.get('id'))[:20]}: {type(error).__name__}"
        raise Unreadable(msg) from error


def _order_snapshot(order: Mapping[str, Any], refunds: tuple[RefundSnapshot, ...] | None) -> OrderSnapshot:
    currency = text(order["currency"])
    charged = money(order["total"], currency)
    lines, shipping = _charges(order, currency, charged.minor)
    updated_at = instant(order.get("date_modified_gmt")) or required_instant(order, "date_created_gmt")
    bill_to = _address(order.get("billing") or {})
    return OrderSnapshot(
        ref=reference(order["id"]),
        number=text(order.get("number"))[:60] or reference(order["id"]),
        email=text((order.get("billing") or {}).get("email"))[:254],
        currency=currency,
        shop_currency=currency,
        exchange_rate=Decimal(1),
        prices_include_tax=bool(order.get("prices_include_tax")),
        placed_at=required_instant(order, "date_created_gmt"),
        updated_at=updated_at,
        status=text(order["status"])[:40],
        lines=lines,
        shipping=shipping,
        payments=_payments(order, charged),
        fulfillments=_fulfillments(order, lines),
        refunds=refunds,
        total=charged,
        ship_to=_ship_to(order.get("shipping") or {}, bill_to),
        bill_to=bill_to,
        customer_ref=reference(order["customer_id"]) if order.get("customer_id") else "",
        cancelled_at=updated_at if order["status"] == "cancelled" else None,
        completed_at=instant(order.get("date_completed_gmt")),
    )


def _charges(
    order: Mapping[str, Any], currency: str, charged: int
) -> tuple[tuple[LineSnapshot, ...], tuple[ShippingSnapshot, ...]]:
    names = {reference(t.get("rate_id")): t for t in order.get("tax_lines") or ()}
    goods = [_charge(item, names, currency) for item in order.get("line_items") or ()]
    goods = [charge for charge in goods if whole_quantity(charge.item) or any(a.minor for a in charge.amounts)]
    fees = [_charge(item, names, currency) for item in order.get("fee_lines") or ()]
    carriage = [_charge(item, names, currency) for item in order.get("shipping_lines") or ()]
    surcharges = [fee for fee in fees if fee.net.minor >= 0 and any(a.minor for a in fee.amounts)]
    for fee in fees:
        if fee.net.minor < 0:
            _take_off(fee, goods, surcharges, carriage, currency)
    missing = _settle_difference(charged, [*goods, *surcharges, *carriage], currency)
    lines = [_line(charge, currency) for charge in goods] + [_fee_line(charge, currency) for charge in surcharges]
    if missing:
        lines.append(_unshipped(OTHER_CHARGES, "Other charges", Money(missing, currency), ()))
    return tuple(lines), tuple(
        ShippingSnapshot(
            ref=reference(charge.item["id"]),
            title=plain(charge.item.get("method_title"))[:200],
            net=Money(charge.net.minor, currency),
            taxes=charge.charged_taxes(currency),
        )
        for charge in carriage
    )


def _charge(item: Mapping[str, Any], names: Mapping[str, Mapping[str, Any]], currency: str) -> _Charge:
    charge = _Charge(item, _Amount(money(item["total"], currency).minor))
    for entry in item.get("taxes") or ():
        ref = reference(entry["id"])
        named = names.get(ref, {})
        amount = money(entry.get("total"), currency)
        tax = Tax(plain(named.get("label") or named.get("rate_code")) or "Tax", amount, _rate(named), ref)
        charge.taxes.append((tax, _Amount(amount.minor)))
    whole = money(item.get("total_tax"), currency)
    if whole and not charge.taxes:  # orders imported without the breakdown
        charge.taxes.append((Tax("Tax", whole), _Amount(whole.minor)))
    return charge


def _take_off(
    fee: _Charge, goods: Sequence[_Charge], surcharges: Sequence[_Charge], carriage: Sequence[_Charge], currency: str
) -> None:
    """A negative fee, spread over what it made cheaper. A tax of it that no line bears comes off whatever there is."""
    groups = (goods, surcharges, carriage)
    everything = [amount for group in groups for charge in group for amount in charge.amounts]
    wanted = [(-fee.net.minor, [[charge.net for charge in group] for group in groups])]
    for tax, amount in fee.taxes:
        same = [[a for charge in group for t, a in charge.taxes if t.ref == tax.ref] for group in groups]
        wanted.append((-amount.minor, same))
    for sought, pools in wanted:
        left = sought
        for pool in [*pools, everything]:
            left = _take(pool, left, currency)


def _take(pool: Sequence[_Amount], wanted: int, currency: str) -> int:
    """Take ``wanted`` off ``pool`` in proportion, nothing below zero; what could not be taken is given back."""
    weights = [max(0, amount.minor) for amount in pool]
    taken = min(max(0, wanted), sum(weights))
    if taken:
        for amount, part in zip(pool, Money(taken, currency).allocate(weights), strict=True):
            amount.minor -= part.minor
    return wanted - taken


def _settle_difference(charged: int, charges: Sequence[_Charge], currency: str) -> int:
    """Make ``charges`` add up to ``charged``; what is missing beyond rounding is given back."""
    amounts = [amount for charge in charges for amount in charge.amounts]
    difference = charged - sum(amount.minor for amount in amounts)
    largest = max(amounts, key=lambda amount: amount.minor, default=None)
    if largest is not None and abs(difference) <= len(amounts) and largest.minor + difference >= 0:
        largest.minor += difference
        return 0
    return _take(amounts, -difference, currency) * -1 if difference < 0 else difference


def _line(charge: _Charge, currency: str) -> LineSnapshot:
    item = charge.item
    quantity = whole_quantity(item) or 1
    net, before = Money(charge.net.minor, currency), money(item.get("subtotal") or item["total"], currency)
    options = tuple(_options(item.get("meta_data") or ()))
    product, variant = reference(item.get("product_id")), reference(item.get("variation_id"))
    title = plain(item.get("parent_name")) or plain(item.get("name"))
    if whole_quantity(item) == 0:  # sold by length or weight (1.5 m): one unit to us, and the title says of what
        title = f"{title} ({text(item.get('quantity'))})"
    return LineSnapshot(
        ref=reference(item["id"]),
        title=title[:400],
        quantity=quantity,
        unit_price=Money(round_half_up(Fraction(before.minor, quantity)), currency),
        discount=before - net,
        net=net,
        taxes=charge.charged_taxes(currency),
        variant_title=" / ".join(value for _, value in options)[:400],
        sku=text(item.get("sku"))[:120],
        product_ref=product,
        variant_ref=variant,
        stock_ref=variant or product,
        options=options,
        image_url=text((item.get("image") or {}).get("src"))[:1000],
        tags=None if product else (),
        hs_code=meta(item, HS_CODE)[:20],
        origin_country=country_code(meta(item, ORIGIN)),
    )


def _fee_line(charge: _Charge, currency: str) -> LineSnapshot:
    title = plain(charge.item.get("name"))[:400] or "Fee"
    return _unshipped(
        reference(charge.item["id"]), title, Money(charge.net.minor, currency), charge.charged_taxes(currency)
    )


def _unshipped(ref: str, title: str, net: Money, taxes: tuple[Tax, ...]) -> LineSnapshot:
    return LineSnapshot(
        ref=ref,
        title=title,
        quantity=1,
        unit_price=net,
        discount=Money.zero(net.currency),
        net=net,
        taxes=taxes,
        tags=(),
        product_type="fee",
        requires_shipping=False,
    )


def _options(entries: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """What a shopper sees under the article: size, colour and the like. Hidden data begins with an underscore."""
    for entry in entries:
        name, value = entry.get("display_key") or entry.get("key"), entry.get("display_value", entry.get("value"))
        if not isinstance(name, str) or text(entry.get("key")).startswith("_") or name.startswith("_"):
            continue
        if isinstance(value, str | int | Decimal) and plain(value):
            yield plain(name)[:80], plain(value)[:200]


def _payments(order: Mapping[str, Any], charged: Money) -> tuple[PaymentSnapshot, ...]:
    if not instant(order.get("date_paid_gmt")) or charged.minor <= 0:
        return ()
    method = text(order.get("payment_method"))
    return (
        PaymentSnapshot(
            ref=text(order.get("transaction_id"))[:120],
            gateway=method[:80],
            instrument=instrument(method),
            amount=charged,
            title=plain(order.get("payment_method_title"))[:120],
            refundable_by_gateway=method not in BY_HAND_METHODS and bool(method),
        ),
    )


def instrument(method: str) -> str:
    """Our name for a gateway id: bank, cod, paypal, card or other."""
    return next((name for pattern, name in _INSTRUMENTS if pattern.search(method.casefold())), "other")


def _fulfillments(order: Mapping[str, Any], lines: Sequence[LineSnapshot]) -> tuple[FulfillmentSnapshot, ...]:
    """One parcel when the order is completed; one a tracking number where the Shipment Tracking extension is used.

    Nobody tells which goods are in which parcel, so all are in the first. Core knows no delivery date.
    """
    completed = instant(order.get("date_completed_gmt"))
    contents = tuple((line.ref, line.quantity) for line in lines if line.requires_shipping)
    found = next((m.get("value") for m in order.get("meta_data") or () if m.get("key") == _TRACKING), None)
    entries = list(found.values()) if isinstance(found, dict) else found
    parcels = [
        FulfillmentSnapshot(
            ref=text(entry.get("tracking_id"))[:120] or f"tracking-{position}",
            lines=() if position else contents,
            shipped_at=unix_instant(entry.get("date_shipped")) or completed,
            carrier=plain(entry.get("tracking_provider") or entry.get("custom_tracking_provider"))[:80],
            tracking_number=plain(entry.get("tracking_number"))[:120],
        )
        for position, entry in enumerate(e for e in entries or () if isinstance(e, dict) and e.get("tracking_number"))
    ]
    if not parcels and completed and contents:
        parcels = [FulfillmentSnapshot(ref="completed", lines=contents, shipped_at=completed)]
    return tuple({parcel.ref: parcel for parcel in parcels}.values())


def _ship_to(shipping: Mapping[str, Any], bill_to: Address) -> Address:
    """The shipping address; the billing one when the shop asked for no other."""
    if not any(text(shipping.get(part)) for part in ("address_1", "city", "postcode")):
        return bill_to
    own = _address(shipping)
    return own if own.phone else Address(**{**own.as_dict(), "phone": bill_to.phone})


def _address(value: Mapping[str, Any]) -> Address:
    first, last = plain(value.get("first_name")), plain(value.get("last_name"))
    country = country_code(value.get("country"))
    together = f"{last}{first}"  # Chinese, Japanese and Korean names: family name first, no space
    return Address(
        name=together if _HAN_KANA_HANGUL.match(together) else f"{first} {last}".strip(),
        company=plain(value.get("company")),
        line1=plain(value.get("address_1")),
        line2=plain(value.get("address_2")),
        city=plain(value.get("city")),
        region=_region(country, plain(value.get("state"))),
        postcode=text(value.get("postcode")),
        country=country,
        phone=text(value.get("phone")),
    )


def _region(country: str, state: str) -> str:
    """ISO 3166-2 without the country: ``DE-BE`` -> BE, ``JP13`` -> 13, ``CN10`` -> SH; free text stays."""
    if not country or not state.startswith(country):
        return state
    rest = state[len(country) :]
    if country == "CN" and rest.isdecimal():
        return _CHINA[int(rest) - 1] if 1 <= int(rest) <= len(_CHINA) else ""
    return rest[1:] if rest.startswith("-") else (rest if rest.isdecimal() else state)


def _rate(tax_line: Mapping[str, Any]) -> str | None:
    """``19`` percent -> ``0.19``."""
    percent = tax_line.get("rate_percent")
    if percent is None or percent == "":
        return None
    return f"{(Decimal(str(percent)) / 100).normalize():f}"


def charged_sum(snapshot: OrderSnapshot) -> Money:
    """All components of an order together; equals its ``total``."""
    charges: list[LineSnapshot | ShippingSnapshot] = [*snapshot.lines, *snapshot.shipping]
    parts = [charge.net for charge in charges] + [tax.amount for charge in charges for tax in charge.taxes]
    return total(parts, snapshot.currency)
