"""A store with orders on SQLite, the portal in a small Flask application, in-memory fakes for the outside."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from flask import Flask, g
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from app.container import Container
from app.core.kit.db import Database, make_engine
from app.core.kit.ids import new_id
from app.core.kit.texts import Voice, shipped_texts
from app.core.merchants import service as merchant_service
from app.core.merchants.models import Store
from app.core.merchants.ports import ForgedVisit, StorefrontVisit
from app.core.merchants.rules import PlatformName
from app.core.merchants.vault import Vault
from app.core.messaging.models import OutboxMessage
from app.core.orders.models import Order, OrderFulfillment, OrderLine, OrderPayment, OrderShipping
from app.core.orders.ports import Address
from app.core.orders.rules import email_key, number_key
from app.core.returns.access.rules import code_for
from app.core.returns.models import Return
from app.core.schema import create_all
from app.settings import Settings
from app.web.portal import make_portal, make_storefront

SECRET = "a secret of the tests that is long enough"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ADDRESS = Address(name="Acme Returns", line1="Hafenstr. 1", city="Hamburg", postcode="20457", country="DE").as_dict()


@dataclass
class StoppedClock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class MemoryFiles:
    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, key: str, content: bytes) -> None:
        self.kept[key] = content

    def get(self, key: str) -> bytes | None:
        return self.kept.get(key)

    def delete(self, key: str) -> None:
        self.kept.pop(key, None)

    def check(self) -> None:
        return


class Silent:
    def ring(self) -> None:
        return

    def notify(self, notice: Any) -> None:
        raise AssertionError(notice)


class SignedVisits:
    """A storefront gate whose signature is the shop's secret itself."""

    def shop(self, query: Sequence[tuple[str, str]]) -> str:
        return dict(query).get("shop", "")

    def open(self, query: Sequence[tuple[str, str]], secrets: Sequence[str], now: float) -> StorefrontVisit:
        if dict(query).get("signature") not in secrets:
            raise ForgedVisit
        return StorefrontVisit(shop=dict(query)["shop"], base="/apps/returns")


class FakePlatform:
    storefront = SignedVisits()


@dataclass
class World:
    container: Container
    app: Flask
    client: FlaskClient
    clock: StoppedClock
    files: MemoryFiles
    store: Store

    def add_store(self, slug: str, platform: PlatformName = PlatformName.WOOCOMMERCE, **values: Any) -> Store:
        store = Store(
            id=new_id(),
            platform=platform,
            url=f"https://{slug}.example",
            slug=slug,
            name=slug.title(),
            country="DE",
            currency="EUR",
            brand={"colour": "#c2410c"},
            return_address=ADDRESS,
            support_email=f"help@{slug}.example",
            timezone="Europe/Berlin",
            locale="en",
            created_at=NOW,
            **values,
        )
        name = "client_secret" if platform is PlatformName.SHOPIFY else "storefront_secret"
        with self.container.database.write() as session:
            session.add(store)
            session.flush()
            for secret in (f"{slug}-old", f"{slug}-secret"):
                merchant_service.keep_credential(session, self.container.vault, store.id, name, secret, now=NOW)
                session.flush()
        return store

    def add_order(
        self, store: Store | None = None, number: str = "#1001", lines: Sequence[dict[str, Any]] = (), **values: Any
    ) -> Order:
        store = store or self.store
        usual: Sequence[dict[str, Any]] = ({}, {"title": "Wool socks", "net_minor": 2000, "quantity": 2})
        order = make_order(store.id, number, lines or usual, **values)
        with self.container.database.write() as session:
            session.add(order)
        return order

    def rows(self, model: Any) -> Sequence[Any]:
        with self.container.database.read() as session:
            found = session.scalars(select(model)).all()
            session.expunge_all()
        return found

    def mailed_codes(self) -> list[str]:
        """The codes that mails would carry, oldest first."""
        sent = [message for message in self.rows(OutboxMessage) if message.payload.get("kind") == "access_code"]
        sent.sort(key=lambda message: message.id)
        return [code_for(UUID(m.payload["challenge_id"]), SECRET.encode()) for m in sent]

    def line(self, order: Order, position: int = 0) -> OrderLine:
        with self.container.database.read() as session:
            line = session.scalars(
                select(OrderLine).where(OrderLine.order_id == order.id, OrderLine.position == position)
            ).one()
            session.expunge_all()
        return line

    def proved(self, order: Order) -> str:
        """Walk find and code; gives the pass that the items page carries."""
        page = self.client.post("/r/acme/", data={"number": order.number, "email": order.email})
        data = hidden(page.text) | {"code": self.mailed_codes()[-1]}
        answer = self.client.post("/r/acme/code", data=data)
        assert answer.status_code == 303, answer.text
        return str(answer.location.split("t=")[1].split("&")[0])

    def returns(self) -> Sequence[Return]:
        return self.rows(Return)


def make_order(store_id: UUID, number: str, lines: Sequence[dict[str, Any]], **values: Any) -> Order:
    """An order of two days ago, delivered yesterday, shipping 4.90, paid by card; tax 19 % is in the prices."""
    order_id, currency = new_id(), values.pop("currency", "EUR")
    made = []
    for position, line in enumerate(lines):
        net = line.get("net_minor", 5000)
        quantity = line.get("quantity", 1)
        tax = round(net * 19 / 100)
        made.append(
            OrderLine(
                **{
                    "store_id": store_id,
                    "id": new_id(),
                    "order_id": order_id,
                    "position": position,
                    "ref": str(100 + position),
                    "currency": currency,
                    "title": "Linen shirt",
                    "sku": f"SKU-{position}",
                    "options": [["Size", "M"], ["Colour", "Black"]],
                    "tags": [],
                    "requires_shipping": True,
                    "unit_price_minor": net // quantity,
                    "discount_minor": 0,
                    "taxes": [{"title": "VAT", "rate": "0.19", "ref": "1", "minor": tax}],
                    **line,
                    "net_minor": net,
                    "quantity": quantity,
                }
            )
        )
    goods = sum(line.net_minor + line.taxes[0]["minor"] for line in made)
    delivered = values.pop("delivered_at", NOW - timedelta(days=1))
    return Order(
        **{
            "store_id": store_id,
            "id": order_id,
            "ref": number.strip("#"),
            "number": number,
            "number_key": number_key(number),
            "email": "anna@example.com",
            "email_key": email_key("anna@example.com"),
            "currency": currency,
            "shop_currency": "EUR",
            "exchange_rate": Decimal(1),
            "prices_include_tax": True,
            "status": "completed",
            "ship_to": Address(name="Anna Muster", line1="Weg 2", city="Wien", postcode="1010", country="AT").as_dict(),
            "bill_to": {},
            "total_minor": goods + 490,
            "paid_minor": goods + 490,
            "placed_at": NOW - timedelta(days=4),
            "platform_updated_at": NOW - timedelta(days=1),
            "lines": made,
            "shipping": [
                OrderShipping(
                    store_id=store_id,
                    id=new_id(),
                    order_id=order_id,
                    position=0,
                    ref="s",
                    currency=currency,
                    title="Parcel",
                    net_minor=490,
                    taxes=[],
                )
            ],
            "payments": [
                OrderPayment(
                    store_id=store_id,
                    id=new_id(),
                    order_id=order_id,
                    position=0,
                    ref="p",
                    currency=currency,
                    gateway="stripe",
                    instrument="card",
                    amount_minor=goods + 490,
                    refundable_by_gateway=True,
                )
            ],
            "fulfillments": [
                OrderFulfillment(
                    store_id=store_id,
                    id=new_id(),
                    order_id=order_id,
                    ref="f",
                    lines=[[line.ref, line.quantity] for line in made],
                    shipped_at=delivered - timedelta(days=2),
                    delivered_at=delivered,
                )
            ],
            "refunds": [],
            **values,
        }
    )


def make_app(container: Container) -> Flask:
    """What ``create_pages`` does for the portal and nothing else."""
    app = Flask("app.web", static_folder=str(Path("app/web/static").resolve()), static_url_path="/static")
    app.config.update(TESTING=True, MAX_CONTENT_LENGTH=64 * 1024 * 1024, SERVER_NAME=None)
    app.jinja_env.globals.update(
        gettext=_gettext,
        ngettext=_ngettext,
    )
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

    @app.before_request
    def _language() -> None:
        g.voice = container.texts.for_locale("en")

    app.register_blueprint(make_portal(container))
    app.register_blueprint(make_storefront(container))
    return app


def _gettext(message: str, **values: Any) -> str:
    voice: Voice = g.voice
    return voice.gettext(message, **values)


def _ngettext(one: str, many: str, number: int, **values: Any) -> str:
    voice: Voice = g.voice
    return voice.ngettext(one, many, number, **values)


def make_container(folder: Path, clock: Any, files: Any) -> Container:
    settings = Settings(
        _env_file=None,
        database_url=f"sqlite:///{folder}/test.sqlite",
        redis_url="redis://127.0.0.1:1/0",
        secret_key=SECRET,
        vault_keys=Fernet.generate_key().decode(),
        public_url="https://returns.example",
        data_dir=folder,
    )
    engine = make_engine(settings.database_url)
    with engine.begin() as connection:
        create_all(connection)
    platforms: Any = {"shopify": FakePlatform(), "woocommerce": FakePlatform()}
    silent: Any = Silent()
    return Container(
        settings=settings,
        clock=clock,
        database=Database(engine),
        vault=Vault([settings.vault_keys.get_secret_value()]),
        texts=shipped_texts(),
        files=files,
        bell=silent,
        notifier=silent,
        platforms=platforms,
        carriers={},
    )


def make_world(folder: Path) -> World:
    clock, files = StoppedClock(), MemoryFiles()
    container = make_container(folder, clock, files)
    app = make_app(container)
    world = World(container, app, app.test_client(use_cookies=False), clock, files, None)  # type: ignore[arg-type]
    world.store = world.add_store("acme")
    return world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = make_world(tmp_path)
    yield made
    made.container.database.dispose()


def hidden(html: str, action: str = "") -> dict[str, Any]:
    """The hidden inputs of the (first) form whose action ends so: what a browser without JavaScript would send."""
    form = next(f for f in re.findall(r"<form.*?</form>", html, re.DOTALL) if action in f.split(">")[0])
    values: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        values.setdefault(unescape(name), []).append(unescape(value))
    return {name: many if len(many) > 1 else many[0] for name, many in values.items()}


def picture(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "PNG")
    return out.getvalue()
