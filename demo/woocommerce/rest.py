"""Everything below /wp-json passes here: trouble, key, JSON, parameters, permission, then the route; and its answer.

WordPress looks in this order, so a key that may only read hears so before anybody looks at the address or the body.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote_plus

from flask import Blueprint, Response, current_app, request

from demo.breaking import RESET
from demo.woocommerce.auth import Key
from demo.woocommerce.errors import PhpDied, WpError, invalid_json, no_route, not_allowed, refuse
from demo.woocommerce.parameters import Args, collect, read
from demo.woocommerce.wire import View, php_json

if TYPE_CHECKING:
    from demo.woocommerce.store import WooStore

ROOT = "/wp-json"
BASE = f"{ROOT}/wc/v3"
EDIT = ("POST", "PUT", "PATCH")
_NO_CACHE = {
    "Expires": "Wed, 11 Jan 1984 05:00:00 GMT",
    "Cache-Control": "no-cache, must-revalidate, max-age=0, no-store, private",
}
_ALWAYS = {
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Expose-Headers": "X-WP-Total, X-WP-TotalPages, Link",
    "Access-Control-Allow-Headers": "Authorization, X-WP-Nonce, Content-Disposition, Content-MD5, Content-Type",
}
_PRINTED_DEFAULTS = {"status": "status[0]", "dp": "dp", "context": "context"}


@dataclass(slots=True)
class Reply:
    """An answer: any JSON. ``total``: how many things the whole collection holds, for the paging headers."""

    body: Any
    status: int = 200
    total: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that may be made. ``values``: its parameters, checked; ``pairs``: its query as it came."""

    store: WooStore
    values: dict[str, Any]
    pairs: Sequence[tuple[str, str]]
    args: Args

    @property
    def view(self) -> View:
        """How to print the answer."""
        return self.store.view.with_decimals(int(self.values.get("dp", 2)))


Handler = Callable[..., Any]


def endpoint(
    blueprint: Blueprint, path: str, *methods: str, verb: str, args: Args | None = None
) -> Callable[[Handler], Handler]:
    """Serve ``path`` (below wc/v3) with a function of the Call and of the numbers in the path.

    ``verb`` is what a guest may not do (list, view, create, edit, delete; ``public``: he may). The function gives JSON
    or a Reply, or raises WpError.
    """

    def serve(handler: Handler) -> Handler:
        @functools.wraps(handler)
        def view(**numbers: int) -> Response:
            return _serve(lambda key: _handle(handler, numbers, key, verb, args or {}))

        name = f"{'-'.join(methods)}{path}".replace(".", "-")
        blueprint.add_url_rule(path, name, view, methods=methods, strict_slashes=False)
        return handler

    return serve


def unknown_route(_rest: str = "") -> Response:
    """Nothing is at this address, or not with this method."""

    def nothing(_key: Key | None) -> Reply:
        refuse(no_route())

    return _serve(nothing)


def refuse_guest() -> Response:
    """What a caller hears whose key is not looked at."""
    error = not_allowed("list")
    return _send(Reply(error.body(), error.status), None)


def current_store() -> WooStore:
    """The store of this request."""
    store: WooStore = current_app.store  # type: ignore[attr-defined]
    return store


def _pairs() -> list[tuple[str, str]]:
    return parse_qsl(request.query_string.decode("utf-8", "replace"), keep_blank_values=True)


def _serve(work: Callable[[Key | None], Reply]) -> Response:
    store, key = current_store(), None
    faults, method = store.faults, request.method
    if faults.use("too_many", method):
        body = {"code": "too_many_requests", "message": "Too many requests."}
        return _send(Reply(body, 429, headers={"Retry-After": faults.retry_after}), None)
    if faults.use("server_errors", method):
        crash = WpError("internal_server_error", "There has been a critical error on this website.", 500)
        return _send(Reply(crash.body(), 500), None)
    if faults.use("html_errors", method):
        return _html_error()
    try:
        key = store.authentication.caller(request, _pairs())
        reply = work(key)
    except WpError as error:
        reply = Reply(error.body(), error.status)
    except PhpDied:
        return _html_error()
    if faults.use("resets", method):
        request.environ[RESET] = True
    if faults.use("errors_after", method):
        return _html_error()
    if faults.use("late", method):
        faults.wait()
    return _send(reply, key)


def _handle(handler: Handler, numbers: Mapping[str, int], key: Key | None, verb: str, args: Args) -> Reply:
    pairs = _pairs()
    values = read(collect(pairs) | _body(), args)
    if key is None and verb != "public":
        refuse(not_allowed(verb))
    found = handler(Call(current_store(), values, pairs, args), **numbers)
    reply = found if isinstance(found, Reply) else Reply(found)
    if reply.total is not None:
        reply.headers |= _paging_headers(values, pairs, reply.total, args)
    if values.get("_fields"):
        reply.body = _only(reply.body, str(values["_fields"]))
    return reply


def _body() -> dict[str, Any]:
    if request.method not in EDIT:
        return {}
    if request.mimetype != "application/json":
        return collect(list(request.form.items(multi=True)))
    raw = request.get_data()
    try:
        found = json.loads(raw) if raw else {}
    except ValueError:
        refuse(invalid_json())
    return found if isinstance(found, dict) else {}


# --- what goes back --------------------------------------------------------------------------------------------------


def _send(reply: Reply, key: Key | None) -> Response:
    answer = Response(php_json(reply.body), reply.status)
    answer.headers["Content-Type"] = "application/json; charset=UTF-8"
    index = {"Link": f'<{current_store().url}{ROOT}/>; rel="https://api.w.org/"'}
    known = _NO_CACHE if key is not None else {"Vary": "Origin"}
    for name, value in (_ALWAYS | index | known | reply.headers).items():
        answer.headers[name] = value
    if reply.headers.get("Link") == "":
        del answer.headers["Link"]
    return answer


def _html_error() -> Response:
    text = "<!DOCTYPE html><html><body><p>There has been a critical error on this website.</p></body></html>"
    return Response(text, 500, content_type="text/html; charset=utf-8")


def _paging_headers(
    values: Mapping[str, Any], pairs: Sequence[tuple[str, str]], total: int, args: Args
) -> dict[str, str]:
    page, size = int(values["page"]), int(values["per_page"])
    pages = math.ceil(total / size)
    links = []
    if page > 1:
        links.append((min(page - 1, max(1, pages)), "prev"))
    if page < pages:
        links.append((page + 1, "next"))
    base = f"{current_store().url}{request.path}"
    link = ", ".join(f'<{base}?{_query(pairs, number, args)}>; rel="{rel}"' for number, rel in links)
    return {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages), "Link": link}


def _query(pairs: Sequence[tuple[str, str]], page: int, args: Args) -> str:
    """The caller's own query, whatever is in it (a key too), some defaults, and the page."""
    named = {name.partition("[")[0] for name, _ in pairs}
    query = list(pairs)
    for name, printed in _PRINTED_DEFAULTS.items():
        if name in args and name not in named:
            default = args[name].default
            query.append((printed, str(default[0] if isinstance(default, tuple) else default)))
    if "page" in named:
        query = [(name, str(page) if name == "page" else value) for name, value in query]
    else:
        query.append(("page", str(page)))
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in query)


def _only(body: Any, fields: str) -> Any:
    """``_fields=id,billing.email``: nothing but these."""
    if isinstance(body, list):
        return [_only(one, fields) for one in body]
    if not isinstance(body, dict) or ("code" in body and "data" in body and "message" in body):
        return body
    found: dict[str, Any] = {}
    for path in (one.strip() for one in fields.split(",")):
        *above, name = path.split(".")
        source: Any = body
        target = found
        for part in above:
            source = source.get(part) if isinstance(source, dict) else None
            target = target.setdefault(part, {})
        if isinstance(source, dict) and name in source:
            target[name] = source[name]
    return found


def page_of(call: Call, numbers: Sequence[int]) -> list[int]:
    """This page of all the numbers."""
    size = int(call.values["per_page"])
    start = (int(call.values["page"]) - 1) * size if call.values.get("offset") is None else int(call.values["offset"])
    return list(numbers[start : start + size])
