"""A connection that breaks before the answer, after the call has taken effect: for tests of both stand-ins."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Any

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
RESET = "demo.reset"
"""The view sets it in the request's environment."""


class BreakConnection:
    """WSGI layer that drops the connection where a view asked for it, after the view has done its work.

    Werkzeug's threaded server keeps connections alive and would leave the caller waiting, so its socket is shut down
    here; a client that runs the WSGI callable in process sees the exception.
    """

    def __init__(self, inner: WsgiApp) -> None:
        self._inner = inner

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Run the request, then break if asked to."""
        held: list[tuple[Any, ...]] = []

        def hold(*answer: Any, **_rest: Any) -> Callable[[bytes], None]:
            held.append(answer)
            return lambda _chunk: None

        body = self._inner(environ, hold)
        if environ.get(RESET):
            if connection := environ.get("werkzeug.socket"):
                connection.shutdown(socket.SHUT_RDWR)
            message = "connection reset by the demo store"
            raise ConnectionResetError(message)
        start_response(*held[-1])
        return body
