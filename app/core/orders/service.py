"""Take over what a store says about an order."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.kit.ids import new_id
from app.core.kit.money import Money, total
from app.core.messaging import history, outbox
from app.core.orders import repository
from app.core.orders.models import (
    Order,
    OrderFulfillment,
    OrderLine,
    OrderPayment,
    OrderRefund,
    OrderShipping,
    taxes_to_json,
)
from app.core.orders.ports import LineSnapshot, OrderSnapshot, RefundSnapshot
from app.core.orders.rules import email_key, number_key, supersedes

ORDER_PULL = "order.pull"


class Recorded(StrEnum):
    """What became of a snapshot."""

    CREATED = "order_created"
    UPDATED = "order_updated"
    STALE = "order_stale"
    TIED = "order_tied"
    """Recorded; what was known is of the same second, so which of the two is newer only the store can say."""
    REVIVED = "order_revived"
    """Recorded; the order was said to be deleted, so whether it is there only the store can say."""


def record(
    session: Session,
    store_id: UUID,
    snapshot: OrderSnapshot,
    *,
    now: datetime,
    known: dict[tuple[UUID, str], Order] | None = None,
) -> tuple[Order, Recorded]:
    """Keep ``snapshot`` unless a newer one is known. Counters of units survive every update.

    Amounts charged on a line never change after the first snapshot unless the store edited the order, and then they
    are taken over as the store has them. Gives the order and what happened.

    ``known``: for many snapshots in one unit of work, what ``repository.by_refs`` gave for all of them. An order that
    is not in it is a new one, and is added to it. Nothing is flushed then: the caller does that once.
    """
    key = (store_id, snapshot.ref)
    order = repository.by_ref(session, *key, lock=True) if known is None else known.get(key)
    if order is not None and not supersedes(snapshot.updated_at, order.platform_updated_at):
        return order, Recorded.STALE
    recorded = Recorded.CREATED if order is None else Recorded.UPDATED
    if order is not None and order.deleted_at is not None:
        recorded = Recorded.REVIVED
    elif order is not None and snapshot.updated_at == order.platform_updated_at:
        recorded = Recorded.TIED
    if order is None:
        order = Order(
            store_id=store_id,
            id=new_id(),
            ref=snapshot.ref,
            refunded_minor=0,
            refunded_elsewhere_minor=0,
            lines=[],
            shipping=[],
            payments=[],
            fulfillments=[],
            refunds=[],
        )
    _take_header(order, snapshot)
    _take_lines(order, snapshot)
    _take_shipping(order, snapshot)
    _take_payments(order, snapshot)
    _take_fulfillments(order, snapshot)
    if snapshot.refunds is not None:
        _take_refunds(order, snapshot.refunds)
    if recorded is Recorded.CREATED:
        session.add(order)  # with all its parts at once
        history.record(
            session, store_id, "order", order.id, "order_recorded", actor="store", at=now, number=order.number
        )
    if known is None:
        session.flush()
    else:
        known[key] = order
    return order, recorded


def mark_deleted(session: Session, store_id: UUID, ref: str, *, now: datetime) -> bool:
    """The store deleted the order: no new return can begin on it. False when we never knew it."""
    order = repository.by_ref(session, store_id, ref, lock=True)
    if order is None or order.deleted_at is not None:
        return False
    order.deleted_at = now
    history.record(session, store_id, "order", order.id, "order_deleted", actor="store", at=now)
    return True


def learn_articles(session: Session, order: Order, *, now: datetime) -> None:
    """Have the order read once where the store has yet to say what its articles are: not every order needs it."""
    if any(line.tags is None for line in order.lines):
        ask_pull(session, order.store_id, order.ref, now=now, because="articles")


def ask_pull(
    session: Session, store_id: UUID, ref: str, *, now: datetime, because: str, after: timedelta = timedelta(0)
) -> None:
    """Read this order from the store again, not before ``after``. Several requests for one reason become one."""
    outbox.put(
        session,
        store_id,
        ORDER_PULL,
        {"order_ref": ref},
        lane=f"order:{ref}",
        now=now,
        once_key=f"{ORDER_PULL}:{ref}:{because}",
        available_at=now + after,
    )


def _take_header(order: Order, snapshot: OrderSnapshot) -> None:
    paid = total([p.amount for p in snapshot.payments], snapshot.currency)
    order.number, order.number_key = snapshot.number, number_key(snapshot.number)
    order.email, order.email_key = snapshot.email, email_key(snapshot.email)
    order.customer_ref, order.locale = snapshot.customer_ref, snapshot.locale
    order.currency, order.shop_currency = snapshot.currency, snapshot.shop_currency
    order.exchange_rate, order.prices_include_tax = snapshot.exchange_rate, snapshot.prices_include_tax
    order.status, order.tags = snapshot.status, list(snapshot.tags)
    order.ship_to, order.bill_to = snapshot.ship_to.as_dict(), snapshot.bill_to.as_dict()
    order.total_minor = snapshot.total.minor if snapshot.total is not None else _charged(snapshot).minor
    order.paid_minor = max(paid.minor, order.refunded_minor)
    order.placed_at, order.platform_updated_at = snapshot.placed_at, snapshot.updated_at
    order.completed_at, order.cancelled_at = snapshot.completed_at, snapshot.cancelled_at
    order.deleted_at = None


def _charged(snapshot: OrderSnapshot) -> Money:
    parts = [line.net for line in snapshot.lines] + [line.duty for line in snapshot.lines if line.duty is not None]
    parts += [tax.amount for line in snapshot.lines for tax in line.taxes]
    parts += [ship.net for ship in snapshot.shipping]
    parts += [tax.amount for ship in snapshot.shipping for tax in ship.taxes]
    return total(parts, snapshot.currency)


def _take_lines(order: Order, snapshot: OrderSnapshot) -> None:
    known = {line.ref: line for line in order.lines}
    for position, incoming in enumerate(snapshot.lines):
        line = known.get(incoming.ref)
        if line is None:
            line = OrderLine(
                store_id=order.store_id,
                id=new_id(),
                ref=incoming.ref,
                requested=0,
                received=0,
                accepted=0,
                refunded=0,
                restocked=0,
                refunded_elsewhere=0,
            )
            order.lines.append(line)
        _take_line(line, position, incoming)
    gone = set(known) - {line.ref for line in snapshot.lines}
    for ref in gone:  # removed by an order edit: kept while a return holds units of it
        if known[ref].requested:
            known[ref].quantity = known[ref].requested
        else:
            order.lines.remove(known[ref])


def _take_line(line: OrderLine, position: int, incoming: LineSnapshot) -> None:
    line.position, line.currency, line.title = position, incoming.net.currency, incoming.title
    line.variant_title, line.sku = incoming.variant_title, incoming.sku
    line.product_ref, line.variant_ref = incoming.product_ref, incoming.variant_ref
    line.stock_ref, line.options = incoming.stock_ref, [list(pair) for pair in incoming.options]
    line.image_url, line.vendor, line.product_type = incoming.image_url, incoming.vendor, incoming.product_type
    if incoming.tags is not None or line.tags is None:  # else the articles are known better than this source tells
        line.tags = None if incoming.tags is None else list(incoming.tags)
        line.hs_code, line.origin_country = incoming.hs_code, incoming.origin_country
        line.weight_g, line.requires_shipping = incoming.weight_g, incoming.requires_shipping
    line.gift_card, line.quantity = incoming.gift_card, incoming.quantity
    line.unit_price_minor, line.discount_minor = incoming.unit_price.minor, incoming.discount.minor
    line.net_minor = incoming.net.minor
    line.duty_minor = incoming.duty.minor if incoming.duty is not None else 0
    line.taxes = taxes_to_json(incoming.taxes)


def _take_shipping(order: Order, snapshot: OrderSnapshot) -> None:
    known = {row.ref: row for row in order.shipping}
    for position, incoming in enumerate(snapshot.shipping):
        row = known.pop(incoming.ref, None)
        if row is None:
            row = OrderShipping(store_id=order.store_id, id=new_id(), ref=incoming.ref)
            order.shipping.append(row)
        row.position, row.title, row.currency = position, incoming.title, incoming.net.currency
        row.net_minor, row.taxes = incoming.net.minor, taxes_to_json(incoming.taxes)
    for row in known.values():
        order.shipping.remove(row)


def _take_payments(order: Order, snapshot: OrderSnapshot) -> None:
    known = {row.ref: row for row in order.payments}
    for position, incoming in enumerate(snapshot.payments):
        row = known.pop(incoming.ref, None)
        if row is None:
            row = OrderPayment(store_id=order.store_id, id=new_id(), ref=incoming.ref)
            order.payments.append(row)
        row.position, row.gateway, row.instrument = position, incoming.gateway, incoming.instrument
        row.title, row.currency, row.amount_minor = incoming.title, incoming.amount.currency, incoming.amount.minor
        row.refundable_by_gateway = incoming.refundable_by_gateway
    for row in known.values():
        order.payments.remove(row)


def _take_fulfillments(order: Order, snapshot: OrderSnapshot) -> None:
    known = {row.ref: row for row in order.fulfillments}
    for incoming in snapshot.fulfillments:
        row = known.pop(incoming.ref, None)
        if row is None:
            row = OrderFulfillment(store_id=order.store_id, id=new_id(), ref=incoming.ref)
            order.fulfillments.append(row)
        row.lines = [list(pair) for pair in incoming.lines]
        row.shipped_at, row.delivered_at = incoming.shipped_at, incoming.delivered_at
        row.carrier, row.tracking_number = incoming.carrier, incoming.tracking_number
    for row in known.values():
        order.fulfillments.remove(row)


def _take_refunds(order: Order, refunds: tuple[RefundSnapshot, ...]) -> None:
    known = {row.ref: row for row in order.refunds}
    for incoming in refunds:
        row = known.pop(incoming.ref, None)
        if row is None:
            row = OrderRefund(store_id=order.store_id, id=new_id(), ref=incoming.ref)
            order.refunds.append(row)
        row.currency, row.amount_minor = incoming.amount.currency, incoming.amount.minor
        row.shipping_minor = incoming.shipping.minor if incoming.shipping is not None else 0
        row.our_key, row.created_at = incoming.our_key, incoming.created_at
        row.lines = [list(pair) for pair in incoming.lines]
    for row in known.values():  # deleted in the store: WooCommerce sends no event for it, only a pull shows it
        order.refunds.remove(row)
    elsewhere = [row for row in order.refunds if row.our_key is None]
    order.refunded_elsewhere_minor = sum(row.amount_minor for row in elsewhere)
    units: dict[str, int] = {}
    for row in elsewhere:
        for ref, quantity in row.lines:
            units[ref] = units.get(ref, 0) + quantity
    for line in order.lines:
        line.refunded_elsewhere = max(0, min(units.get(line.ref, 0), line.quantity))
