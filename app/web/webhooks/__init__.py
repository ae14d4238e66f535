"""Deliveries from the stores: judged, kept, acknowledged. No domain work happens here.

This is plain WSGI in front of Flask: a store's sale sends hundreds of deliveries a second, and sessions, languages and
forms, which the pages need, would cost several times what judging and keeping one does.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog

from app.container import Container
from app.core.merchants.directory import WebhookTarget, webhook_target
from app.core.messaging import inbox
from app.core.messaging.ports import ForgedDelivery, MalformedDelivery, Ping
from app.web.webhooks.group_commit import GroupCommit

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

log = structlog.get_logger()

PREFIX = "/webhooks/"
MAX_DELIVERY = 1024 * 1024
"""Far above any order; a larger body is refused unread."""
MAX_TARGETS = 10_000
MAX_NAME = 255
TARGET_LIFE_S = 5.0
"""A store's secrets are read again after so many seconds: a rotation is in force that soon."""
SHOPIFY_SHOP = "HTTP_X_SHOPIFY_SHOP_DOMAIN"


class WebhookIntake:
    """``POST /webhooks/<platform>/<store slug>``, and ``POST /webhooks/shopify`` for all of an app's shops.

    Answers 202 once the delivery is durable, 200 to a ping, 400 malformed, 401 forged, 404 unknown store, 411 and 413
    by size, 503 when it could not be kept (the platform sends it again, or the reconcile finds it). All other paths go
    to ``pages``.
    """

    def __init__(self, container: Container, pages: WSGIApplication) -> None:
        self._container = container
        self._pages = pages
        self._writer = GroupCommit(inbox.Writer(container.database.engine))
        self._targets: dict[tuple[str, str], tuple[float, WebhookTarget | None]] = {}

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        path: str = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX):
            return self._pages(environ, start_response)
        status = self._answer(path.removeprefix(PREFIX), environ)
        headers = [("Content-Length", "0"), ("Content-Type", "text/plain")]
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("Allow", "POST"))
        start_response(f"{status.value} {status.phrase}", headers)
        return [b""]

    def _answer(self, place: str, environ: dict[str, Any]) -> HTTPStatus:
        platform, _, name = place.partition("/")
        if platform == "shopify" and not name:
            name = environ.get(SHOPIFY_SHOP, "").strip().lower()
        if platform not in self._container.platforms or not 0 < len(name) <= MAX_NAME or "/" in name:
            return HTTPStatus.NOT_FOUND
        if environ.get("REQUEST_METHOD") != "POST":
            return HTTPStatus.METHOD_NOT_ALLOWED
        try:
            body = _body(environ)
            return self._take(platform, name, body, environ) if isinstance(body, bytes) else body
        except ForgedDelivery:
            return HTTPStatus.UNAUTHORIZED
        except MalformedDelivery:
            return HTTPStatus.BAD_REQUEST
        except Exception as error:  # noqa: BLE001 (whatever it was: not durable, so not acknowledged)
            # By its class only: a database's own words can repeat the row, and with it a shopper's address.
            log.warning("delivery_not_kept", platform=platform, name=name, error=type(error).__name__)
            return HTTPStatus.SERVICE_UNAVAILABLE

    def _take(self, platform: str, name: str, body: bytes, environ: dict[str, Any]) -> HTTPStatus:
        target = self._target(platform, name)
        if target is None or not target.secrets:
            hmac.digest(b"nobody", body, "sha256")  # as much work as for a store that exists
            return HTTPStatus.NOT_FOUND
        gate = self._container.platforms[platform].webhooks
        delivery = gate.open(_own_headers(environ), body, target.secrets)
        if isinstance(delivery, Ping):
            return HTTPStatus.OK
        row = inbox.row(
            target.store_id,
            delivery.topic,
            delivery.dedup_key,
            body,
            received_at=self._container.clock.now(),
            event_key=delivery.event_key,
            occurred_at=delivery.occurred_at,
        )
        self._writer.write(row)
        self._container.bell.ring()
        return HTTPStatus.ACCEPTED

    def _target(self, platform: str, name: str) -> WebhookTarget | None:
        known = self._targets.get((platform, name))
        if known is not None and known[0] > time.monotonic():
            return known[1]
        with self._container.database.read() as session:
            found = webhook_target(session, self._container.vault, platform, name)
        if len(self._targets) >= MAX_TARGETS:  # made-up names must not fill the memory
            self._targets.clear()
        self._targets[(platform, name)] = (time.monotonic() + TARGET_LIFE_S, found)
        return found


def _body(environ: dict[str, Any]) -> bytes | HTTPStatus:
    """The raw body, or why it is not read. Without a length it is read as far as the limit, if the server ends it."""
    claimed = environ.get("CONTENT_LENGTH") or ""
    if claimed:
        if not (claimed.isascii() and claimed.isdecimal()):
            return HTTPStatus.BAD_REQUEST
        length = int(claimed[:20])
        if length > MAX_DELIVERY:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        body: bytes = environ["wsgi.input"].read(length)
        return body if len(body) == length else HTTPStatus.BAD_REQUEST
    if not environ.get("wsgi.input_terminated"):
        return HTTPStatus.LENGTH_REQUIRED
    body = environ["wsgi.input"].read(MAX_DELIVERY + 1)
    return body if len(body) <= MAX_DELIVERY else HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def _own_headers(environ: dict[str, Any]) -> dict[str, str]:
    """The platforms' own headers (all begin with ``X-``), by their names."""
    return {name[5:].replace("_", "-").title(): value for name, value in environ.items() if name.startswith("HTTP_X_")}
