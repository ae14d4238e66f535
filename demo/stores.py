"""The demo's own side: both stores, the mailbox and its SMTP server, listening on this machine.

with Stores(plan) as stores: ...     in this process (``--once``, tests)
python -m demo.stores                as a process of its own; the plan comes in the variable DEMO_PLAN
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import time
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx
from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from demo.mailbox import Mail, make_mailbox, smtp_server
from demo.plan import HOST, SHOP, Plan
from demo.shopify.app import DemoShop, make_shopify
from demo.woocommerce.app import Credentials, WooApp, make_woocommerce


def utc_now() -> datetime:
    """The time of the machine."""
    return datetime.now(UTC)


class Stores:
    """Both stores and the mailbox. ``deliver``: webhooks go out by themselves, as soon as Helloword answers."""

    def __init__(self, plan: Plan, *, deliver: bool = False) -> None:
        self.plan = plan
        self.mail = Mail(plan.mail_folder)
        self._deliver = deliver
        self._http = httpx.Client(trust_env=False)
        self.woocommerce: WooApp = make_woocommerce(
            plan.folder / "woocommerce.sqlite",
            utc_now,
            credentials=Credentials(
                consumer_key=plan.consumer_key,
                consumer_secret=plan.consumer_secret,
                webhook_secret=plan.webhook_secret,
                storefront_secret=plan.storefront_secret,
            ),
            url=plan.woocommerce_url,
            helloword_url=plan.helloword_url,
            http=self._http,
        )
        self.shopify: DemoShop = make_shopify(
            plan.folder / "shopify.sqlite",
            utc_now,
            shop=SHOP,
            client_secret=plan.client_secret,
            access_token=plan.access_token,
            helloword_url=plan.helloword_url,
            public_url=plan.shopify_url,
            http=self._http,
        )
        self._smtp = smtp_server(plan.mail_folder, HOST, plan.smtp_port)
        self._servers: list[tuple[BaseWSGIServer, threading.Thread]] = []
        self._stopping = threading.Event()

    def __enter__(self) -> Self:
        self._smtp.start()
        self._serve(self.woocommerce, self.plan.woocommerce_port)
        self._serve(self.shopify, self.plan.shopify_port)
        self._serve(make_mailbox(self.plan.mail_folder), self.plan.mailbox_port)
        if self._deliver:
            threading.Thread(target=self._deliver_when_answered, name="deliveries", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        for server, thread in self._servers:
            server.shutdown()
            thread.join()
            server.server_close()
        self._smtp.stop()
        self.woocommerce.store.close()
        self.shopify.store.close()
        self._http.close()

    def _serve(self, app: Flask, port: int) -> None:
        server = make_server(HOST, port, app, threaded=True, request_handler=_Quiet)
        thread = threading.Thread(target=server.serve_forever, name=f"port {port}", daemon=True)
        thread.start()
        self._servers.append((server, thread))

    def _deliver_when_answered(self) -> None:
        """WooCommerce never sends a delivery twice: nothing is sent before somebody is there to take it."""
        while not self._stopping.wait(0.2):
            with contextlib.suppress(httpx.HTTPError):
                if self._http.get(f"{self.plan.helloword_url}/health", timeout=2).is_success:
                    self.woocommerce.store.deliveries.start()
                    self.shopify.store.deliveries.start()
                    return


class _Quiet(WSGIRequestHandler):
    """Says nothing about requests."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (werkzeug's name)
        """Only what went wrong."""
        if type == "error":
            logging.getLogger("demo").error(message, *args)


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with Stores(Plan.from_json(os.environ["DEMO_PLAN"]), deliver=True):
        while not ended.is_set():
            time.sleep(0.1)


if __name__ == "__main__":
    main()
