"""Recorded deliveries through the real intake, the real drains and the real adapter, in any order."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet

from app.bootstrap import make_container, make_web
from app.container import Container
from app.core.merchants import service as merchants
from app.jobs.effects import EFFECTS
from app.jobs.inbox import drain_inbox
from app.jobs.outbox import drain_outbox
from app.settings import Settings
from app.web.webhooks import ASGIApplication
from tests.builders import NOW, make_store
from tests.databases import migrated
from tests.doors import client_of
from tests.fakes.store import FakeBell, FixedClock
from tests.platforms.woocommerce.loopback import CONTRACTS, KEY, SECRET, Answer, Loopback, recording
from tests.replay.state import State, whole_state

SIGNED_WITH = "whsec_test_123"
SLUG = "lindqvist"
NOBODY = "unix:///nowhere/queue.sock"
_OF_THE_CONNECTION = frozenset({"Host", "Content-Length", "Connection", "Accept-Encoding"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as it came over the wire. ``name`` for messages, ``at`` in seconds of the recorder's clock."""

    name: str
    at: float
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def topic(self) -> str:
        """Its topic; empty for a ping."""
        return dict(self.headers).get("X-WC-Webhook-Topic", "")

    @property
    def json(self) -> Any:
        """Its body, decoded."""
        return json.loads(self.body)


def recorded() -> list[Delivery]:
    """Every recorded delivery and ping, in the order in which they came. Skips where the recordings are not at hand."""
    recording("webhook_ping")
    found = []
    for path in sorted([*CONTRACTS.glob("webhook_delivery_*.json"), CONTRACTS / "webhook_ping.json"]):
        value = json.loads(path.read_text())
        for one in value if isinstance(value, list) else [value]:
            headers = tuple((name, text) for name, text in one["headers"].items() if name not in _OF_THE_CONNECTION)
            found.append(Delivery(path.stem.removeprefix("webhook_"), one["t"], headers, one["body"].encode()))
    return sorted(found, key=lambda one: one.at)


def signature(body: bytes, secret: str) -> str:
    """What the store puts into X-WC-Webhook-Signature."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def signed(topic: str, value: Any, delivery_id: str) -> Delivery:
    """A delivery that nobody recorded, as the same store would send it."""
    body = json.dumps(value).encode()
    headers = {
        "Content-Type": "application/json",
        "X-WC-Webhook-Topic": topic,
        "X-WC-Webhook-Signature": signature(body, SIGNED_WITH),
        "X-WC-Webhook-Delivery-ID": delivery_id,
    }
    return Delivery(f"{topic} {delivery_id}", 0, tuple(headers.items()), body)


class RecordedStore(Loopback):
    """The store, in its last recorded state."""

    def __init__(self) -> None:
        super().__init__()
        full_refund = recording("webhook_delivery_order_updated_full_refund")["body_json"]
        refunds = {
            "23": [recording("refund_get")],
            "24": [],
            "25": [recording("refund_create_full")["response"]],
        }
        for order in (recording("order_DE_after_refund"), recording("order_US"), full_refund):
            ref = str(order["id"])
            self.on("GET", f"/wc/v3/orders/{ref}", Answer(order))
            self.on("GET", f"/wc/v3/orders/{ref}/refunds", Answer(refunds[ref]))

    def pulled(self) -> list[str]:
        """The orders that were read, in turn."""
        orders = [asked.path.removeprefix("/wc/v3/orders/") for asked in self.of("GET")]
        return [ref for ref in orders if ref.isdecimal()]


class Playback:
    """The product with an empty database and this one store connected."""

    def __init__(self, container: Container, web: ASGIApplication, store: RecordedStore, store_id: UUID) -> None:
        self.container, self.store, self.store_id = container, store, store_id
        self._client = client_of(web, "http://localhost")

    def post(self, one: Delivery) -> int:
        """Hand one delivery over; gives the answer's status."""
        answer = self._client.post(f"/webhooks/woocommerce/{SLUG}", content=one.body, headers=list(one.headers))
        return answer.status_code

    def drain(self) -> None:
        """What a worker does when the bell rings."""
        drain_inbox(self.container)
        drain_outbox(self.container, EFFECTS)

    def play(self, deliveries: Iterable[Delivery], *, drain_after: Sequence[int] = ()) -> State:
        """Hand all over, draining after these places and at the end; gives the whole state."""
        for place, one in enumerate(deliveries):
            assert self.post(one) == (202 if one.topic else 200), one.name
            if place in drain_after:
                self.drain()
        self.drain()
        return self.state()

    def state(self) -> State:
        """Every row, with its times."""
        return whole_state(self.container.database, times=True)


@contextlib.contextmanager
def playback(folder: Path) -> Iterator[Playback]:
    """A fresh one; nothing of it is left."""
    folder.mkdir()
    url = f"sqlite:///{folder / 'product.sqlite'}"
    with migrated(url):
        pass
    settings = Settings(
        _env_file=None,
        database_url=url,
        redis_url=NOBODY,
        secret_key="a secret that is long enough for the tests",
        vault_keys=Fernet.generate_key().decode(),
        public_url="https://app.helloword.example",
        data_dir=folder,
        insecure_cookies=True,
        log_level="error",
    )
    container = replace(make_container(settings, FixedClock()), bell=FakeBell())
    container.database._on_commit = None  # nobody is rung for: the test drains
    store = RecordedStore()
    try:
        with container.database.write() as session:
            connected = make_store(session, slug=SLUG, url=store.url)
            credentials = {"consumer_key": KEY, "consumer_secret": SECRET, "webhook_secret": SIGNED_WITH}
            for name, secret in credentials.items():
                merchants.keep_credential(session, container.vault, connected.id, name, secret, now=NOW)
        web = make_web(container)
        yield Playback(container, web, store, connected.id)
        intake: Any = web
        intake._writer._keeper.close()
    finally:
        store.close()
        platform: Any = container.platforms["woocommerce"]
        platform.close()
        container.database.dispose()
