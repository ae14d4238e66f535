"""A very small store, the recorded one, and what stands around it in the tests."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from demo import world
from demo.woocommerce import Credentials, recorded
from demo.woocommerce.seed import TOPICS, open_shop, source_at
from demo.woocommerce.store import WooStore
from tests.demo import standins

URL = "http://127.0.0.1:8081"
HTTPS = "https://127.0.0.1:8081"
KEY, SECRET = "ck_" + "1a" * 20, "cs_" + "2b" * 20
CREDENTIALS = Credentials(KEY, SECRET, webhook_secret="whsec_test_123", storefront_secret="shared-with-the-plugin")
ROOT = Path(__file__).parents[3]
CONTRACTS = Path(os.environ.get("CONTRACTS_DIR") or ROOT.parent / "shared" / "contracts") / "woocommerce"

SWEATERS, BELT, CARRIAGE = 1, 2, 3
"""Ids of the lines of order 23."""

Call = Callable[..., Any]
"""Makes one call with the key, over https; gives the answer (a TestResponse whose JSON is there)."""


class App(standins.App):
    """The product's stand-in, which reads what WooCommerce sends."""

    def bodies(self, topic: str) -> list[Any]:
        """The JSON of every delivery of a topic."""
        found = [one for one in self.requests if one.headers.get("X-WC-Webhook-Topic") == topic]
        return [json.loads(one.content) for one in found]


def source() -> world.Store:
    """The demo world's store as of the tests' beginning."""
    return source_at(standins.START)


def furnish(store: WooStore) -> None:
    """The recorded orders 23, 24, 25, 40 and 45, and Helloword's webhooks."""
    open_shop(store, source())
    recorded.furnish(store)
    store.state.set_meta("sequence:post", 45)
    store.subscribe(TOPICS)


def recording(name: str) -> Any:
    """A recorded reply of a real store; the test is skipped where the recordings are not at hand."""
    if not CONTRACTS.is_dir():
        pytest.skip(f"no recordings in {CONTRACTS}: set CONTRACTS_DIR")
    return json.loads((CONTRACTS / f"{name}.json").read_text())


def one_sweater(**changes: Any) -> dict[str, Any]:
    """One of the two sweaters of order 23, 67.14 and 12.76 tax, booked without the gateway."""
    tax = [{"id": "1", "refund_total": 12.76}]
    return {
        "amount": "79.90",
        "reason": "too small",
        "api_refund": False,
        "line_items": [{"id": SWEATERS, "quantity": 1, "refund_total": 67.14, "refund_tax": tax}],
        **changes,
    }


def comparable(value: Any) -> Any:
    """Without what is the time's or a counter's: dates, ids of new things, links."""
    if isinstance(value, list):
        return [comparable(one) for one in value]
    if not isinstance(value, dict):
        return value
    dropped = {"_links"} | {name for name in value if name.startswith("date_")}
    if "product_id" in value or "method_id" in value or "rate_code" in value or "key" in value or "amount" in value:
        dropped.add("id")
    return {name: comparable(one) for name, one in value.items() if name not in dropped}
