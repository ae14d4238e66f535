"""An in-memory store: books refunds and stock by key, and can be told to misbehave."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from app.core.inventory.ports import StockMoved, StockMovementOrder
from app.core.kit.errors import ProviderError
from app.core.labels.ports import BoughtLabel, LabelFile, ReturnShipment
from app.core.merchants.ports import StoreConnection, StoreFacts, StorefrontVisit
from app.core.messaging.ports import Delivery, ForgedDelivery, Ping
from app.core.orders.ports import ChangedOrders, Command, Ignore, OrderSnapshot, PullOrder, RefundSnapshot
from app.core.returns.ports import CreditOrder, IssuedCredit, IssuedRefund, Notice, RefundOrder

BOOKED_AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class FakeStore:
    """Satisfies ConnectedStore. ``before`` and ``after`` run around every booking: raise there to misbehave."""

    def __init__(self) -> None:
        self.orders: dict[str, OrderSnapshot] = {}
        self.refunds: dict[str, list[RefundOrder]] = {}
        self.credits: dict[str, list[CreditOrder]] = {}
        self.movements: dict[str, list[StockMovementOrder]] = {}
        self.unconfirmed = False
        self.before: Callable[[str], None] = lambda what: None
        self.after: Callable[[str], None] = lambda what: None

    def order(self, ref: str) -> OrderSnapshot | None:
        order = self.orders.get(ref)
        if order is None:
            return None
        booked = tuple(
            RefundSnapshot(f"R-{r.key}", r.amount, BOOKED_AT, tuple((x.line_ref, x.quantity) for x in r.lines), r.key)
            for rows in self.refunds.values()
            for r in rows
            if r.order_ref == ref
        )
        return replace(order, refunds=booked)

    def find_order(self, number: str, email: str) -> OrderSnapshot | None:
        for order in self.orders.values():
            if order.number == number.lstrip("#") and order.email.casefold() == email.casefold():
                return self.order(order.ref)
        return None

    def changed_since(self, since: datetime, cursor: str | None = None) -> ChangedOrders:
        changed = sorted((o for o in self.orders.values() if o.updated_at >= since), key=lambda o: o.updated_at)
        start = int(cursor or 0)
        page = changed[start : start + 2]
        return ChangedOrders(page, str(start + 2) if start + 2 < len(changed) else None)

    def issue_credit(self, credit: CreditOrder) -> IssuedCredit:
        self.before("credit")
        self.credits.setdefault(credit.key, []).append(credit)
        self.after("credit")
        return IssuedCredit(f"C-{credit.key}", credit.amount, BOOKED_AT, code="TAKE-WHAT-YOU-LIKE")

    def find_credit(self, credit: CreditOrder) -> IssuedCredit | None:
        given = self.credits.get(credit.key)
        return IssuedCredit(f"C-{credit.key}", given[0].amount, BOOKED_AT, code="TAKE-WHAT-YOU-LIKE") if given else None

    def issue_refund(self, refund: RefundOrder) -> IssuedRefund:
        self.before("refund")
        self.refunds.setdefault(refund.key, []).append(refund)
        self.after("refund")
        return IssuedRefund(f"R-{refund.key}", refund.amount, BOOKED_AT, pending=self.unconfirmed)

    def find_refund(self, order_ref: str, key: str) -> IssuedRefund | None:
        booked = self.refunds.get(key)
        return IssuedRefund(f"R-{key}", booked[0].amount, BOOKED_AT, pending=self.unconfirmed) if booked else None

    def move_stock(self, movement: StockMovementOrder) -> StockMoved:
        self.before("stock")
        self.movements.setdefault(movement.key, []).append(movement)
        self.after("stock")
        return StockMoved(f"M-{movement.key}")

    def find_movement(self, movement: StockMovementOrder) -> StockMoved | None:
        return StockMoved(f"M-{movement.key}") if movement.key in self.movements else None


class FakePlatform:
    """Satisfies Platform over one FakeStore. A delivery's body is JSON; the signature is the secret itself."""

    gives_credit = True

    def __init__(self, store: FakeStore) -> None:
        self.store = store
        self.webhooks = self
        self.storefront = self

    def open(self, *args: Any) -> Any:
        if isinstance(args[0], Mapping) or hasattr(args[0], "get"):
            headers, body, secrets = args
            if body == b"ping":
                return Ping()
            if headers.get("X-Signature") not in secrets:
                raise ForgedDelivery
            value = json.loads(body)
            return Delivery(value["topic"], value["key"], value.get("event"))
        return StorefrontVisit(shop="fake", base="/returns")

    def shop(self, query: Sequence[tuple[str, str]]) -> str:
        return dict(query).get("shop", "")

    def translate(self, topic: str, body: bytes) -> Command:
        value = json.loads(body)
        if topic == "poison":
            raise RuntimeError(value["key"])
        return PullOrder(value["order"]) if topic == "order" else Ignore("unknown_topic")

    def root(self, typed: str) -> str:
        return f"https://{typed}" if "." in typed else ""

    def connect(self, connection: StoreConnection) -> FakeStore:
        return self.store

    def facts(self, connection: StoreConnection) -> StoreFacts:
        if not connection.credentials.get("consumer_key"):
            raise ProviderError("fake", "The key was not accepted.")
        return StoreFacts(name="Fake", currency="EUR", country="NL")


class FakeFiles:
    """Satisfies FileStore."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, key: str, content: bytes) -> None:
        self.kept[key] = content

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)

    def check(self) -> None:
        return None


class FakeNotifier:
    """Satisfies Notifier."""

    def __init__(self) -> None:
        self.sent: list[Notice] = []

    def notify(self, notice: Notice) -> None:
        self.sent.append(notice)


class FakeCarrier:
    """Satisfies Carrier."""

    name = "own_label"

    def __init__(self) -> None:
        self.bought: list[ReturnShipment] = []

    def buy_label(self, shipment: ReturnShipment) -> BoughtLabel:
        self.bought.append(shipment)
        return BoughtLabel("own_label", shipment.rma, (LabelFile("label.pdf", "application/pdf", b"%PDF-1.4"),))

    def find_label(self, key: str) -> BoughtLabel | None:
        return None

    def void_label(self, ref: str) -> bool:
        return True


class FakeBell:
    """Satisfies Doorbell."""

    def __init__(self) -> None:
        self.rings = 0

    def ring(self) -> None:
        self.rings += 1


class FixedClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: datetime = BOOKED_AT) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time
