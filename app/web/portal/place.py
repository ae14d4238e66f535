"""Where a request came in (our own address, or inside a storefront), and how an answer must look there."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Response, g, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from app.container import Container
from app.core.kit.texts import Texts, Voice
from app.core.merchants import repository as merchants
from app.core.merchants import service as merchant_service
from app.core.merchants.errors import StoreUnknown
from app.core.merchants.ports import ForgedVisit
from app.core.merchants.rules import PlatformName, StoreStatus
from app.web.portal.colours import accent

if TYPE_CHECKING:
    from app.core.merchants.models import Store

STATIC = Path(__file__).resolve().parents[1] / "static"
SECRET_NAMES = {PlatformName.SHOPIFY: "client_secret", PlatformName.WOOCOMMERCE: "storefront_secret"}
"""Which of a store's secrets signs the visits that its storefront forwards."""


def fingerprint(name: str) -> str:
    """Changes whenever the static file changes, so that it may be cached for good."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Place:
    """One request's place. ``base`` is the prefix of every link and form; ``embedded``: inside the store's own page."""

    store: Store
    base: str
    embedded: bool
    voice: Voice
    lang: str
    public_url: str

    def link(self, path: str = "", **query: str) -> str:
        """A page of ours at this place; a language that was chosen by hand goes with it, signatures never do."""
        chosen = {"lang": self.lang} if self.lang else {}
        values = {name: value for name, value in (query | chosen if "lang" not in query else query).items() if value}
        return f"{self.base}/{path}".rstrip("/") + (f"?{urlencode(values)}" if values else "")

    def file(self, path: str) -> str:
        """A file of ours: always at our own address, because storefronts' proxies are made for pages."""
        return f"{self.public_url if self.embedded else ''}/r/{self.store.slug}/{path}"

    def static(self, name: str) -> str:
        """A static file, with its fingerprint."""
        return f"{self.public_url if self.embedded else ''}/static/{name}?v={fingerprint(name)}"


def place() -> Place:
    """The place of this request."""
    found: Place = g.portal_place
    return found


@contextmanager
def reading(container: Container) -> Iterator[Session]:
    """A reading transaction whose rows stay readable after it: a rollback would empty those still in the session."""
    with container.database.read() as session:
        yield session
        session.expunge_all()


def arrive_direct(container: Container, slug: str) -> None:
    """Our own address names the store. Raises StoreUnknown."""
    with reading(container) as session:
        store = merchants.by_slug(session, slug)
    if store is None or store.status is not StoreStatus.CONNECTED:
        raise StoreUnknown
    _settle(container, store, f"/r/{store.slug}", embedded=False)


def arrive_through_storefront(container: Container, platform: str) -> None:
    """A storefront forwards a visit, signed. Raises ForgedVisit, StoreUnknown."""
    if platform not in container.platforms:
        raise StoreUnknown
    gate, name = container.platforms[platform].storefront, PlatformName(platform)
    query = parse_qsl(request.query_string.decode("utf-8", "replace"), keep_blank_values=True)
    with reading(container) as session:
        store = next((s for url in _roots(gate.shop(query)) if (s := merchants.by_url(session, name, url))), None)
        if store is None:
            raise ForgedVisit
        known = merchant_service.signing_secrets(session, container.vault, store.id, SECRET_NAMES[name])
    visit = gate.open(query, known, container.clock.now().timestamp())
    if store.status is not StoreStatus.CONNECTED:
        raise StoreUnknown
    _settle(container, store, visit.base.rstrip("/"), embedded=True)


def _roots(shop: str) -> list[str]:
    if not shop:
        return []
    if "://" in shop:
        return [shop]
    return [f"https://{shop}", f"http://{shop}"]  # plain http: only a store on the same machine is connected so


def _settle(container: Container, store: Store, base: str, *, embedded: bool) -> None:
    lang = request.args.get("lang") or request.form.get("lang") or ""
    lang = container.texts.negotiate(lang) if lang else ""
    wishes = [lang, store.locale] if lang else [*(tag for tag, _ in request.accept_languages), store.locale]
    g.voice = container.texts.for_locale(wishes)
    g.portal_place = Place(store, base, embedded, g.voice, lang, container.settings.public_url)


def languages(texts: Texts, here: Place) -> list[tuple[str, str, bool]]:
    """(tag, its own name, whether it is the present one) of every language there is."""
    return [
        (tag, texts.for_locale(tag).formats.get_display_name() or tag, tag == here.voice.locale)
        for tag in texts.available
    ]


def show(container: Container, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page: whole at our own address, a fragment inside a storefront."""
    here: Place | None = g.get("portal_place")
    embedded = here.embedded if here is not None else request.blueprint == "storefront"
    nonce = secrets.token_urlsafe(12)
    html = render_template(
        f"portal/{template}",
        layout="portal/fragment.html" if embedded else "portal/page.html",
        here=here,
        store=here.store if here else None,
        voice=g.voice,
        accent=accent(here.store.brand.get("colour") if here else None),
        languages=languages(container.texts, here) if here else [],
        nonce=nonce,
        **values,
    )
    if embedded:
        # The storefront evaluates the fragment as Liquid: no brace of anybody's data may reach it.
        html = html.replace("{", "&#123;").replace("}", "&#125;")
    response = make_response(html, status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    if embedded:
        response.headers["Content-Type"] = "application/liquid"
    else:
        response.headers["Content-Security-Policy"] = _content_policy(here, nonce)
        response.headers["X-Frame-Options"] = "DENY"
    return response


def onward(path: str = "", **query: str) -> AnyResponse:
    """On to another page after a form: by a redirect, so that reloading sends nothing twice."""
    response = redirect(place().link(path, **query), 303)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _content_policy(here: Place | None, nonce: str) -> str:
    images = ["'self'", "https:", "data:"]
    if here is not None and here.store.url.startswith("http://"):
        parts = urlsplit(here.store.url)
        images.append(f"{parts.scheme}://{parts.netloc}")
    return (
        f"default-src 'none'; img-src {' '.join(images)}; style-src 'self' 'nonce-{nonce}'; script-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
