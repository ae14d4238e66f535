"""What each kind of outbox row does: the port call, the look-up before a second try, and what the core makes of it.

``call`` and ``find`` run with no transaction open; ``done`` and ``dead`` run in the one that records the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.container import Container
from app.core.inventory import service as inventory
from app.core.inventory.ports import StockMoved, StockMovementOrder
from app.core.kit.errors import ProviderError
from app.core.labels import repository as labels
from app.core.labels import service as label_service
from app.core.labels.ports import BoughtLabel, ParcelItem, ReturnShipment
from app.core.merchants import repository as merchants
from app.core.messaging import history
from app.core.orders import service as orders
from app.core.orders.ports import Address
from app.core.returns import repository as returns
from app.core.returns import service as return_service
from app.core.returns.access import service as access
from app.core.returns.access.rules import code_for
from app.core.returns.notices import service as notices
from app.core.returns.ports import Attachment, CreditOrder, Credits, IssuedCredit, IssuedRefund, Notice
from app.core.returns.refunds import service as refunds
from app.core.returns.words import reason_name
from app.jobs.outbox import Effect
from app.jobs.reading import connect, find_order, pull_order

if TYPE_CHECKING:
    from app.core.merchants.models import Store
    from app.core.messaging.models import OutboxMessage
    from app.core.returns.models import Refund, Return

Result = dict[str, Any]
GATEWAY_PATIENCE_S = 600.0
"""Between two looks at a refund that the gateway has not confirmed."""


# --- labels --------------------------------------------------------------------------------------------------------


def buy_label(container: Container, message: OutboxMessage) -> Result:
    """Have the carrier make the papers, and keep the files."""
    with container.database.read() as session:
        shipment = _shipment(container, session, message)
    bought = container.carriers[message.payload["carrier"]].buy_label(shipment)
    return _keep_files(container, message, bought)


def find_label(container: Container, message: OutboxMessage) -> Result | None:
    """Whether the carrier has sold it already."""
    bought = container.carriers[message.payload["carrier"]].find_label(str(message.id))
    return None if bought is None else _keep_files(container, message, bought)


def label_bought(session: Session, container: Container, message: OutboxMessage, result: Result, now: datetime) -> None:
    """Keep the label, tell the shopper."""
    del container
    returned = _return_of(session, message)
    store = merchants.store(session, message.store_id)
    return_service.labelled(session, store, returned, message.id, result, now=now)


def label_dead(session: Session, container: Container, message: OutboxMessage, error: str, now: datetime) -> None:
    """No label could be had: the timeline says so."""
    del container
    return_id = UUID(message.payload["return_id"])
    history.record(
        session, message.store_id, "return", return_id, "label_failed", actor=history.SYSTEM, at=now, reason=error
    )


def void_label(container: Container, message: OutboxMessage) -> Result:
    """Give an unused label back."""
    return {"voided": container.carriers[message.payload["carrier"]].void_label(message.payload["ref"])}


def _shipment(container: Container, session: Session, message: OutboxMessage) -> ReturnShipment:
    returned = _return_of(session, message)
    store = merchants.store(session, message.store_id)
    voice = container.texts.for_locale(returned.locale)
    items = []
    for line in returned.lines:
        goods = line.order_line
        items.append(
            ParcelItem(
                title=goods.title,
                options=goods.options_text,
                sku=goods.sku,
                quantity=line.quantity,
                unit_value=goods.charged.share(before=0, units=1, of=goods.quantity),
                reason=reason_name(voice, line.reason),
                hs_code=goods.hs_code,
                origin_country=goods.origin_country,
                weight_g=goods.weight_g,
            )
        )
    return ReturnShipment(
        key=str(message.id),
        rma=returned.rma,
        order_number=returned.order_number,
        store_name=store.name,
        locale=returned.locale,
        sender=returned.order.delivery_address,
        recipient=Address.from_dict(store.return_address),
        items=tuple(items),
        send_by=returned.send_by.date() if returned.send_by else None,
        support_email=store.support_email or "",
        colour=store.brand.get("colour", ""),
    )


def _keep_files(container: Container, message: OutboxMessage, bought: BoughtLabel) -> Result:
    files = []
    for file in bought.files:
        key = f"{message.store_id}/labels/{message.id}/{file.name}"
        container.files.put(key, file.content)
        files.append({"name": file.name, "key": key, "type": file.content_type})
    return {
        "carrier": bought.carrier,
        "ref": bought.ref,
        "tracking_number": bought.tracking_number,
        "cost_minor": bought.cost.minor if bought.cost else None,
        "cost_currency": bought.cost.currency if bought.cost else None,
        "files": files,
    }


# --- money ---------------------------------------------------------------------------------------------------------


def issue_refund(container: Container, message: OutboxMessage) -> Result:
    """Have the store book the refund under our key."""
    with container.database.read() as session:
        returned = _return_of(session, message)
        order = refunds.to_store(_refund_of(session, message), returned.order, returned.rma)
    return _refund_result(connect(container, message.store_id).issue_refund(order))


def issue_credit(container: Container, message: OutboxMessage) -> Result:
    """Have the store give credit under our key."""
    return _credit_result(_creditor(container, message).issue_credit(_credit(container, message)))


def find_credit(container: Container, message: OutboxMessage) -> Result | None:
    """Whether the store has given it already."""
    found = _creditor(container, message).find_credit(_credit(container, message))
    return None if found is None else _credit_result(found)


def _creditor(container: Container, message: OutboxMessage) -> Credits:
    store = connect(container, message.store_id)
    if not isinstance(store, Credits):
        raise ProviderError(vendor="store", message="This store's platform gives no credit.")
    return store


def _credit(container: Container, message: OutboxMessage) -> CreditOrder:
    with container.database.read() as session:
        returned = _return_of(session, message)
        return refunds.to_credit(_refund_of(session, message), returned.order, returned.rma)


def _refund_of(session: Session, message: OutboxMessage) -> Refund:
    refund = returns.refund_by_outbox(session, message.store_id, message.id)
    if refund is None:
        msg = f"no refund for outbox row {message.id}"
        raise LookupError(msg)
    return refund


def _credit_result(given: IssuedCredit) -> Result:
    amount = {"minor": given.amount.minor, "currency": given.amount.currency}
    return {"ref": given.ref, **amount, "by_hand": False, "code": given.code}


def find_refund(container: Container, message: OutboxMessage) -> Result | None:
    """Whether the store has booked it already."""
    with container.database.read() as session:
        order_ref = _return_of(session, message).order.ref
    found = connect(container, message.store_id).find_refund(order_ref, str(message.id))
    return None if found is None else _refund_result(found)


def refund_issued(
    session: Session, container: Container, message: OutboxMessage, result: Result, now: datetime
) -> None:
    """The return is settled: tell the shopper, and read the order as the store has it now."""
    del container
    returned, refund = _return_of(session, message), _refund_of(session, message)
    refunds.issued(
        session,
        returned,
        refund,
        ref=result["ref"],
        by_hand=result["by_hand"],
        credit_code=result.get("code"),
        now=now,
    )
    notices.refunded(session, returned, refund, now=now)
    orders.ask_pull(session, message.store_id, returned.order.ref, now=now, because=f"refund:{refund.id}")


def refund_dead(session: Session, container: Container, message: OutboxMessage, error: str, now: datetime) -> None:
    """The store refused it for good: reopen, and a person sees why."""
    del container
    returned = _return_of(session, message)
    refund = returns.refund_by_outbox(session, message.store_id, message.id)
    if refund is not None:
        refunds.failed(session, returned, refund, why=error, now=now)


def _refund_result(issued: IssuedRefund) -> Result:
    if issued.pending:  # booked, but nobody is told before the gateway has confirmed it
        words = "The payment gateway has not confirmed the refund yet."
        raise ProviderError(vendor="store", message=words, outcome_unknown=True, retry_after=GATEWAY_PATIENCE_S)
    return {
        "ref": issued.ref,
        "minor": issued.amount.minor,
        "currency": issued.amount.currency,
        "pending": issued.pending,
        "by_hand": issued.by_hand,
    }


# --- stock ---------------------------------------------------------------------------------------------------------


def move_stock(container: Container, message: OutboxMessage) -> Result:
    """Have the store add the units."""
    return _moved(connect(container, message.store_id).move_stock(_movement(message)))


def find_movement(container: Container, message: OutboxMessage) -> Result | None:
    """Whether the store has moved them already."""
    found = connect(container, message.store_id).find_movement(_movement(message))
    return None if found is None else _moved(found)


def stock_moved(session: Session, container: Container, message: OutboxMessage, result: Result, now: datetime) -> None:
    """Booked: the timeline says how many units and of what."""
    del container
    moved = inventory.booked(
        session, message.store_id, message.id, ref=result["ref"], counted=result["counted"], now=now
    )
    _stock_history(session, message, "restocked" if result["counted"] else "stock_not_counted", moved[0].sku, now)


def stock_dead(session: Session, container: Container, message: OutboxMessage, error: str, now: datetime) -> None:
    """The store refused: a person sees it."""
    del container
    moved = inventory.failed(session, message.store_id, message.id, why=error)
    _stock_history(session, message, "restock_failed", moved[0].sku, now, reason=error)


def _movement(message: OutboxMessage) -> StockMovementOrder:
    return StockMovementOrder(key=str(message.id), **message.payload["movement"])


def _moved(moved: StockMoved) -> Result:
    return {"ref": moved.ref, "counted": moved.counted, "now_available": moved.now_available}


def _stock_history(
    session: Session, message: OutboxMessage, event: str, sku: str, now: datetime, reason: str | None = None
) -> None:
    return_id = UUID(message.payload["return_id"])
    movement = message.payload["movement"]
    history.record(
        session,
        message.store_id,
        "return",
        return_id,
        event,
        actor="store",
        at=now,
        reason=reason,
        sku=sku,
        units=movement["quantity"],
        location=movement["location_ref"],
    )


# --- a word to the shopper -----------------------------------------------------------------------------------------


def notify_shopper(container: Container, message: OutboxMessage) -> Result:
    """Render and send one notice. A code is made here, from the challenge's id: it is never stored."""
    payload = message.payload
    values = dict(payload["values"])
    with container.database.read() as session:
        store = merchants.store(session, message.store_id)
        if payload.get("access_key"):
            values["status_url"] = f"{returns_page(container, store)}/status/{payload['access_key']}"
        if payload.get("challenge_id"):
            secret = container.settings.secret_key.get_secret_value().encode()
            values["code"] = code_for(UUID(payload["challenge_id"]), secret)
        attachments = _attachments(session, message)
        notice = Notice(
            key=str(message.id),
            kind=payload["kind"],
            to=payload["to"],
            locale=payload["locale"],
            store_name=store.name,
            reply_to=store.support_email,
            brand=store.brand,
            values=values,
            attachments=attachments,
        )
    container.notifier.notify(notice)
    return {"sent": payload["kind"]}


def shopper_told(session: Session, container: Container, message: OutboxMessage, result: Result, now: datetime) -> None:
    """The timeline says so; a code belongs to no return."""
    del container
    _mail_history(session, message, "told", now, mail=result["sent"])


def shopper_not_told(session: Session, container: Container, message: OutboxMessage, error: str, now: datetime) -> None:
    """Staff see it, and may write themselves."""
    del container
    _mail_history(session, message, "mail_failed", now, reason=error, mail=message.payload["kind"])


def _mail_history(session: Session, message: OutboxMessage, event: str, now: datetime, **data: Any) -> None:
    return_id = message.payload.get("return_id")
    if return_id:
        history.record(
            session, message.store_id, "return", UUID(return_id), event, actor=history.SYSTEM, at=now, **data
        )


def returns_page(container: Container, store: Store) -> str:
    """Where the store's returns page is: inside the storefront where that is known, else with us."""
    return (store.returns_url or f"{container.settings.public_url}/r/{store.slug}").rstrip("/")


def _attachments(session: Session, message: OutboxMessage) -> tuple[Attachment, ...]:
    label_id = message.payload.get("label_id")
    if not label_id:
        return ()
    label = labels.get(session, message.store_id, UUID(label_id))
    return tuple(Attachment(file["key"], file["name"], file["type"]) for file in label.files) if label else ()


def _return_of(session: Session, message: OutboxMessage) -> Return:
    return returns.get(session, message.store_id, UUID(message.payload["return_id"]))


EFFECTS: Mapping[str, Effect] = {
    orders.ORDER_PULL: Effect(call=pull_order),
    access.ORDER_FIND: Effect(call=find_order),
    label_service.LABEL_BUY: Effect(call=buy_label, find=find_label, done=label_bought, dead=label_dead),
    label_service.LABEL_VOID: Effect(call=void_label),
    refunds.REFUND_ISSUE: Effect(call=issue_refund, find=find_refund, done=refund_issued, dead=refund_dead),
    refunds.CREDIT_ISSUE: Effect(call=issue_credit, find=find_credit, done=refund_issued, dead=refund_dead),
    inventory.STOCK_MOVE: Effect(call=move_stock, find=find_movement, done=stock_moved, dead=stock_dead),
    notices.SHOPPER_NOTIFY: Effect(call=notify_shopper, done=shopper_told, dead=shopper_not_told),
}
