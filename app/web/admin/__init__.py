"""The merchant's side: sign in, the inbox, one return, receiving, settings, connecting a store."""

from __future__ import annotations

from flask import Blueprint

from app.container import Container
from app.web.admin import inbox, returns, session, settings, stores


def make_admin(container: Container) -> Blueprint:
    """All pages below ``/admin``."""
    blueprint = Blueprint("admin", __name__, url_prefix="/admin", template_folder="templates")
    session.register(blueprint, container)
    inbox.register(blueprint, container)
    returns.register(blueprint, container)
    settings.register(blueprint, container)
    stores.register(blueprint, container)
    return blueprint
