"""The shop's own pages below which the app proxy hangs: header, footer, and the returns page between them."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template, request
from markupsafe import Markup

from demo.shopify.proxy import PATH_PREFIX, forward
from demo.shopify.store import ShopifyStore

blueprint = Blueprint("shopify_storefront", __name__, template_folder="templates")


def _store() -> ShopifyStore:
    store: ShopifyStore = current_app.store  # type: ignore[attr-defined]
    return store


def _theme(content: str) -> str:
    """``content`` as the app sent it, inside the shop's page."""
    shop = _store().state.get_meta("shop")
    return render_template(
        "shopify_storefront/page.html",
        shop=shop,
        content=Markup(content),  # noqa: S704 (a theme shows the app's HTML as it is)
    )


@blueprint.route(PATH_PREFIX, defaults={"path": ""}, methods=["GET", "POST"])
@blueprint.route(f"{PATH_PREFIX}/<path:path>", methods=["GET", "POST"])
def returns(path: str) -> Response:
    """Anything below the proxy's path goes to the app, for a guest."""
    return forward(_store(), request, path, customer="", theme=_theme)
