"""The pages of a demo store: what it sells, one's own orders, and the returns page inside the store's own page."""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency
from flask import Blueprint, Flask, Response, abort, redirect, render_template, request, session, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from demo.storefront.shop import Bought, Progress, Shop
from demo.world import GUIDED, Person, Product
from demo.world_money import decimals

_YEAR = 31_536_000
_PROGRESS = {
    Progress.PAID: "Paid, being packed",
    Progress.SENT: "On its way",
    Progress.DELIVERED: "Delivered",
    Progress.CANCELLED: "Cancelled",
}


def furnish(app: Flask, shop: Shop, *, admin_path: str) -> None:
    """Give ``app`` the storefront of ``shop``; its footer leads to the platform's own admin at ``admin_path``."""
    key = shop.source.key
    app.secret_key = hashlib.sha256(f"demo storefront of {key}".encode()).digest()
    app.config["SESSION_COOKIE_NAME"] = f"shopper_{key.replace('-', '_')}"  # both stores live on one host
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    pages = Blueprint("storefront", __name__, template_folder="templates")
    _Pages(shop, admin_path).register(pages)
    app.register_blueprint(pages)


class _Pages:
    """The views. Each reads who is signed in from the store's own cookie."""

    def __init__(self, shop: Shop, admin_path: str) -> None:
        source = shop.source
        self._shop = shop
        self._admin_path = admin_path
        self._images = {image.name: image for product in source.products for image in product.images}
        self._guided = [one for one in GUIDED if one.platform == source.platform]
        self._people = {person.email: person for person in source.people}

    def register(self, pages: Blueprint) -> None:
        """Their addresses."""
        both = ["GET", "POST"]
        pages.add_url_rule("/", "home", self.home)
        pages.add_url_rule("/products/<key>", "product", self.product)
        pages.add_url_rule("/products/<key>/buy", "buy", self.buy, methods=["POST"])
        pages.add_url_rule("/sign-in", "sign_in", self.sign_in, methods=both)
        pages.add_url_rule("/sign-out", "sign_out", self.sign_out, methods=["POST"])
        pages.add_url_rule("/account", "account", self.account)
        pages.add_url_rule("/account/orders/<number>", "order", self.order)
        pages.add_url_rule("/account/orders/<number>/deliver", "deliver", self.deliver, methods=["POST"])
        pages.add_url_rule("/images/<name>", "image", self.image)
        path = self._shop.returns_path
        pages.add_url_rule(path, "returns", self.returns, defaults={"path": ""}, methods=both)
        pages.add_url_rule(f"{path}/<path:path>", "returns", self.returns, methods=both)
        pages.app_errorhandler(404)(self.missing)

    # --- what it sells ---------------------------------------------------------------------------------------------

    def home(self) -> str:
        """Everything that is for sale."""
        return self._page("home.html", first_image=first_image)

    def product(self, key: str) -> str:
        """One product with its choices."""
        return self._product_page(self._product(key), {})

    def buy(self, key: str) -> AnyResponse:
        """Buy one article; a choice that is missing is asked for on the same page."""
        found = self._product(key)
        chosen = {name: request.form.get(f"option-{name}", "") for name, _ in found.options}
        variant = next((one for one in found.variants if dict(one.options) == chosen), None)
        buyer = self._me() or self._people.get(request.form.get("buyer", ""))
        quantity = request.form.get("quantity", "")
        if variant is None:
            problem = f"Please choose {' and '.join(name.lower() for name, _ in found.options)}."
        elif buyer is None:
            problem = "Please choose who you are."
        else:
            try:
                bought = self._shop.buy(buyer, variant.sku, int(quantity) if quantity.isdecimal() else 0)
            except ValueError:
                problem = "There are not so many of these any more."
            else:
                session["email"] = buyer.email
                return redirect(url_for("storefront.order", number=bought.number, thanks=1), 303)
        return Response(self._product_page(found, chosen, problem), 422)

    def image(self, name: str) -> Response:
        """A drawing."""
        if name not in self._images:
            abort(404)
        headers = {
            "Cache-Control": f"public, max-age={_YEAR}, immutable",
            "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return Response(self._images[name].svg, mimetype="image/svg+xml", headers=headers)

    # --- one's own orders ------------------------------------------------------------------------------------------

    def sign_in(self) -> AnyResponse:
        """Be one of the guided persons, or anybody who has bought here."""
        problem = ""
        if request.method == "POST":
            email = (request.form.get("email", "").strip() or request.form.get("chosen", "")).lower()
            if email in self._people:
                session["email"] = email
                return redirect(url_for("storefront.account"), 303)
            problem = "Nobody with this address has bought here."
        return Response(self._page("sign_in.html", guided=self._guided, problem=problem), 422 if problem else 200)

    def sign_out(self) -> AnyResponse:
        """Be nobody."""
        session.clear()
        return redirect(url_for("storefront.home"), 303)

    def account(self) -> AnyResponse:
        """All orders of the person."""
        person = self._me()
        if person is None:
            return redirect(url_for("storefront.sign_in"), 303)
        return Response(self._page("account.html", orders=self._shop.orders_of(person.email)))

    def order(self, number: str) -> str:
        """One of them."""
        return self._page("order.html", order=self._mine(number), thanks="thanks" in request.args)

    def deliver(self, number: str) -> AnyResponse:
        """It arrives at once."""
        self._shop.deliver(self._mine(number).number)
        return redirect(url_for("storefront.order", number=number), 303)

    # --- the returns page ------------------------------------------------------------------------------------------

    def returns(self, path: str) -> Response:
        """Anything below the returns page's path goes to Helloword."""
        person = self._me()
        return self._shop.forward(request, path, email=person.email if person else "", theme=self._theme)

    def missing(self, error: HTTPException) -> Response | HTTPException:
        """No such page; the platform's API answers in its own way."""
        if request.path.startswith(("/wp-json", "/admin")):
            return error
        return Response(self._page("missing.html"), 404)

    # --- what they share -------------------------------------------------------------------------------------------

    def _me(self) -> Person | None:
        return self._people.get(session.get("email", ""))

    def _mine(self, number: str) -> Bought:
        person, found = self._me(), self._shop.order(number)
        if person is None or found is None or found.email.lower() != person.email:
            abort(404)
        return found

    def _product(self, key: str) -> Product:
        try:
            return self._shop.source.product(key)
        except LookupError:
            abort(404)

    def _product_page(self, product: Product, chosen: dict[str, str], problem: str = "") -> str:
        stock = {variant.sku: self._shop.stock(variant.sku) for variant in product.variants}
        return self._page(
            "product.html", product=product, chosen=chosen, stock=stock, guided=self._guided, problem=problem
        )

    def _theme(self, content: str) -> str:
        """``content`` as Helloword sent it, inside the store's page."""
        return self._page("returns.html", content=Markup(content))  # noqa: S704 (a theme shows an app's HTML as it is)

    def _page(self, template: str, **values: Any) -> str:
        return render_template(
            f"storefront/{template}",
            shop=self._shop.source,
            me=self._me(),
            returns_path=self._shop.returns_path,
            admin_path=self._admin_path,
            money=money,
            day=day,
            progress=_PROGRESS,
            **values,
        )


def money(minor: int, currency: str) -> str:
    """Minor units as English readers write them."""
    return format_currency(Decimal(minor).scaleb(-decimals(currency)), currency, locale="en")


def day(moment: datetime) -> str:
    """A date as English readers write it."""
    return format_date(moment, "d MMMM y", locale="en")


def first_image(product: Product) -> str:
    """The picture in the grid; empty when there is none."""
    return product.images[0].name if product.images else ""
