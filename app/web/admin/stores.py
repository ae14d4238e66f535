"""Connecting a store: the first one after signing in, and any further one."""

from __future__ import annotations

import secrets
from uuid import UUID

from flask import Blueprint, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from app.container import Container
from app.core.kit.errors import DomainError, ProviderError
from app.core.kit.ids import new_id
from app.core.merchants import service
from app.core.merchants.ports import StoreConnection
from app.core.merchants.rules import PlatformName
from app.web.admin.settings import CREDENTIALS
from app.web.errors import sentence

SHARED = ("webhook_secret", "storefront_secret")
"""Secrets that both sides need and nobody has yet: made up here, to be entered in the store as well."""


def register(blueprint: Blueprint, container: Container) -> None:
    """One page: which platform, where, and with which credentials."""

    @blueprint.route("/stores/new", methods=["GET", "POST"])
    def new_store() -> str | Response | tuple[str, int]:
        platform = _platform(request.values.get("platform"))
        if request.method == "GET":
            return _page(platform, {name: secrets.token_urlsafe(24) for name in SHARED})
        typed = {name: request.form.get(name, "").strip() for name in ("url", *CREDENTIALS[platform])}
        problems = {name: g.voice.gettext("Please fill this in.") for name, text in typed.items() if not text}
        root = container.platforms[platform.value].root(typed["url"])
        if typed["url"] and not root:
            problems["url"] = g.voice.gettext("This is not the address of a store that we can reach.")
        if problems:
            return _page(platform, typed, problems), 422
        credentials = {name: typed[name] for name in CREDENTIALS[platform]}
        connection = StoreConnection(store_id=new_id(), url=root, credentials=credentials)
        try:
            facts = container.platforms[platform.value].facts(connection)
            with container.database.write() as db:
                owner = UUID(session["account_id"])
                now = container.clock.now()
                store = service.open_store(
                    db, container.vault, platform, root, credentials, facts, owner=owner, now=now
                )
                session["store_id"] = str(store.id)
        except DomainError as error:
            return _page(platform, typed, {error.field or "url": sentence(g.voice, error.code)}), 422
        except ProviderError as error:
            return _page(platform, typed, {"": error.message}), 422
        return redirect(url_for("admin.settings", _anchor="address"))


def _page(platform: PlatformName, typed: dict[str, str], problems: dict[str, str] | None = None) -> str:
    return render_template(
        "admin/new_store.html",
        platform=platform,
        platforms=tuple(PlatformName),
        fields=CREDENTIALS[platform],
        shared=SHARED,
        typed=typed,
        problems=problems or {},
    )


def _platform(text: str | None) -> PlatformName:
    try:
        return PlatformName(text or PlatformName.SHOPIFY)
    except ValueError:
        return PlatformName.SHOPIFY
