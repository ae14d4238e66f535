"""What comes back for an order of fifty lines: the pure quote, and the portal's page that shows it."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from app.container import Container
from app.core.kit.ids import new_id
from app.core.kit.money import Money
from app.core.merchants import repository as stores
from app.core.orders import repository as orders
from app.core.orders import service as order_service
from app.core.orders.ports import Tax
from app.core.returns.refunds.quotes.service import ledger
from app.core.returns.refunds.rules import ShippingShare, Step, quote
from app.web.app import create_pages
from app.web.portal.passes import Passes
from benchmarks.report import Measurement
from benchmarks.world import furnished, sqlite_url
from tests.builders import NOW, make_line, make_snapshot
from tests.databases import postgres_database, postgres_server, valkey_server

LINES, ROUNDS, REQUESTS = 50, 7, 60
QUOTE_GOAL_MS, PREVIEW_GOAL_MS = 2.0, 100.0


def quotes() -> Iterator[Measurement]:
    """Fifty lines of three units, two taxes and duty each, half of the units come back."""
    with valkey_server() as queue:
        with sqlite_url() as url, furnished(url, queue) as (container, store_id):
            order_id = _order(container, store_id)
            yield _quote(container, store_id, order_id)
            yield _preview("sqlite", container, store_id, order_id)
        with (
            postgres_server() as server,
            postgres_database(server) as made,
            furnished(made.render_as_string(hide_password=False), queue) as (container, store_id),
        ):
            yield _preview("postgres", container, store_id, _order(container, store_id))


def _order(container: Container, store_id: UUID) -> UUID:
    lines = [
        make_line(
            f"L{number}",
            quantity=3,
            net=10_007 + number,
            taxes=(Tax("State", Money(701 + number, "EUR"), "0.07"), Tax("City", Money(203, "EUR"), "0.02")),
            duty=Money(499, "EUR"),
        )
        for number in range(LINES)
    ]
    with container.database.write() as session:
        order, _ = order_service.record(session, store_id, make_snapshot(*lines), now=NOW)
        return order.id


def _quote(container: Container, store_id: UUID, order_id: UUID) -> Measurement:
    with container.database.read() as session:
        book = ledger(orders.get(session, store_id, order_id), [])
    step = Step(tuple((ref, 2) for ref in book.lines), ShippingShare.FULL)
    rounds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(REQUESTS):
            quote(book, step)
        rounds.append((time.perf_counter() - begun) / REQUESTS * 1000)
    print("quote", [f"{x:.2f} ms" for x in rounds], file=sys.stderr)
    what = f"ms allowed, {LINES} lines"
    return Measurement("quote.pure", statistics.median(rounds), "ms", QUOTE_GOAL_MS, what, 1, at_most=True)


def _preview(kind: str, container: Container, store_id: UUID, order_id: UUID) -> Measurement:
    client = create_pages(container).test_client()
    with container.database.read() as session:
        slug = stores.store(session, store_id).slug
        line_ids = [line.id for line in orders.get(session, store_id, order_id).lines]
    secret = container.settings.secret_key.get_secret_value()
    form: dict[str, Any] = {
        "t": Passes(secret, container.clock).for_order(store_id, order_id, new_id()),
        "k": new_id().hex,
        "line": [str(line_id) for line_id in line_ids],
    }
    for line_id in line_ids:
        form |= {f"quantity-{line_id}": "2", f"reason-{line_id}": "changed_mind"}
    rounds = []
    for _ in range(ROUNDS):
        taken: list[float] = []
        for _ in range(20):
            begun = time.perf_counter()
            answer = client.post(f"/r/{slug}/items", data=form, environ_base={"REMOTE_ADDR": f"10.0.0.{len(taken)}"})
            taken.append((time.perf_counter() - begun) * 1000)
            if answer.status_code != 200 or b"seen" not in answer.data:
                raise RuntimeError(answer.status)
        rounds.append(statistics.quantiles(taken, n=20)[-1])
    print(f"preview {kind}", [f"{x:.1f} ms" for x in rounds], file=sys.stderr)
    what = f"ms allowed, {LINES} lines"
    return Measurement(
        f"quote.preview.{kind}.p95", statistics.median(rounds), "ms", PREVIEW_GOAL_MS, what, 1, at_most=True
    )
