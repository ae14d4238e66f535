"""How often one address may do what somebody could abuse: ask for codes, try codes, sign in, upload."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from app.container import Container

LIMITS: Mapping[str, str] = {
    "portal.find": "12 per minute; 60 per hour",
    "portal.code": "20 per minute",
    "storefront.find": "12 per minute; 60 per hour",
    "storefront.code": "20 per minute",
    "admin.sign_in": "10 per minute; 60 per hour",
}
"""By endpoint; only POST counts."""


class Limits:
    """The limiter, bound to the endpoints once all blueprints are there."""

    def __init__(self, app: Flask, limiter: Limiter) -> None:
        self._app = app
        self._limiter = limiter

    def apply(self, app: Flask) -> None:
        """Wrap the endpoints of ``LIMITS`` that this application has."""
        for endpoint, limit in LIMITS.items():
            if endpoint in app.view_functions:
                app.view_functions[endpoint] = self._limiter.limit(limit, methods=["POST"])(
                    app.view_functions[endpoint]
                )


def make_limiter(app: Flask, container: Container) -> Limits:
    """Counts in Redis, shared by all web processes; falls back to this process's memory while Redis is away."""
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=container.settings.redis_url,
        in_memory_fallback_enabled=True,
        in_memory_fallback=["1000 per minute"],
        headers_enabled=True,
        strategy="moving-window",
    )
    return Limits(app, limiter)
