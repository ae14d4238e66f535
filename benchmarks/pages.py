"""Server time of the merchant's inbox with 10,000 returns, against the same page with 50."""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from sqlalchemy import insert

from app.bootstrap import make_container, make_web
from app.container import Container
from app.core import schema
from app.core.kit.ids import new_id, new_rma
from app.core.merchants import service as merchants
from app.core.merchants.models import Store
from app.core.merchants.rules import PlatformName, Role
from app.core.orders.models import Order, OrderLine
from app.core.returns.models import Return, ReturnLine
from app.core.returns.rules import Decision, Parcel, Settlement
from app.settings import Settings

PASSWORD = "a password for the benchmark"
REQUESTS = 60
NOW = datetime(2026, 11, 24, tzinfo=UTC)
Rows = dict[str, tuple[float, str, str, float, float]]


def measure() -> Rows:
    """p95 in milliseconds of the inbox's first page and of a search, small store and large."""
    with tempfile.TemporaryDirectory() as folder:
        container = _container(Path(folder))
        with container.database.engine.begin() as connection:
            schema.create_all(connection)
        app = make_web(container)
        app.config["WTF_CSRF_ENABLED"] = False
        times: dict[str, dict[int, float]] = {"inbox": {}, "search": {}}
        for size in (50, 10_000):
            client = _sign_in(app.test_client(), _furnish(container, size))
            times["inbox"][size] = _p95(client, "/admin/?queue=all")
            times["search"][size] = _p95(client, "/admin/?queue=all&q=shopper-49+sweater")
        container.database.dispose()
    return {
        f"{page}_p95_10k": (by_size[10_000], "ms", f"{page} with 50 returns", by_size[10_000] / by_size[50], 50.0)
        for page, by_size in times.items()
    }


def _container(folder: Path) -> Container:
    settings = Settings(
        _env_file=None,
        database_url=f"sqlite:///{folder / 'bench.sqlite'}",
        redis_url="redis://127.0.0.1:1/0",
        secret_key="only for the benchmark, long enough for it",
        vault_keys=Fernet.generate_key().decode(),
        public_url="http://127.0.0.1",
        data_dir=folder,
        insecure_cookies=True,
    )
    return make_container(settings)


def _sign_in(client: FlaskClient, email: str) -> FlaskClient:
    answer = client.post("/admin/sign-in", data={"email": email, "password": PASSWORD})
    if answer.status_code != 302:
        msg = f"signing in answered {answer.status_code}"
        raise RuntimeError(msg)
    return client


def _p95(client: FlaskClient, path: str) -> float:
    taken = []
    for _ in range(REQUESTS):
        start = time.perf_counter()
        if client.get(path).status_code != 200:
            raise RuntimeError(path)
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.quantiles(taken, n=20)[-1]


def _furnish(container: Container, size: int) -> str:
    email = f"owner-{size}@example.test"
    store_id = new_id()
    with container.database.write() as session:
        session.add(
            Store(
                id=store_id,
                platform=PlatformName.WOOCOMMERCE,
                url=f"https://bench-{size}.example",
                slug=f"bench-{size}",
                name=f"Bench {size}",
                country="NL",
                currency="EUR",
                brand={},
                created_at=NOW,
            )
        )
        session.flush()
        merchants.enrol(session, store_id, email, "Owner", PASSWORD, Role.OWNER, now=NOW)
        made = [_rows(store_id, number) for number in range(size)]
        for table, position in ((Order, 0), (OrderLine, 1), (Return, 2), (ReturnLine, 3)):
            session.execute(insert(table), [rows[position] for rows in made])
    return email


def _rows(store_id: UUID, number: int) -> tuple[dict[str, object], ...]:
    order_id, line_id, return_id, rma = new_id(), new_id(), new_id(), new_rma()
    at = NOW - timedelta(minutes=number)
    email = f"shopper-{number}@example.test"
    order = {
        "store_id": store_id, "id": order_id, "ref": str(number), "number": str(number), "number_key": str(number),
        "email": email, "email_key": email, "currency": "EUR", "shop_currency": "EUR", "exchange_rate": 1,
        "prices_include_tax": True, "status": "completed", "tags": [], "ship_to": {}, "bill_to": {}, "total_minor": 7990,
        "paid_minor": 7990, "refunded_minor": 0, "refunded_elsewhere_minor": 0, "placed_at": at,
        "platform_updated_at": at, "version_id": 1,
    }  # fmt: skip
    line = {
        "store_id": store_id, "id": line_id, "order_id": order_id, "position": 0, "ref": "1", "currency": "EUR",
        "title": "Merino Sweater", "options": [["Size", "M"]], "tags": [], "requires_shipping": True, "quantity": 1,
        "unit_price_minor": 7990, "discount_minor": 0, "net_minor": 6714, "taxes": [], "sku": f"SW-{number % 40}",
    }  # fmt: skip
    states = (
        (Decision.REVIEW, Parcel.NONE, Settlement.NONE),
        (Decision.APPROVED, Parcel.LABELLED, Settlement.NONE),
        (Decision.APPROVED, Parcel.INSPECTED, Settlement.REFUNDED),
    )[number % 3]
    returned = {
        "store_id": store_id, "id": return_id, "order_id": order_id, "rma": rma, "submit_key": str(return_id),
        "access_key": str(return_id), "order_number": str(number), "email": email, "shopper_name": f"Shopper {number}",
        "country": ("DE", "FR", "US", "JP")[number % 4], "locale": "de", "currency": "EUR", "decision": states[0],
        "parcel": states[1], "settlement": states[2], "reasons": [], "policy_version": 0, "quoted_minor": 7990,
        "units": 1, "search_text": f"{rma} {number} {email} merino sweater".casefold(), "created_at": at,
        "version_id": 1,
    }  # fmt: skip
    return_line = {
        "store_id": store_id, "id": new_id(), "return_id": return_id, "order_line_id": line_id, "position": 0,
        "quantity": 1, "reason": "too_small", "answers": {},
    }  # fmt: skip
    return order, line, returned, return_line
