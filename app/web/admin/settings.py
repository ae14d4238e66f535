"""A store's settings: return address, policy, look, connection."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from babel import Locale
from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.container import Container
from app.core.kit.errors import DomainError, ProviderError
from app.core.kit.money import AmountMalformed, Money
from app.core.merchants import repository as merchants
from app.core.merchants import service
from app.core.merchants.ports import StoreConnection
from app.core.merchants.rules import PlatformName
from app.core.returns.charges.rules import Fee, FeePer, FreeItems
from app.core.returns.policy import service as policies
from app.core.returns.policy.rules import Policy, PolicyInvalid, RefundTrigger, ShippingRefund, WishedOutcome
from app.core.returns.reasons.rules import REASONS, Fault
from app.web.admin.session import only_owner, staff
from app.web.errors import sentence
from app.web.portal.colours import accent

if TYPE_CHECKING:
    from app.core.merchants.models import Store

NO_COUNTRIES = frozenset({"ZZ", "XA", "XB", "EU", "EZ", "UN", "QO"})
ADDRESS_FIELDS = ("name", "company", "line1", "line2", "postcode", "city", "region", "country", "phone")
CREDENTIALS = {
    PlatformName.WOOCOMMERCE: ("consumer_key", "consumer_secret", "webhook_secret", "storefront_secret"),
    PlatformName.SHOPIFY: ("access_token", "client_secret"),
}


def register(blueprint: Blueprint, container: Container) -> None:
    """The settings page and its forms, each saved by itself."""

    @blueprint.get("/settings")
    def settings() -> str:
        return _page(container)

    @blueprint.post("/settings/<any(address,policy,look,connection):part>")
    def save(part: str) -> Response | tuple[str, int]:
        only_owner()
        try:
            PARTS[part](container)
        except DomainError as error:
            return _page(container, part, error.field or error.details.get("field"), sentence(g.voice, error.code)), 422
        except ProviderError as error:
            return _page(container, part, None, error.message), 422
        flash(g.voice.gettext("Saved."), f"saved-{part}")
        return redirect(url_for("admin.settings", _anchor=part))


def _page(container: Container, part: str | None = None, field: str | None = None, problem: str | None = None) -> str:
    with container.database.read() as db:
        store = merchants.store(db, staff().store.id)
        version, policy = policies.in_force(db, store.id)
        known = set(merchants.credentials(db, store.id))
    return render_template(
        "admin/settings.html",
        store=store,
        own_returns_url=f"{container.settings.public_url}/r/{store.slug}",
        webhook_url=_webhook_url(container, store),
        policy=policy,
        version=version,
        address_fields=ADDRESS_FIELDS,
        credential_fields=CREDENTIALS[store.platform],
        known_credentials=known,
        triggers=tuple(RefundTrigger),
        shipping_refunds=tuple(ShippingRefund),
        free_items=tuple(FreeItems),
        currency=store.currency,
        gives_credit=container.platforms[store.platform.value].gives_credit,
        fee_shown=str(Money(policy.fees[0].amount_minor, store.currency)) if policy.fees else "0",
        fee_pers=tuple(FeePer),
        fee_reasons=[reason.code for reason in REASONS if reason.fault is Fault.SHOPPER],
        fee_outcomes=[outcome.value for outcome in WishedOutcome if outcome is not WishedOutcome.KEEP],
        part=part,
        field=field,
        problem=problem,
        form=request.form,
        countries=_countries(g.voice.formats),
        swatch=accent(request.form.get("colour") if part == "look" else store.brand.get("colour")),
    )


def _webhook_url(container: Container, store: Store) -> str:
    """Where the store delivers: an app of Shopify has one address for all its shops."""
    place = "" if store.platform is PlatformName.SHOPIFY else f"/{store.slug}"
    return f"{container.settings.public_url}/webhooks/{store.platform.value}{place}"


@lru_cache(maxsize=64)
def _countries(formats: Locale) -> tuple[tuple[str, str], ...]:
    """(ISO 3166-1 code, name) of every country, by name; CLDR's regions of several countries have digits, ZZ and the
    like mean no country.
    """
    known = {code: name for code, name in formats.territories.items() if len(code) == 2 and code not in NO_COUNTRIES}  # noqa: PLR2004 (alpha-2)
    return tuple(sorted(known.items(), key=lambda pair: pair[1].casefold()))


def _address(container: Container) -> None:
    address = {name: request.form.get(name, "") for name in ADDRESS_FIELDS}
    with container.database.write() as db:
        store = merchants.store(db, staff().store.id)
        service.set_return_address(db, store, address, actor=staff().actor, now=container.clock.now())


def _policy(container: Container) -> None:
    numbers = {}
    for name in ("window_days", "transit_days", "label_expires_days", "credit_bonus_percent", "keep_percent"):
        text = request.form.get(name, "").strip()
        if not text.isascii() or not text.isdigit():
            raise PolicyInvalid(field=name)
        numbers[name] = int(text)
    tags = tuple(tag.strip() for tag in request.form.get("final_sale_tags", "").split(",") if tag.strip())
    try:
        trigger = RefundTrigger(request.form.get("refund_trigger", ""))
        shipping = ShippingRefund(request.form.get("refund_shipping", ""))
        free_items = FreeItems(request.form.get("free_items", FreeItems.KEEP.value))
        fee_per = FeePer(request.form.get("fee_per", FeePer.REQUEST.value))
    except ValueError as error:
        raise PolicyInvalid(field="refund_trigger") from error
    with container.database.write() as db:
        _, current = policies.in_force(db, staff().store.id)
        store = merchants.store(db, staff().store.id)
        currency, platform = store.currency, store.platform.value
        changed: Policy = replace(
            current,
            **numbers,
            final_sale_tags=tags,
            refund_trigger=trigger,
            refund_shipping=shipping,
            photo_required="photo_required" in request.form,
            exchanges="exchanges" in request.form,
            store_credit="store_credit" in request.form and container.platforms[platform].gives_credit,
            free_items=free_items,
            fees=_fees(currency, fee_per),
        )
        policies.save(db, staff().store.id, changed, actor=staff().actor, now=container.clock.now())


def _fees(currency: str, per: FeePer) -> tuple[Fee, ...]:
    try:
        amount = Money.parse(request.form.get("fee_amount", "").strip().replace(",", ".") or "0", currency)
    except AmountMalformed as error:
        raise AmountMalformed(field="fee_amount") from error
    if not amount:
        return ()
    fee = Fee(
        amount.minor,
        per,
        tuple(request.form.getlist("fee_reasons")),
        tuple(request.form.getlist("fee_outcomes")),
    )
    return (fee,)


def _look(container: Container) -> None:
    with container.database.write() as db:
        store = merchants.store(db, staff().store.id)
        actor, now = staff().actor, container.clock.now()
        colour, logo = (request.form.get(name, "").strip() for name in ("colour", "logo_url"))
        service.set_brand(db, store, colour=colour, logo_url=logo, actor=actor, now=now)
        if request.form.get("returns_url", "").strip() != (store.returns_url or ""):
            service.set_returns_url(db, store, request.form.get("returns_url", ""), actor=actor, now=now)


def _connection(container: Container) -> None:
    """Prove the new credentials against the store before they replace the old ones."""
    with container.database.read() as db:
        store = merchants.store(db, staff().store.id)
        known = dict(service.connection(db, container.vault, store).credentials)
    given = {name: request.form.get(name, "").strip() for name in CREDENTIALS[store.platform]}
    credentials = known | {name: secret for name, secret in given.items() if secret}
    connection = StoreConnection(store_id=store.id, url=store.url, credentials=credentials)
    facts = container.platforms[store.platform.value].facts(connection)
    with container.database.write() as db:
        service.connect(
            db,
            container.vault,
            store.platform,
            store.url,
            credentials,
            facts,
            actor=staff().actor,
            now=container.clock.now(),
        )


PARTS: dict[str, Any] = {"address": _address, "policy": _policy, "look": _look, "connection": _connection}
