"""WooCommerce's words into ours: order and refund JSON of wc/v3 -> snapshots, and back: a refund -> its request body.

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

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from html import unescape
from typing import Any, Final
from uuid import UUID

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
from app.core.returns.ports import RefundLine, RefundOrder, RefundShipping

MARK_KEY: Final = "_helloword_key"
MARK_RMA: Final = "_helloword_rma"
OTHER_CHARGES: Final = "other"
BY_HAND_METHODS: Final = frozenset({"bacs", "cheque", "cod"})
DRAFTS: Final = frozenset({"auto-draft", "checkout-draft", "trash"})

_INSTRUMENTS = (
    (re.compile(r"^(bacs|cheque)$"), "bank"),
    (re.compile(r"^cod$"), "cod"),
    (re.compile(r"paypal|^ppcp|ppec"), "paypal"),
    (re.compile(r"stripe|woocommerce_payments|woopay|square|braintree|credit_card|authorize|worldpay|adyen|mollie_wc_gateway_creditcard"), "card"),
)
_TAG = re.compile(r"<[^>]*>")
_TOKEN = re.compile(r"\(ref\. ([A-Za-z0-9_-]{22})\)")
_HS_CODE = ("_hs_code", "hs_code")
_ORIGIN = ("_origin_country", "_country_of_origin")
_TRACKING = "_wc_shipment_tracking_items"
_HAN_KANA_HANGUL = re.compile("^[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+$")
# WooCommerce numbers China's provinces its own way (i18n/states.php); ISO 3166-2:CN names them by letters.
_CHINA = (
    "YN BJ TJ HE SX NM LN JL HL SH JS ZJ AH FJ JX SD HA HB HN GD GX HI CQ SC GZ SN GS QH NX MO XZ XJ".split()
)


class Unreadable(ValueError):
    """The store's JSON is not an order (or refund) as wc/v3 documents it."""


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
            Tax(tax.title, Money(amount.minor, currency), tax.rate, tax.ref) for tax, amount in self.taxes if amount.minor
        )


# --- orders ---------------------------------------------------------------------------------------------------------


def order_snapshot(order: Mapping[str, Any], refunds: tuple[RefundSnapshot, ...] | None) -> OrderSnapshot:
    """The order as charged. ``refunds``: all of them, or None when ``order`` alone does not tell. Raises Unreadable.

    ``shop_currency`` is the order's own: the store settles and refunds in the order's currency, and which rate a
    multi-currency plugin used is in no field of the API.
    """
    try:
        return _order_snapshot(order, refunds)
    except (KeyError, TypeError, AttributeError, IndexError, ArithmeticError, ValueError, DomainError) as error:
        msg = f"order {_text(order.get('id'))[:20]}: {type(error).__name__}"
        raise Unreadable(msg) from error


def _order_snapshot(order: Mapping[str, Any], refunds: tuple[RefundSnapshot, ...] | None) -> OrderSnapshot:
    currency = _text(order["currency"])
    charged = _money(order["total"], currency)
    lines, shipping = _charges(order, currency, charged.minor)
    updated_at = instant(order.get("date_modified_gmt")) or _required(order, "date_created_gmt")
    bill_to = _address(order.get("billing") or {})
    return OrderSnapshot(
        ref=_ref(order["id"]),
        number=_text(order.get("number")) or _ref(order["id"]),
        email=_text((order.get("billing") or {}).get("email")),
        currency=currency,
        shop_currency=currency,
        exchange_rate=Decimal(1),
        prices_include_tax=bool(order.get("prices_include_tax")),
        placed_at=_required(order, "date_created_gmt"),
        updated_at=updated_at,
        status=_text(order["status"]),
        lines=lines,
        shipping=shipping,
        payments=_payments(order, charged),
        fulfillments=_fulfillments(order, lines),
        refunds=refunds,
        total=charged,
        ship_to=_ship_to(order.get("shipping") or {}, bill_to),
        bill_to=bill_to,
        customer_ref=_ref(order["customer_id"]) if order.get("customer_id") else "",
        cancelled_at=updated_at if order["status"] == "cancelled" else None,
        completed_at=instant(order.get("date_completed_gmt")),
    )


def _charges(
    order: Mapping[str, Any], currency: str, charged: int
) -> tuple[tuple[LineSnapshot, ...], tuple[ShippingSnapshot, ...]]:
    names = {_ref(t.get("rate_id")): t for t in order.get("tax_lines") or ()}
    goods = [_charge(item, names, currency) for item in order.get("line_items") or ()]
    goods = [charge for charge in goods if _quantity(charge.item) or any(a.minor for a in charge.amounts)]
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
            ref=_ref(charge.item["id"]),
            title=plain(charge.item.get("method_title"))[:200],
            net=Money(charge.net.minor, currency),
            taxes=charge.charged_taxes(currency),
        )
        for charge in carriage
    )


def _charge(item: Mapping[str, Any], names: Mapping[str, Mapping[str, Any]], currency: str) -> _Charge:
    charge = _Charge(item, _Amount(_money(item["total"], currency).minor))
    for entry in item.get("taxes") or ():
        ref = _ref(entry["id"])
        named = names.get(ref, {})
        amount = _money(entry.get("total"), currency)
        tax = Tax(plain(named.get("label") or named.get("rate_code")) or "Tax", amount, _rate(named), ref)
        charge.taxes.append((tax, _Amount(amount.minor)))
    whole = _money(item.get("total_tax"), currency)
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
    quantity = _quantity(item) or 1
    net, before = Money(charge.net.minor, currency), _money(item.get("subtotal") or item["total"], currency)
    options = tuple(_options(item.get("meta_data") or ()))
    product, variant = _ref(item.get("product_id")), _ref(item.get("variation_id"))
    title = plain(item.get("parent_name")) or plain(item.get("name"))
    if _quantity(item) == 0:  # sold by length or weight (1.5 m): one unit to us, and the title says of what
        title = f"{title} × {_text(item.get('quantity'))}"
    return LineSnapshot(
        ref=_ref(item["id"]),
        title=title[:400],
        quantity=quantity,
        unit_price=Money(round_half_up(Fraction(before.minor, quantity)), currency),
        discount=before - net,
        net=net,
        taxes=charge.charged_taxes(currency),
        variant_title=" / ".join(value for _, value in options)[:400],
        sku=_text(item.get("sku"))[:120],
        product_ref=product,
        variant_ref=variant,
        stock_ref=variant or product,
        options=options,
        image_url=_text((item.get("image") or {}).get("src"))[:1000],
        hs_code=_meta(item, _HS_CODE)[:20],
        origin_country=_country(_meta(item, _ORIGIN)),
    )


def _fee_line(charge: _Charge, currency: str) -> LineSnapshot:
    title = plain(charge.item.get("name"))[:400] or "Fee"
    return _unshipped(_ref(charge.item["id"]), title, Money(charge.net.minor, currency), charge.charged_taxes(currency))


def _unshipped(ref: str, title: str, net: Money, taxes: tuple[Tax, ...]) -> LineSnapshot:
    return LineSnapshot(
        ref=ref,
        title=title,
        quantity=1,
        unit_price=net,
        discount=Money.zero(net.currency),
        net=net,
        taxes=taxes,
        product_type="fee",
        requires_shipping=False,
    )


def _options(meta: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """What a shopper sees under the article: size, colour and the like. Hidden data begins with an underscore."""
    for entry in meta:
        name, value = entry.get("display_key") or entry.get("key"), entry.get("display_value", entry.get("value"))
        if not isinstance(name, str) or _text(entry.get("key")).startswith("_") or name.startswith("_"):
            continue
        if isinstance(value, str | int | Decimal) and plain(value):
            yield plain(name)[:80], plain(value)[:200]


def _payments(order: Mapping[str, Any], charged: Money) -> tuple[PaymentSnapshot, ...]:
    if not instant(order.get("date_paid_gmt")) or charged.minor <= 0:
        return ()
    method = _text(order.get("payment_method"))
    return (
        PaymentSnapshot(
            ref=_text(order.get("transaction_id"))[:120],
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
            ref=_text(entry.get("tracking_id"))[:120] or f"tracking-{position}",
            lines=() if position else contents,
            shipped_at=_unix(entry.get("date_shipped")) or completed,
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
    if not any(_text(shipping.get(part)) for part in ("address_1", "city", "postcode")):
        return bill_to
    own = _address(shipping)
    return own if own.phone else Address(**{**own.as_dict(), "phone": bill_to.phone})


def _address(value: Mapping[str, Any]) -> Address:
    first, last = plain(value.get("first_name")), plain(value.get("last_name"))
    country = _country(value.get("country"))
    together = f"{last}{first}"  # Chinese, Japanese and Korean names: family name first, no space
    return Address(
        name=together if _HAN_KANA_HANGUL.match(together) else f"{first} {last}".strip(),
        company=plain(value.get("company")),
        line1=plain(value.get("address_1")),
        line2=plain(value.get("address_2")),
        city=plain(value.get("city")),
        region=_region(country, plain(value.get("state"))),
        postcode=_text(value.get("postcode")),
        country=country,
        phone=_text(value.get("phone")),
    )


def _region(country: str, state: str) -> str:
    """ISO 3166-2 without the country: ``DE-BE`` -> BE, ``JP13`` -> 13, ``CN10`` -> SH; free text stays."""
    if not country or not state.startswith(country):
        return state
    rest = state[len(country) :]
    if country == "CN" and rest.isdecimal():
        return _CHINA[int(rest) - 1] if 1 <= int(rest) <= len(_CHINA) else ""
    return rest[1:] if rest.startswith("-") else (rest if rest.isdecimal() else state)


# --- refunds --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Given:
    """What earlier refunds took from one line: units, net and each tax by rate id."""

    quantity: int = 0
    net: int = 0
    taxes: dict[str | None, int] = field(default_factory=dict)


def refund_snapshots(refunds: Iterable[Mapping[str, Any]], currency: str) -> tuple[RefundSnapshot, ...]:
    """All refunds of one order, oldest first. A fee counts as its one unit when first touched. Raises Unreadable."""
    try:
        fees: set[str] = set()
        ordered = sorted(refunds, key=lambda refund: int(refund["id"]))
        return tuple(_refund_snapshot(refund, currency, fees) for refund in ordered)
    except (KeyError, TypeError, AttributeError, ArithmeticError, ValueError, DomainError) as error:
        msg = f"refund: {type(error).__name__}"
        raise Unreadable(msg) from error


def _refund_snapshot(refund: Mapping[str, Any], currency: str, fees: set[str]) -> RefundSnapshot:
    units: dict[str, int] = {}
    for item in refund.get("line_items") or ():
        quantity = abs(_quantity(item))
        if quantity and (ref := refunded_item(item)):
            units[ref] = units.get(ref, 0) + quantity
    for ref in filter(None, map(refunded_item, refund.get("fee_lines") or ())):
        if ref not in fees:
            fees.add(ref)
            units[ref] = 1
    carriage = [
        abs(_money(item.get(part), currency).minor)
        for item in refund.get("shipping_lines") or ()
        for part in ("total", "total_tax")
    ]
    return RefundSnapshot(
        ref=_ref(refund["id"]),
        amount=_money(refund.get("amount"), currency),
        created_at=_required(refund, "date_created_gmt"),
        lines=tuple(units.items()),
        our_key=mark_of(refund),
        shipping=Money(sum(carriage), currency) if any(carriage) else None,
    )


def given_back(refunds: Iterable[Mapping[str, Any]], currency: str) -> dict[str, Given]:
    """What each line, fee and shipping line of the order has lost to ``refunds`` (wc/v3 JSON), by its id."""
    result: dict[str, Given] = {}
    for refund in refunds:
        for kind in ("line_items", "fee_lines", "shipping_lines"):
            for item in refund.get(kind) or ():
                given = result.setdefault(refunded_item(item), Given())
                given.quantity += abs(_quantity(item)) if kind == "line_items" else 0
                given.net += abs(_money(item.get("total"), currency).minor)
                for tax in item.get("taxes") or ():
                    ref, amount = _ref(tax["id"]), abs(_money(tax.get("total"), currency).minor)
                    given.taxes[ref] = given.taxes.get(ref, 0) + amount
    return result


def refunded_item(item: Mapping[str, Any]) -> str:
    """Which of the order's lines this line of a refund takes from; empty when it does not say."""
    return _meta(item, ("_refunded_item_id",))


def mark_of(refund: Mapping[str, Any]) -> str | None:
    """Our key on a refund: in its meta data, or, where the store stopped before writing that, in its reason.

    wc_create_refund() saves the refund with its reason, then asks the gateway, and only afterwards the REST
    controller saves the meta data: between the two a refund of ours is known by its reason alone.
    """
    key = _meta(refund, (MARK_KEY,))
    if key:
        return key
    token = _TOKEN.search(_text(refund.get("reason")))
    try:
        return str(UUID(bytes=base64.urlsafe_b64decode(token[1] + "=="))) if token else None
    except (ValueError, binascii.Error):
        return None


def refund_reason(refund: RefundOrder) -> str:
    """``Return R-7KMQ-93XH (ref. ...): note``. The shopper sees it in the store's account page and mails."""
    try:
        token = base64.urlsafe_b64encode(UUID(refund.key).bytes).decode().rstrip("=")
    except ValueError:
        token = ""
    reason = f"Return {refund.rma}" + (f" (ref. {token})" if token else "")
    return f"{reason}: {' '.join(refund.note.split())[:80]}" if refund.note.strip() else reason


def refund_body(refund: RefundOrder, *, by_gateway: bool) -> dict[str, Any]:
    """The request body of POST /orders/{id}/refunds. Amounts are decimal strings; stock is never moved by it.

    ``amount`` may be below the sum of the lines (a fee was kept): the store then books exactly ``amount`` as the
    refund's total and keeps the lines as information (wc_create_refund sets the total last).
    """
    marks = [{"key": MARK_KEY, "value": refund.key}, {"key": MARK_RMA, "value": refund.rma}]
    return {
        "amount": str(refund.amount),
        "reason": refund_reason(refund),
        "api_refund": by_gateway,
        "api_restock": False,
        "line_items": [_refund_item(line.line_ref, line.quantity, line) for line in refund.lines]
        + [_refund_item(row.ref, 1, row) for row in refund.shipping],
        "meta_data": marks,
    }


def _refund_item(ref: str, quantity: int, part: RefundLine | RefundShipping) -> dict[str, Any]:
    item: dict[str, Any] = {"id": int(ref), "quantity": quantity, "refund_total": str(part.net)}
    taxes: dict[str, Money] = {}
    for tax in part.taxes:
        if tax.ref is not None:
            taxes[tax.ref] = taxes.get(tax.ref, Money.zero(tax.amount.currency)) + tax.amount
    if taxes:
        item["refund_tax"] = [{"id": ref, "refund_total": str(amount)} for ref, amount in taxes.items()]
    return item


def charged_sum(snapshot: OrderSnapshot) -> Money:
    """All components of an order together; equals its ``total``."""
    charges: list[LineSnapshot | ShippingSnapshot] = [*snapshot.lines, *snapshot.shipping]
    parts = [charge.net for charge in charges] + [tax.amount for charge in charges for tax in charge.taxes]
    return total(parts, snapshot.currency)


# --- small things ---------------------------------------------------------------------------------------------------


def instant(value: Any) -> datetime | None:
    """A ``*_gmt`` date (no offset is written, it is UTC); None for null, empty and WordPress's zero date."""
    if not isinstance(value, str) or not value or value.startswith("0000"):
        return None
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def plain(value: Any) -> str:
    """Text without HTML, entities and double spaces (WooCommerce wraps option values in paragraphs)."""
    return " ".join(unescape(_TAG.sub(" ", _text(value))).split())


def _required(value: Mapping[str, Any], name: str) -> datetime:
    moment = instant(value[name])
    if moment is None:
        msg = f"{name} is missing"
        raise ValueError(msg)
    return moment


def _unix(value: Any) -> datetime | None:
    text = _text(value)
    return datetime.fromtimestamp(int(text), UTC) if text.isdecimal() and 0 < int(text) < 2**33 else None


def _money(value: Any, currency: str) -> Money:
    """Rounded half up to the currency's own decimals: stores print 2 for JPY and up to 6 when asked. Empty is 0."""
    return Money.parse("0" if value is None or value == "" else str(value), currency, rounded=True)


def _quantity(item: Mapping[str, Any]) -> int:
    """Whole units; 0 for a fraction (plugins that sell by length or weight)."""
    try:
        value = Decimal(_text(item.get("quantity")) or "0")
    except InvalidOperation:
        return 0
    return int(value) if value.is_finite() and value == value.to_integral_value() else 0


def _ref(value: Any) -> str:
    """An id as text; empty for the 0 that means none."""
    text = _text(value)
    return "" if text == "0" else text


def _rate(tax_line: Mapping[str, Any]) -> str | None:
    """``19`` percent -> ``0.19``."""
    percent = tax_line.get("rate_percent")
    if percent is None or percent == "":
        return None
    return f"{(Decimal(str(percent)) / 100).normalize():f}"


def _country(value: Any) -> str:
    text = _text(value).upper()
    return text if re.fullmatch("[A-Z]{2}", text) else ""


def _meta(item: Mapping[str, Any], keys: Sequence[str]) -> str:
    for entry in item.get("meta_data") or ():
        if entry.get("key") in keys and isinstance(entry.get("value"), str | int):
            return _text(entry["value"])
    return ""


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, bool) else str(value).strip()
