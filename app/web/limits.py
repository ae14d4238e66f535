"""How often one address may do what somebody could abuse: ask for codes, try codes, sign in, upload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask import Flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from app.container import Container

LIMITS: Mapping[str, str] = {
    "portal.find": "12 per minute; 60 per hour",
    "portal.code": "20 per minute",
    "storefront.find": "120 per minute",
    "storefront.code": "240 per minute",
    "portal.items": "60 per minute",
    "storefront.items": "240 per minute",
    "admin.sign_in": "10 per minute; 60 per hour",
}
"""By endpoint; only POST counts. Requests through a storefront share the platform's address, so theirs are wider; codes
are limited by order and by tries as well (``core/returns/access``)."""


def limit(app: Flask, container: Container) -> None:
    """Limit the endpoints of ``LIMITS`` that ``app`` has. Counts in Redis, shared by all web processes; falls back to
    this process's memory while Redis is away.
    """
    limiter = Limiter(
        get_remote_address,
        app=app,
        storage_uri=container.settings.redis_url.replace("unix://", "redis+unix://", 1),  # the library's own spelling
        in_memory_fallback_enabled=True,
        in_memory_fallback=["1000 per minute"],
        headers_enabled=True,
        strategy="moving-window",
    )
    views: dict[str, Any] = app.view_functions
    for endpoint in LIMITS.keys() & views.keys():
        views[endpoint] = limiter.limit(LIMITS[endpoint], methods=["POST"])(_alone(views[endpoint], endpoint))


def _alone(view: Callable[..., Any], endpoint: str) -> Callable[..., Any]:
    """The view under a name of its own: the library counts by a function's name, and both mounts share functions."""

    @wraps(view)
    def limited(*arguments: Any, **named: Any) -> Any:
        return view(*arguments, **named)

    limited.__qualname__ = endpoint
    return limited
