"""How a storefront hands a visit of its returns page on to Helloword and shows the answer: the same for both platforms.

Cookies pass in neither direction. An answer of type ``application/liquid`` is a fragment that belongs into the store's
own page, any other goes to the visitor as it is, redirects too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import urlencode

import httpx
from flask import Request, Response

TIMEOUT = httpx.Timeout(10.0)
_PASSED_ON = ("Accept", "Accept-Language", "Content-Type", "User-Agent")
_PASSED_BACK = ("Cache-Control", "Content-Disposition", "Content-Type", "Location", "Referrer-Policy", "Retry-After")


def forward(
    http: httpx.Client,
    request: Request,
    target: str,
    query: Sequence[tuple[str, str]],
    *,
    theme: Callable[[str], str],
    broken: str,
) -> Response:
    """Send ``request`` to ``target`` with the signed ``query``.

    ``theme`` puts HTML into the store's page; ``broken`` is what it shows there when no answer comes (HTTP 502).
    """
    headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
    headers["X-Forwarded-For"] = request.remote_addr or ""
    try:
        answer = http.request(
            request.method,
            f"{target.rstrip('/')}?{urlencode(query)}",
            content=request.get_data(),
            headers=headers,
            timeout=TIMEOUT,
            follow_redirects=False,
        )
    except (httpx.HTTPError, OSError):
        return Response(theme(broken), 502)
    passed = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
    if answer.headers.get("Content-Type", "").partition(";")[0].strip() != "application/liquid":
        return Response(answer.content, answer.status_code, headers=passed)
    passed["Content-Type"] = "text/html; charset=utf-8"
    return Response(theme(answer.text), answer.status_code, headers=passed)
