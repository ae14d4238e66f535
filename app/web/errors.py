"""The one place where a refusal of the core becomes an HTTP answer in words."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from app.core.kit.errors import DomainError, Kind
from app.core.kit.texts import N_, Voice

log = structlog.get_logger()

STATUS = {
    Kind.NOT_FOUND: 404,
    Kind.INVALID: 422,
    Kind.CONFLICT: 409,
    Kind.FORBIDDEN: 403,
    Kind.UNAVAILABLE: 503,
}

SENTENCES = {
    "quantity_over_left": N_("There are fewer of these left to return than you chose. Please check the quantity."),
    "quantity_invalid": N_("Please choose how many you want to return."),
    "nothing_chosen": N_("Please choose at least one item."),
    "line_unknown": N_("This item is not part of the order any more. Please start again."),
    "reason_unknown": N_("Please choose a reason."),
    "outcome_not_offered": N_("The store does not offer this any more. Please choose again."),
    "answer_invalid": N_("Please answer this question."),
    "photo_unreadable": N_("This file is not a picture we can read. Please use a JPEG, PNG or WebP photo."),
    "photo_too_large": N_("This picture is too large. Please use one under 12 MB."),
    "too_late": N_("The parcel is on its way, so the return can no longer be cancelled."),
    "return_unknown": N_("We could not find this return."),
    "order_unknown": N_("We could not find this order."),
    "store_unknown": N_("We could not find this store."),
    "transition_forbidden": N_(
        "Somebody has already moved this on. The page now shows the latest state; nothing was done twice."
    ),
    "stale": N_(
        "Somebody else changed this at the same moment. The page now shows the latest state; please look again."
    ),
    "refund_over_paid": N_("This refund would be more than is left of what was paid. Nothing was refunded."),
    "return_address_missing": N_(
        "Please enter your return address in the settings first; without it no label can be made."
    ),
    "amount_malformed": N_("Please write an amount such as 12.50, with no more decimals than the currency has."),
    "amount_invalid": N_("The amount cannot be below zero."),
    "decision_needed": N_("Please decide on the return first."),
    "whole_set_needed": N_("Some items were free because of the others. Please send them back together."),
    "reason_needed": N_("Please write a short reason."),
    "inspection_incomplete": N_("Please give every item a grade and say what happens with it."),
    "sign_in_refused": N_("This e-mail and password do not belong together."),
    "not_allowed": N_("Your role does not allow this. Please ask the owner of the store."),
    "password_too_short": N_("Please use a password of at least twelve characters."),
    "email_invalid": N_("This is not an e-mail address. It should look like name@example.com."),
    "store_taken": N_("Somebody else has connected this store already. Please ask them to invite you."),
    "address_incomplete": N_("Please fill in this part of the address."),
    "setting_invalid": N_("This setting cannot be used."),
    "policy_invalid": N_("This value is outside of what a policy can have."),
    "credential_unreadable": N_("The store's credentials cannot be read. Please connect the store again."),
    "visit_forged": N_("This page must be opened from the store. Please go back to the store and try again."),
    "busy": N_("We are busy for a moment. Nothing was lost; please try again."),
    "not_found": N_("There is no such page."),
    "too_many": N_("That was too often. Please wait a few minutes and try again."),
    "expired": N_("This page was open for too long. Please start again; nothing was sent."),
    "error": N_("Something went wrong on our side. Nothing was done; please try again."),
}


def sentence(voice: Voice, code: str, **values: Any) -> str:
    """What a refusal's code means, in the reader's language."""
    return voice.gettext(SENTENCES.get(code, SENTENCES["error"]), **values)


def register(app: Flask) -> None:
    """Answer every refusal as a page (or JSON where that was asked for)."""

    @app.errorhandler(DomainError)
    def _domain(error: DomainError) -> Response:
        return answer(error.code, STATUS[error.kind])

    @app.errorhandler(StaleDataError)
    def _stale(error: StaleDataError) -> Response:
        del error
        return answer("stale", 409)

    @app.errorhandler(OperationalError)
    def _database(error: OperationalError) -> Response:
        log.error("database_unavailable", error=str(error.orig))
        return answer("busy", 503)

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        status = error.code or 500
        codes = {404: "not_found", 429: "too_many", 400: "expired", 403: "not_allowed", 503: "busy"}
        response = answer(codes.get(status, "error"), status)
        if error.get_response().headers.get("Retry-After"):
            response.headers["Retry-After"] = error.get_response().headers["Retry-After"]
        return response

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Response:
        log.error("request_failed", path=request.path, exc_info=error)
        return answer("error", 500)


def answer(code: str, status: int) -> Response:
    """A page with one clear sentence, in the reader's language."""
    words = sentence(g.voice, code)
    if request.accept_mimetypes.best == "application/json" or request.is_json:
        response = jsonify(code=code, message=words)
    else:
        response = make_response(render_template("error.html", message=words, status=status))
    response.status_code = status
    return response
