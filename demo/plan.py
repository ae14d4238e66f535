"""Where the demo keeps its things, on which ports its parts listen, and the secrets that they share."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

HOST = "127.0.0.1"
SHOP = "oak-and-tern.myshopify.com"
OWNER = "owner@example.test"
PASSWORD = "returns-are-easy"
_FILE = "demo.json"
_FURNISHED = "furnished"


@dataclass(frozen=True, slots=True)
class Plan:
    """One demo. ``port`` is Helloword's; the stores', the mailbox's and its SMTP server's follow it."""

    folder: Path
    port: int
    woocommerce_port: int
    shopify_port: int
    mailbox_port: int
    smtp_port: int
    consumer_key: str
    consumer_secret: str
    webhook_secret: str
    storefront_secret: str
    client_secret: str
    access_token: str

    @classmethod
    def at(cls, folder: Path, port: int | None = None) -> Self:
        """The demo in ``folder``: as it was left there, or a new one. ``port`` None takes five free ports."""
        file = folder / _FILE
        found: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        ports = dict(zip(_PORTS, _free_ports() if port is None else range(port, port + len(_PORTS)), strict=True))
        kept: dict[str, Any] = {name: found.get(name) or make() for name, make in _SECRETS.items()}
        plan = cls(**{"folder": folder.resolve(), **ports, **kept})
        if found != kept:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as out:
                json.dump(kept, out, indent=1)
        return plan

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What ``to_json`` gave."""
        plan = cls(**json.loads(text))
        return replace(plan, folder=Path(plan.folder))

    def to_json(self) -> str:
        """The whole plan, for a process that is part of it."""
        return json.dumps({**asdict(self), "folder": str(self.folder)})

    @property
    def is_furnished(self) -> bool:
        """Whether the first day is over: stores connected, a few returns made."""
        return (self.folder / _FURNISHED).exists()

    def furnished(self) -> None:
        """The first day is over."""
        (self.folder / _FURNISHED).touch()

    @property
    def ports(self) -> dict[str, int]:
        """All ports by what listens there."""
        return {name: getattr(self, name) for name in _PORTS}

    @property
    def helloword_url(self) -> str:
        """The product."""
        return f"http://{HOST}:{self.port}"

    @property
    def woocommerce_url(self) -> str:
        """The WooCommerce store."""
        return f"http://{HOST}:{self.woocommerce_port}"

    @property
    def shopify_url(self) -> str:
        """The Shopify store as people reach it here; its own name is ``https://`` and ``SHOP``."""
        return f"http://{HOST}:{self.shopify_port}"

    @property
    def woocommerce_returns(self) -> str:
        """The returns page inside the WooCommerce store."""
        return f"{self.woocommerce_url}/returns"

    @property
    def shopify_returns(self) -> str:
        """The returns page inside the Shopify store."""
        return f"{self.shopify_url}/apps/returns"

    @property
    def mailbox_url(self) -> str:
        """Where the shoppers' mail is read."""
        return f"http://{HOST}:{self.mailbox_port}"

    @property
    def mail_folder(self) -> Path:
        """The Maildir."""
        return self.folder / "mail"


_PORTS = ("port", "woocommerce_port", "shopify_port", "mailbox_port", "smtp_port")
_SECRETS: dict[str, Callable[[], str]] = {
    "consumer_key": lambda: f"ck_{secrets.token_hex(20)}",
    "consumer_secret": lambda: f"cs_{secrets.token_hex(20)}",
    "webhook_secret": secrets.token_urlsafe,
    "storefront_secret": secrets.token_urlsafe,
    "client_secret": lambda: f"shpss_{secrets.token_hex(16)}",
    "access_token": lambda: f"shpat_{secrets.token_hex(16)}",
}


def _free_ports() -> list[int]:
    """Five that nobody listens on; all are held until the last one is found, so they differ."""
    probes = [socket.socket() for _ in _PORTS]
    try:
        for probe in probes:
            probe.bind((HOST, 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()
