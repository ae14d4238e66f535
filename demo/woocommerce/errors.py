"""The errors of WordPress's REST API, with the words that real stores send."""

from __future__ import annotations

from typing import Any, NoReturn


class WpError(Exception):
    """A refusal: JSON ``{code, message, data}`` with an HTTP status.

    ``data`` is ``{"status": status, **extra}``; a few old errors of WooCommerce carry a bare number there (``bare``),
    and WordPress then answers with HTTP 500.
    """

    def __init__(
        self, code: str, message: str, status: int, *, extra: dict[str, Any] | None = None, bare: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.extra = extra or {}
        self.bare = bare

    def body(self) -> dict[str, Any]:
        """What is sent."""
        data: Any = {"status": self.status, **self.extra} if self.bare is None else self.bare
        return {"code": self.code, "message": self.message, "data": data}


def refuse(error: WpError) -> NoReturn:
    """Raise it; what led to it is of no interest to the caller."""
    raise error from None


class PhpDied(Exception):
    """The request ends in the middle of its work, with the page that WordPress shows then."""


def no_route() -> WpError:
    """No such address or method."""
    return WpError("rest_no_route", "No route was found matching the URL and request method.", 404)


def invalid_json() -> WpError:
    """The body is not JSON."""
    detail = {"json_error_code": 4, "json_error_message": "Syntax error"}
    return WpError("rest_invalid_json", "Invalid JSON body passed.", 400, extra=detail)


def invalid_params(wrong: dict[str, tuple[str, str]]) -> WpError:
    """Parameters that WordPress's schema refuses: name -> (message, code)."""
    details = {name: {"code": code, "message": message, "data": None} for name, (message, code) in wrong.items()}
    extra = {"params": {name: message for name, (message, _) in wrong.items()}, "details": details}
    return WpError("rest_invalid_param", f"Invalid parameter(s): {', '.join(wrong)}", 400, extra=extra)


def missing_param(*names: str) -> WpError:
    """Required parameters that were not sent."""
    message = f"Missing parameter(s): {', '.join(names)}"
    return WpError("rest_missing_callback_param", message, 400, extra={"params": list(names)})


def invalid_id(kind: str) -> WpError:
    """No such thing. ``kind`` as in WooCommerce's codes: shop_order, product, product_variation, shop_coupon."""
    return WpError(f"woocommerce_rest_{kind}_invalid_id", "Invalid ID.", 404)


def invalid_id_to_write(kind: str) -> WpError:
    """The same for a change: the code stays, the status is 400."""
    return WpError(f"woocommerce_rest_{kind}_invalid_id", "Invalid ID.", 400)


def cannot_trash(kind: str) -> WpError:
    """Deletion needs ``force=true``. ``kind`` as in ``invalid_id``."""
    return WpError("woocommerce_rest_trash_not_supported", f"The {kind} does not support trashing.", 501)


_GUEST = {
    "list": ("view", "Sorry, you cannot list resources."),
    "view": ("view", "Sorry, you cannot view this resource."),
    "create": ("create", "Sorry, you are not allowed to create resources."),
    "edit": ("edit", "Sorry, you are not allowed to edit this resource."),
    "delete": ("delete", "Sorry, you are not allowed to delete this resource."),
}


def not_allowed(verb: str) -> WpError:
    """A guest may not do this. ``verb``: list, view, create, edit or delete."""
    word, message = _GUEST[verb]
    return WpError(f"woocommerce_rest_cannot_{word}", message, 401)
