"""A loopback store that answers what a test tells it, and the recordings of real ones."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import re
import socket
import ssl
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

KEY, SECRET = "ck_" + "1a" * 20, "cs_" + "2b" * 20
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
CONTRACTS = Path(os.environ.get("CONTRACTS_DIR") or ROOT.parent / "shared" / "contracts") / "woocommerce"


def recording(name: str) -> Any:
    """A recorded reply of a real store; the test is skipped where the recordings are not at hand."""
    if not CONTRACTS.is_dir():
        pytest.skip(f"no recordings in {CONTRACTS}: set CONTRACTS_DIR")
    return json.loads((CONTRACTS / f"{name}.json").read_text())


@dataclass
class Answer:
    """What the loopback store sends. ``body`` is sent as it is when it is bytes; ``cut`` breaks the connection."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    delay: float = 0


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    target: str


NO_ROUTE = Answer({"code": "rest_no_route", "message": "No route was found.", "data": {"status": 404}}, 404)
NO_ORDER = Answer(
    {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}, 404
)
Script = Answer | Callable[[Asked], Answer]


class Loopback:
    """Answers by (method, path below wp-json); the last answer of a route is repeated; an order not told of is none."""

    def __init__(self) -> None:
        self.routes: dict[tuple[str, str], list[Script]] = defaultdict(list)
        self.asked: list[Asked] = []
        self.connections = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def on(self, method: str, path: str, *answers: Script) -> None:
        self.routes[(method, path)] = list(answers)

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.asked.append(asked)
            scripts = self.routes.get((asked.method, asked.path))
            if not scripts:
                return NO_ORDER if re.fullmatch(r"/wc/v3/orders/\d+", asked.path) else NO_ROUTE
            script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
        return script if isinstance(script, Answer) else script(asked)

    def of(self, method: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.method == method]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(store: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two writes; waiting for each other costs 40 ms

        def setup(self) -> None:
            if isinstance(self.request, ssl.SSLSocket):
                with contextlib.suppress(OSError):  # a client that refuses the certificate hangs up
                    self.request.do_handshake()
            super().setup()
            store.connections += 1

        def handle(self) -> None:
            with contextlib.suppress(OSError):
                super().handle()

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            parts = urlsplit(self.path)
            asked = Asked(
                self.command,
                parts.path.removeprefix("/wp-json"),
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                dict(self.headers),
                json.loads(raw) if raw else None,
                self.path,
            )
            answer = store.answer(asked)
            time.sleep(answer.delay)
            if answer.cut:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                return
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in ({"Content-Type": "application/json"} | answer.headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 (http.server's names)

        def log_message(self, *args: Any) -> None:
            pass

    return Handler


def tls_on(store: Loopback, certificate: Path) -> None:
    """Let the store speak https from now on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    store._server.socket = context.wrap_socket(store._server.socket, server_side=True, do_handshake_on_connect=False)
    store.url = store.url.replace("http://", "https://")


def store_accepts(asked: Asked, url: str, secret: str = SECRET) -> bool:
    """Check OAuth 1.0a as class-wc-rest-authentication.php does, from what arrived on the wire."""
    params = dict(asked.query)
    signature = params.pop("oauth_signature", "")

    def rfc3986(text: str) -> str:
        return quote(text, safe="~")

    pairs = [f"{rfc3986(k)}={rfc3986(v)}" for k, v in sorted(params.items(), key=lambda item: item[0].encode())]
    path = urlsplit(asked.target).path
    signed = f"{asked.method}&{rfc3986(url + path)}&{'%26'.join(rfc3986(pair) for pair in pairs)}"
    expected = base64.b64encode(hmac.new(f"{secret}&".encode(), signed.encode(), hashlib.sha256).digest()).decode()
    return re.fullmatch(r"\d+", params.get("oauth_timestamp", "")) is not None and expected == signature
