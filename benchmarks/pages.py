"""Server time of pages in a store with 10,000 returns, and the memory of a web process that has served them."""

from __future__ import annotations

import http.cookiejar
import re
import statistics
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import insert

from app.container import Container
from app.core.kit.ids import new_id, new_rma
from app.core.merchants import repository as stores
from app.core.merchants import service as merchants
from app.core.merchants.rules import Role
from app.core.orders.models import Order, OrderFulfillment, OrderLine, OrderPayment
from app.core.returns.models import Return, ReturnLine
from app.core.returns.rules import Decision, Parcel, Settlement
from app.web.app import create_pages
from benchmarks.report import Measurement
from benchmarks.world import furnished, serving, sqlite_url
from tests.databases import valkey_server

EMAIL, PASSWORD = "owner@example.test", "a password for the benchmark"
RETURNS = 10_000
ROUNDS, REQUESTS = 7, 40
GOAL_MS, GOAL_MB = 50.0, 150.0


def pages() -> Iterator[Measurement]:
    """p95 of each page in milliseconds (median of several rounds), against what is allowed."""
    with valkey_server() as queue, sqlite_url() as url, furnished(url, queue) as (container, store_id):
        slug, key = _furnish(container, store_id)
        app = create_pages(container)
        app.config["WTF_CSRF_ENABLED"] = False
        shopper, staff = app.test_client(), app.test_client()
        if staff.post("/admin/sign-in", data={"email": EMAIL, "password": PASSWORD}).status_code != 302:
            raise RuntimeError(EMAIL)
        measured: dict[str, tuple[FlaskClient, str]] = {
            "portal_find": (shopper, f"/r/{slug}/"),
            "portal_status": (shopper, f"/r/{slug}/status/{key}"),
            "inbox": (staff, "/admin/"),
            "inbox_all": (staff, "/admin/?queue=all"),
            "inbox_search": (staff, "/admin/?queue=all&q=shopper-49+sweater"),
        }
        rounds: dict[str, list[float]] = {name: [] for name in measured}
        for _ in range(ROUNDS):  # in turns, so that a slow minute of the machine hits them all
            for name, (client, path) in measured.items():
                rounds[name].append(_p95(client, path))
    for name, times in rounds.items():
        print(f"pages {name}", [f"{x:.1f} ms" for x in times], file=sys.stderr)
        value = statistics.median(times)
        yield Measurement(
            f"pages.{name}.p95", value, "ms", GOAL_MS, f"ms allowed, {RETURNS:,} returns", 1, at_most=True
        )


def memory() -> Iterator[Measurement]:
    """Resident memory of a web process after some hundred pages, against what is allowed."""
    with valkey_server() as queue, sqlite_url() as url, furnished(url, queue) as (container, store_id):
        slug, key = _furnish(container, store_id)
        with serving("app.asgi:app", container) as (port, leader):
            get = _browser(f"http://127.0.0.1:{port}")
            form = get("/admin/sign-in")
            token = re.search(r'name="csrf_token" value="([^"]+)"', form)
            data = {"csrf_token": token[1] if token else "", "email": EMAIL, "password": PASSWORD}
            if "csrf_token" not in get("/admin/sign-in", data):
                raise RuntimeError(EMAIL)
            for number in range(60):
                for path in (
                    f"/r/{slug}/?lang={('en', 'de', 'zh-Hans')[number % 3]}",
                    f"/r/{slug}/status/{key}",
                    f"/admin/?queue=all&lang={('en', 'de', 'zh-Hans')[number % 3]}",
                    f"/admin/?queue=all&q=shopper-{number}",
                    "/admin/settings",
                ):
                    get(path)
            resident = {pid: _resident_mb(pid) for pid in (leader, *_children(leader))}
    print("memory", {pid: f"{mb:.0f} MB" for pid, mb in resident.items()}, file=sys.stderr)
    yield Measurement("memory.web", max(resident.values()), "MB", GOAL_MB, "MB allowed", 1, at_most=True)


def _p95(client: FlaskClient, path: str) -> float:
    taken = []
    for _ in range(REQUESTS):
        begun = time.perf_counter()
        if client.get(path).status_code != 200:
            raise RuntimeError(path)
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.quantiles(taken, n=20)[-1]


def _browser(root: str) -> Callable[..., str]:
    """Gets (or, with data, posts) a page with the cookies of those before; an answer over 400 raises."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(path: str, data: dict[str, str] | None = None) -> str:
        form = urllib.parse.urlencode(data).encode() if data else None
        with opener.open(root + path, form, timeout=30) as answer:
            text: str = answer.read().decode()
            return text

    return get


def _children(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield int(child)
            yield from _children(int(child))


def _resident_mb(pid: int) -> float:
    [line] = [row for row in Path(f"/proc/{pid}/status").read_text().splitlines() if row.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


# --- the store ------------------------------------------------------------------------------------------------------


def _furnish(container: Container, store_id: UUID) -> tuple[str, str]:
    """An owner and RETURNS returns in all states; the store's slug, and the key of a status page."""
    now = container.clock.now()
    made = [_rows(store_id, number, now - timedelta(minutes=number)) for number in range(RETURNS)]
    with container.database.write() as session:
        merchants.enrol(session, store_id, EMAIL, "Owner", PASSWORD, Role.OWNER, now=now)
        for place, table in enumerate((Order, OrderLine, OrderPayment, OrderFulfillment, Return, ReturnLine)):
            session.execute(insert(table), [rows[place] for rows in made])
        slug = stores.store(session, store_id).slug
    return slug, made[1][4]["access_key"]


def _rows(store_id: UUID, number: int, at: Any) -> tuple[dict[str, Any], ...]:
    order_id, line_id, return_id, rma = new_id(), new_id(), new_id(), new_rma()
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
    payment = {
        "store_id": store_id, "id": new_id(), "order_id": order_id, "position": 0, "ref": "1", "currency": "EUR",
        "gateway": "stripe", "instrument": "card", "amount_minor": 7990, "refundable_by_gateway": True,
    }  # fmt: skip
    parcel = {
        "store_id": store_id, "id": new_id(), "order_id": order_id, "ref": "1", "lines": [["1", 1]],
        "shipped_at": at - timedelta(days=5), "delivered_at": at - timedelta(days=3),
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
    return order, line, payment, parcel, returned, return_line
