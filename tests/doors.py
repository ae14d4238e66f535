"""The product's web door for tests that call it from a thread and wait for the answer."""

from __future__ import annotations

import asyncio
import functools
import threading
from typing import Any

import httpx
from a2wsgi import ASGIMiddleware

from app.web.webhooks import ASGIApplication


def client_of(app: ASGIApplication, base_url: str = "") -> httpx.Client:
    """Sends to ``app``, in this process."""
    same_shapes_by_other_names: Any = app
    door: Any = ASGIMiddleware(same_shapes_by_other_names, loop=_loop())
    return httpx.Client(transport=httpx.WSGITransport(app=door), base_url=base_url)


async def no_pages(scope: Any, receive: Any, send: Any) -> None:
    """Where only the webhooks are of interest."""
    del scope, receive
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="web door", daemon=True).start()
    return loop
