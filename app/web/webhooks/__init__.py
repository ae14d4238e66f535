"""Deliveries from the stores: judged, kept, acknowledged. No domain work happens here."""

from __future__ import annotations

import hmac
import time

import structlog
from flask import Blueprint, Response, request
from sqlalchemy.exc import DBAPIError

from app.container import Container
from app.core.merchants.directory import WebhookTarget, webhook_target
from app.core.messaging import inbox
from app.core.messaging.ports import ForgedDelivery, MalformedDelivery, Ping
from app.web.webhooks.group_commit import GroupCommit

log = structlog.get_logger()

MAX_DELIVERY = 1024 * 1024
"""Far above any order; a larger body is refused unread."""
MAX_TARGETS = 10_000
TARGET_LIFE_S = 5.0
"""A store's secrets are read again after so many seconds: a rotation is in force that soon."""


def make_webhooks(container: Container) -> Blueprint:
    """``POST /webhooks/<platform>/<store slug>``, and ``POST /webhooks/shopify`` for all of an app's shops."""
    blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")
    writer = GroupCommit(container.database)
    targets: dict[tuple[str, str], tuple[float, WebhookTarget | None]] = {}

    def target_of(platform: str, name: str) -> WebhookTarget | None:
        known = targets.get((platform, name))
        if known is not None and known[0] > time.monotonic():
            return known[1]
        with container.database.read() as session:
            found = webhook_target(session, container.vault, platform, name)
        if len(targets) > MAX_TARGETS:  # made-up names must not fill the memory
            targets.clear()
        targets[(platform, name)] = (time.monotonic() + TARGET_LIFE_S, found)
        return found

    def take(platform: str, name: str) -> Response:
        if request.content_length is None or request.content_length > MAX_DELIVERY:
            return _answer(413 if request.content_length else 411)  # without a length it could be endless
        body = request.get_data(cache=False)
        target = target_of(platform, name)
        if target is None or not target.secrets:
            hmac.digest(b"nobody", body, "sha256")  # as much work as for a store that exists
            return _answer(404)
        try:
            delivery = container.platforms[platform].webhooks.open(dict(request.headers), body, target.secrets)
        except ForgedDelivery:
            return _answer(401)
        except MalformedDelivery:
            return _answer(400)
        if isinstance(delivery, Ping):
            return _answer(200)
        row = inbox.row(
            target.store_id,
            delivery.topic,
            delivery.dedup_key,
            body,
            received_at=container.clock.now(),
            event_key=delivery.event_key,
            occurred_at=delivery.occurred_at,
        )
        try:
            writer.write(row)
        except (DBAPIError, TimeoutError) as error:
            log.warning("inbox_unavailable", error=type(error).__name__)
            return _answer(503)  # the platform sends it again, or the reconcile finds it
        container.bell.ring()
        return _answer(202)

    @blueprint.post("/<any(shopify,woocommerce):platform>/<slug>")
    def store_delivery(platform: str, slug: str) -> Response:
        return take(platform, slug)

    @blueprint.post("/shopify")
    def app_delivery() -> Response:
        return take("shopify", request.headers.get("X-Shopify-Shop-Domain", "")[:255])

    return blueprint


def _answer(status: int) -> Response:
    return Response(status=status)
