"""The demo store as one Flask app: wc/v3, the storefront with the returns page, admin pages for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
from flask import Flask, Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from demo.breaking import BreakConnection
from demo.storefront.pages import furnish as furnish_storefront
from demo.storefront.shop import Shop
from demo.woocommerce import admin_pages, api_orders, api_products, api_settings
from demo.woocommerce.auth import Key
from demo.woocommerce.front import WooFront
from demo.woocommerce.rest import ROOT, refuse_guest, unknown_route
from demo.woocommerce.seed import furnish
from demo.woocommerce.store import WooStore

WEBHOOK_PATH = "/webhooks/woocommerce/lintang-co"
"""Where Helloword takes this store's deliveries: its name for the store is made from the store's own."""
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True)
class Credentials:
    """The key that works from the start, and the secrets that the store shares with Helloword."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    storefront_secret: str = field(repr=False)


class WooApp(Flask):
    """A Flask app with its ``store``, and the store's ``front``."""

    store: WooStore
    front: Shop


def make_woocommerce(
    path: str | Path,
    now: Callable[[], datetime],
    *,
    credentials: Credentials,
    url: str,
    helloword_url: str,
    webhook_path: str = WEBHOOK_PATH,
    http: httpx.Client | None = None,
    seed: Callable[[WooStore], None] = furnish,
) -> WooApp:
    """A store in the SQLite file ``path`` (made and furnished when new), reachable at ``url``.

    ``now`` gives aware UTC instants. ``http`` carries webhooks and visits of the returns page to ``helloword_url``;
    ``seed`` furnishes a new store (with the demo world when not given). Nothing is delivered until
    ``app.store.deliver_pending()`` or ``app.store.deliveries.start()``. More keys: ``app.store.authentication.keys``.
    """
    app = WooApp(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.store = WooStore(
        path,
        now,
        url=url,
        keys=[Key(credentials.consumer_key, credentials.consumer_secret)],
        webhook_secret=credentials.webhook_secret,
        storefront_secret=credentials.storefront_secret,
        helloword_url=helloword_url,
        webhook_path=webhook_path,
        http=http or httpx.Client(),
    )
    with app.store.state.transaction():
        if app.store.state.get_meta("shop") is None:
            seed(app.store)
        app.store.find_helloword_again()
    for blueprint in (
        *(api_orders.blueprint, api_products.blueprint, api_settings.blueprint, api_settings.index),
        admin_pages.blueprint,
    ):
        app.register_blueprint(blueprint)
    app.front = WooFront(app.store)
    furnish_storefront(app, app.front, admin_path="/admin/")
    app.add_url_rule("/product/<key>/", "permalink", _permalink)
    app.add_url_rule(f"{ROOT}/<path:_rest>", "unknown_route", unknown_route, methods=_METHODS)
    app.before_request(_plain_permalink)
    app.wsgi_app = BreakConnection(app.wsgi_app)  # type: ignore[method-assign]
    return app


def _permalink(key: str) -> AnyResponse:
    """Where the API says that a product's page is."""
    return redirect(url_for("storefront.product", key=key))


def _plain_permalink() -> Response | None:
    """``/?rest_route=/wc/v3/orders`` reaches a route, but the key is only looked for below ``/wp-json/wc/``."""
    if request.path == "/" and request.args.get("rest_route", "").startswith("/wc/"):
        return refuse_guest()
    return None
