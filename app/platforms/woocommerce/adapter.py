"""WooCommerce as the house sees it: the platform, and one connected store with its orders, refunds and stock."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from app.core.inventory.ports import StockMoved, StockMovementOrder
from app.core.kit.clock import Clock, SystemClock
from app.core.kit.errors import ProviderError
from app.core.merchants.ports import StoreConnection, StoreFacts
from app.core.orders.ports import ChangedOrders, Command, OrderSnapshot
from app.core.returns.ports import IssuedRefund, RefundOrder
from app.platforms.woocommerce import install, stock, webhooks
from app.platforms.woocommerce.articles import with_articles
from app.platforms.woocommerce.client import VENDOR, Sessions, StoreClient, unreadable
from app.platforms.woocommerce.mapping import BY_HAND_METHODS, DRAFTS, order_snapshot
from app.platforms.woocommerce.refunds import (
    issued_refund,
    mark_of,
    meta_mark_of,
    refund_body,
    refund_snapshots,
    refuse_excess,
)
from app.platforms.woocommerce.storefront import WooCommerceStorefront
from app.platforms.woocommerce.values import Unreadable, instant, text
from app.platforms.woocommerce.webhooks import WooCommerceWebhooks

# The API prints amounts with the store's own decimals unless asked: 2 for a KWD order in a store that shows 2. With 6
# we see what is stored and round it ourselves, once.
_EXACT: Final = "6"
# A gateway may take half a minute, and giving up on it early only makes the outcome unknown.
_REFUND_READ_SECONDS: Final = 60
_PAGE: Final = 50
_SEARCH_PAGES: Final = 3
_NO_ORDER: Final = frozenset({"woocommerce_rest_shop_order_invalid_id", "woocommerce_rest_invalid_order_id"})
_NO_GATEWAY: Final = "woocommerce_rest_payment_gateway_invalid"


class WooCommercePlatform:
    """Satisfies ``app.container.Platform``. Connections are pooled for all its stores."""

    gives_credit = False

    def __init__(
        self,
        clock: Clock | None = None,
        sleep: Callable[[float], None] = time.sleep,
        *,
        on_this_machine: bool = False,
    ) -> None:
        """``on_this_machine``: stores beside us may be connected, as in a demo."""
        self._on_this_machine = on_this_machine
        self.webhooks = WooCommerceWebhooks()
        self.storefront = WooCommerceStorefront()
        self._clock = clock or SystemClock()
        self._sessions = Sessions()
        self._sleep = sleep

    def translate(self, topic: str, body: bytes) -> Command:
        """What a stored delivery asks of us. Raises MalformedDelivery; an unknown topic is ``Ignore``."""
        return webhooks.translate(topic, body)

    def connect(self, connection: StoreConnection) -> WooCommerceStore:
        """The store's ports. No network happens. Raises ProviderError for credentials that cannot be a store's."""
        return WooCommerceStore(self._client(connection), self._clock)

    def facts(self, connection: StoreConnection) -> StoreFacts:
        """Prove the key (reading and writing) and read what the store says of itself. Raises ProviderError."""
        return install.store_facts(self._client(connection))

    def root(self, typed: str) -> str:
        """``https://shop.example/sub`` from what a merchant pastes; empty if no store can be there."""
        return install.store_root(typed, on_this_machine=self._on_this_machine)

    def close(self) -> None:
        """Close the kept connections."""
        self._sessions.close()

    def _client(self, connection: StoreConnection) -> StoreClient:
        key = connection.credentials.get("consumer_key", "")
        secret = connection.credentials.get("consumer_secret", "")
        if not key or not secret:
            raise ProviderError(VENDOR, "consumer key and consumer secret are both needed", code="key_missing")
        return StoreClient(connection.url, key, secret, self._sessions, sleep=self._sleep)


class WooCommerceStore:
    """One store: OrderSource, Refunds and StockKeeper. Every method may raise ProviderError."""

    def __init__(self, client: StoreClient, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    # --- orders -----------------------------------------------------------------------------------------------------

    def order(self, ref: str) -> OrderSnapshot | None:
        """The order with this id and all its refunds; None if the store has none (or only a draft)."""
        found = self._order_json(ref)
        return None if found is None or _is_draft(found) else self._whole(found)

    def find_order(self, number: str, email: str) -> OrderSnapshot | None:
        """The order with this number and e-mail.

        The number is usually the id, so that is tried first; numbering plugins need a search. The store ignores
        filters that it does not know and then sends all orders, so both are compared here, whatever was asked.
        """
        wanted = number.strip().lstrip("#").strip().casefold()
        address = email.strip().casefold()
        if not wanted or not address:
            return None

        def fits(order: Mapping[str, Any]) -> bool:
            return (
                text(order.get("number")).lstrip("#").casefold() == wanted
                and text((order.get("billing") or {}).get("email")).casefold() == address
                and not _is_draft(order)
            )

        if _is_id(wanted):
            found = self._order_json(wanted)
            if found is not None and fits(found):
                return self._whole(found)
        for term in (wanted, address):
            for order in self._search(term):
                if fits(order):
                    return self._whole(order)
        return None

    def changed_since(self, since: datetime, cursor: str | None = None) -> ChangedOrders:
        """Orders changed at or after ``since``, oldest change first, one request at a time.

        The cursor is the last change seen, not a page number: an order that changes while we read moves to the end,
        every later one slides forward by a place, and a page number would skip one of them. Only where more orders
        than a page holds changed within one second does the cursor count pages inside that second. An order can
        therefore come twice; none is left out.
        """
        moment, page = _read_cursor(cursor) if cursor else (since.astimezone(UTC), 1)
        params = {
            "modified_after": _gmt(moment - timedelta(seconds=1)),  # the store compares with ">"
            "dates_are_gmt": "true",
            "orderby": "modified",
            "order": "asc",
            "status": "any",
            "per_page": str(_PAGE),
            "page": str(page),
        }
        found = self._orders("orders", self._client.get("orders", **params, dp=_EXACT).data)
        last = max((_modified(order) for order in found), default=moment)
        following = None
        if len(found) == _PAGE:
            following = f"{_gmt(last)};1" if last > moment else f"{_gmt(moment)};{page + 1}"
        kept = [order for order in found if not _is_draft(order)]
        read = [self._with_refunds(order) for order in kept]
        return ChangedOrders(with_articles(self._client, read), following)

    def _order_json(self, ref: str) -> Mapping[str, Any] | None:
        if not _is_id(ref):
            return None
        endpoint = f"orders/{ref}"
        try:
            return self._orders(endpoint, [self._client.get(endpoint, dp=_EXACT).data])[0]
        except ProviderError as error:
            if error.code in _NO_ORDER:
                return None
            raise

    def _search(self, term: str) -> Sequence[Mapping[str, Any]]:
        found = self._client.pages("orders", most=_SEARCH_PAGES, search=term, dp=_EXACT)
        return self._orders("orders", found)

    @staticmethod
    def _orders(endpoint: str, data: Any) -> list[Mapping[str, Any]]:
        if not isinstance(data, list) or not all(isinstance(order, dict) and "id" in order for order in data):
            raise unreadable(endpoint)
        return data

    def _refunds_json(self, ref: str) -> list[Mapping[str, Any]]:
        return self._orders("refunds", self._client.pages(f"orders/{ref}/refunds", dp=_EXACT))

    def _whole(self, order: Mapping[str, Any]) -> OrderSnapshot:
        """With its refunds, and what its products say."""
        return with_articles(self._client, [self._with_refunds(order)])[0]

    def _with_refunds(self, order: Mapping[str, Any]) -> OrderSnapshot:
        try:
            refunds = self._refunds_json(str(order["id"])) if order.get("refunds") else []
            return order_snapshot(order, refund_snapshots(refunds, text(order.get("currency"))))
        except Unreadable as error:
            raise _unreadable_order(error) from error

    # --- refunds ----------------------------------------------------------------------------------------------------

    def issue_refund(self, refund: RefundOrder) -> IssuedRefund:
        """Book the refund; through the gateway where it can send money, otherwise for a person to pay out.

        The order and its refunds are read first: a refund that bears our key is given back as it is, and anything
        over what is left is refused here, because the store itself checks neither. When only the amount is lowered
        by a kept fee, the lines are booked whole and the total is exactly ``amount``.
        """
        order = self._order_json(refund.order_ref)
        if order is None:
            raise ProviderError(VENDOR, "the store no longer has this order", code="order_unknown")
        refunds = self._refunds_json(refund.order_ref)
        known = self._known_refund(order, refunds, refund.key)
        if known is not None:
            return known
        try:
            snapshot = order_snapshot(order, None)
            refuse_excess(refund, snapshot, refunds)
        except Unreadable as error:
            raise _unreadable_order(error) from error
        body = refund_body(refund, by_gateway=self._gateway_pays(refund, order))
        endpoint = f"orders/{refund.order_ref}/refunds"
        reply = self._client.post(endpoint, body, read_timeout=_REFUND_READ_SECONDS, dp=_EXACT)
        try:
            return issued_refund(reply.data, snapshot.currency)
        except (Unreadable, AttributeError):
            raise unreadable(endpoint, write=True) from None

    def find_refund(self, order_ref: str, key: str) -> IssuedRefund | None:
        """The refund that bears our ``key``. ``pending`` when the store has booked it but stopped before it wrote down
        that the gateway paid: it may still be asking, or may have died while it asked.
        """
        order = self._order_json(order_ref)
        return None if order is None else self._known_refund(order, self._refunds_json(order_ref), key)

    def _known_refund(
        self, order: Mapping[str, Any], refunds: Sequence[Mapping[str, Any]], key: str
    ) -> IssuedRefund | None:
        for refund in refunds:
            if mark_of(refund) != key:
                continue
            finished = meta_mark_of(refund) == key or refund.get("refunded_payment") is True
            by_hand = text(order.get("payment_method")) in BY_HAND_METHODS
            try:
                return issued_refund(refund, text(order.get("currency")), unconfirmed=not finished and not by_hand)
            except Unreadable as error:
                raise _unreadable_order(error) from error
        return None

    def _gateway_pays(self, refund: RefundOrder, order: Mapping[str, Any]) -> bool:
        """Whether to ask the gateway. Asking one that cannot is an error to WooCommerce, so it is looked up first."""
        method = text(order.get("payment_method"))
        if not refund.parts or not all(part.refundable_by_gateway for part in refund.parts) or not method:
            return False
        if method in BY_HAND_METHODS:
            return False
        try:
            gateway = self._client.get(f"payment_gateways/{method}").data
        except ProviderError as error:
            if error.retryable:
                raise
            return error.code != _NO_GATEWAY  # a plugin that is switched off cannot pay; otherwise let the store say
        supports = gateway.get("method_supports") if isinstance(gateway, dict) else None
        return "refunds" in supports if isinstance(supports, list) else True

    # --- stock ------------------------------------------------------------------------------------------------------

    def move_stock(self, movement: StockMovementOrder) -> StockMoved:
        """Move by a difference, once; see ``stock``."""
        return stock.move(self._client, movement, self._clock.now())

    def find_movement(self, movement: StockMovementOrder) -> StockMoved | None:
        """The movement that bears this key, if the article has its mark."""
        return stock.find(self._client, movement)


def _is_id(ref: str) -> bool:
    return ref.isascii() and ref.isdecimal() and len(ref) < 20  # noqa: PLR2004 (64 bits)


def _is_draft(order: Mapping[str, Any]) -> bool:
    return text(order.get("status")) in DRAFTS


def _gmt(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _modified(order: Mapping[str, Any]) -> datetime:
    try:
        moment = instant(order.get("date_modified_gmt"))
    except ValueError:
        moment = None
    if moment is None:
        raise unreadable(endpoint="orders")
    return moment


def _read_cursor(cursor: str) -> tuple[datetime, int]:
    moment, _, page = cursor.partition(";")
    return datetime.fromisoformat(moment).replace(tzinfo=UTC), int(page)


def _unreadable_order(error: Unreadable) -> ProviderError:
    return ProviderError(
        VENDOR, f"the store describes an order in a way we cannot read ({error})", code="unreadable_order"
    )
