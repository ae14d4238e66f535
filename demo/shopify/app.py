"""The demo store as one Flask app: Admin API, OAuth, storefront with the app proxy, admin pages for people."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import httpx
from flask import Flask

from demo.breaking import BreakConnection
from demo.shopify import admin_api, admin_pages, oauth
from demo.shopify.front import ShopifyFront
from demo.shopify.seed import furnish
from demo.shopify.store import ShopifyStore
from demo.storefront.pages import furnish as furnish_storefront
from demo.storefront.shop import Shop

CLIENT_ID = "helloword-demo"
"""The app's client id, the same in every demo store."""
WEBHOOK_PATH = "/webhooks/shopify"


class DemoShop(Flask):
    """A Flask app with its ``store``, and the store's ``front``."""

    store: ShopifyStore
    front: Shop


def make_shopify(
    path: str | Path,
    now: Callable[[], datetime],
    *,
    shop: str,
    client_secret: str,
    access_token: str,
    helloword_url: str,
    client_id: str = CLIENT_ID,
    webhook_path: str = WEBHOOK_PATH,
    public_url: str | None = None,
    http: httpx.Client | None = None,
    seed: Callable[[ShopifyStore], None] = furnish,
) -> DemoShop:
    """A store in the SQLite file ``path`` (made and furnished when new), reachable as ``shop``.

    ``now`` gives aware UTC instants. ``access_token`` works from the start, without an end; others are had by OAuth.
    ``public_url`` is where people reach the store when that is not ``https://{shop}``: pictures and product pages are
    linked there. ``http`` carries webhooks and the app proxy to ``helloword_url``; ``seed`` furnishes a new store (with
    the demo world when not given). Nothing is delivered until ``app.store.deliver_pending()`` or
    ``app.store.deliveries.start()``.
    """
    app = DemoShop(__name__, static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.store = ShopifyStore(
        path,
        now,
        shop=shop,
        client_id=client_id,
        client_secret=client_secret,
        helloword_url=helloword_url,
        webhook_path=webhook_path,
        public_url=public_url,
        http=http or httpx.Client(),
    )
    if app.store.state.get_meta("shop") is None:
        with app.store.state.transaction():
            seed(app.store)
            app.store.oauth.grant_fixed(access_token)
            app.store.installed()
    app.register_blueprint(admin_api.blueprint)
    app.register_blueprint(oauth.blueprint)
    app.register_blueprint(admin_pages.blueprint)
    app.front = ShopifyFront(app.store)
    furnish_storefront(app, app.front, admin_path="/admin/")
    app.jinja_env.globals["store_name"] = lambda: app.store.shop_facts()["name"]
    app.wsgi_app = BreakConnection(app.wsgi_app)  # type: ignore[method-assign]
    return app
