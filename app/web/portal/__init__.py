"""The shopper's side: find the order, choose what comes back, see what happens, follow it.

The same pages twice: at our own address, and as fragments inside the storefront. No cookie anywhere: what a step has
proved travels in a signed pass (``passes``), what was typed travels in the form.
"""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from app.container import Container
from app.core.kit.errors import DomainError
from app.core.kit.money import Money
from app.core.returns import words
from app.web.errors import STATUS, sentence
from app.web.portal import files, pages, place, status

log = structlog.get_logger()


def make_portal(container: Container) -> Blueprint:
    """The pages at our own address, ``/r/<store_slug>/...``."""
    blueprint = Blueprint("portal", __name__, url_prefix="/r/<store_slug>", template_folder="templates")

    @blueprint.before_request
    def _arrive() -> None:
        place.arrive_direct(container, str((request.view_args or {}).pop("store_slug", "")))

    files.register(blueprint, container)
    return _furnish(blueprint, container)


def make_storefront(container: Container) -> Blueprint:
    """The same pages as fragments for a storefront, ``/storefront/<platform>/...``; every visit is verified."""
    blueprint = Blueprint("storefront", __name__, url_prefix="/storefront/<platform>", template_folder="templates")

    @blueprint.before_request
    def _arrive() -> None:
        place.arrive_through_storefront(container, str((request.view_args or {}).pop("platform", "")))

    return _furnish(blueprint, container)


def _furnish(blueprint: Blueprint, container: Container) -> Blueprint:
    pages.register(blueprint, container)
    status.register(blueprint, container)

    @blueprint.context_processor
    def _words() -> dict[str, Any]:
        return {"words": words, "money": Money}

    @blueprint.errorhandler(DomainError)
    def _refused(error: DomainError) -> Response:
        return _problem(error.code, STATUS[error.kind])

    @blueprint.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        code = {404: "not_found", 405: "not_found", 413: "photo_too_large", 429: "too_many", 503: "busy"}
        return _problem(code.get(error.code or 500, "error"), error.code or 500)

    @blueprint.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        # A link's key opens a return: it does not belong into a log.
        log.error("request_failed", path=request.path.split("/status/", maxsplit=1)[0], exc_info=error)
        return _problem("error", 500)

    def _problem(code: str, status_code: int) -> Response:
        return place.show(container, "problem.html", status=status_code, message=sentence(g.voice, code))

    return blueprint
