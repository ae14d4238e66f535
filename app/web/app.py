"""The web application: the webhooks' intake, and the pages with their languages and security headers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from a2wsgi import WSGIMiddleware
from flask import Flask, Response, g, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app.container import Container
from app.core.kit.texts import Voice
from app.web import errors, health
from app.web.admin import make_admin
from app.web.limits import limit
from app.web.portal import make_portal, make_storefront
from app.web.webhooks import ASGIApplication, Message, Receive, Scope, Send, WebhookIntake

MAX_BODY = 64 * 1024 * 1024
"""Five photos for each of a few items; the webhooks' own limit is far lower."""

csrf = CSRFProtect()


def create_app(container: Container) -> ASGIApplication:
    """The whole web side over ``container`` (ASGI): webhooks on its event loop, pages in ``web_threads`` threads."""
    pages: Any = create_pages(container)
    in_threads: Any = WSGIMiddleware(pages, container.settings.web_threads)

    async def coroutines(scope: Scope, receive: Receive, send: Send) -> None:
        async def received() -> Message:
            return await receive()  # granian's is an awaitable and no coroutine, which the bridge asks for

        await in_threads(scope, received, send)

    return WebhookIntake(container, coroutines)


def create_pages(container: Container) -> Flask:
    """All that a person opens."""
    settings = container.settings
    app = Flask(__name__, static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SESSION_COOKIE_NAME="helloword",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=not settings.insecure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=12),
        MAX_CONTENT_LENGTH=MAX_BODY,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.globals.update(
        gettext=_gettext,
        ngettext=_ngettext,
    )
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.before_request
    def _language() -> None:
        wanted = request.args.get("lang") or [tag for tag, _ in request.accept_languages]
        g.voice = container.texts.for_locale(wanted or "en")

    @app.context_processor
    def _reader() -> dict[str, object]:
        return {"voice": g.voice, "texts": container.texts}

    @app.after_request
    def _headers(response: Response) -> Response:
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "no-referrer")
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault(
            "Content-Security-Policy",
            "default-src 'self'; img-src 'self' https: http://127.0.0.1:* data:; style-src 'self'; "
            "script-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
        )
        return response

    errors.register(app)
    csrf.init_app(app)
    for blueprint in (make_portal(container), make_storefront(container)):
        csrf.exempt(blueprint)  # no cookies there: a signature or a signed token is the proof
        app.register_blueprint(blueprint)
    app.register_blueprint(make_admin(container))
    app.register_blueprint(health.make_health(container))
    limit(app, container)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _gettext(message: str, **values: object) -> str:
    voice: Voice = g.voice
    return voice.gettext(message, **values)


def _ngettext(one: str, many: str, number: int, **values: object) -> str:
    voice: Voice = g.voice
    return voice.ngettext(one, many, number, **values)
