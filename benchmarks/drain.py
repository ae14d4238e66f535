"""Draining the inbox: the product's one job for many deliveries, against one RQ job for each."""

from __future__ import annotations

import hashlib
import itertools
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import delete, func, select

from app.container import Container
from app.core.messaging import inbox
from app.core.messaging.models import InboxEvent
from app.core.orders.models import Order
from app.jobs.commands import apply
from app.jobs.queue import RedisDoorbell, build_worker
from benchmarks.deliveries import body
from benchmarks.report import Measurement, median_versus
from benchmarks.world import furnished, sqlite_url
from tests.builders import NOW
from tests.databases import postgres_database, postgres_server, valkey_server

ORDERS_AT_ONCE, ORDERS_EACH = 500, 60
ROUNDS = 5
QUEUE = "one-job-each"
_process: dict[str, Container] = {}


def drain() -> Iterator[Measurement]:
    """Deliveries handled a second, on both databases, by one worker process (no fork for a job)."""
    with valkey_server() as queue, sqlite_url() as url:
        yield _measure("sqlite", url, queue)
    with valkey_server() as queue, postgres_server() as server, postgres_database(server) as made:
        yield _measure("postgres", made.render_as_string(hide_password=False), queue)


def _measure(kind: str, url: str, queue: str) -> Measurement:
    with furnished(url, queue) as (container, store_id):
        _process["container"] = container
        numbers = itertools.count(1)
        rounds = [
            (_batched(container, store_id, numbers), _one_job_each(container, store_id, numbers, queue))
            for _ in range(ROUNDS)
        ]
    print("drain", kind, [f"{ours:.0f}/s, {theirs:.0f}/s" for ours, theirs in rounds], file=sys.stderr)
    return median_versus(f"drain.{kind}.of_job_each", rounds, "deliveries/s", "an RQ job each, no fork", 10)


def _batched(container: Container, store_id: UUID, numbers: Iterator[int]) -> float:
    count = _deliver(container, store_id, ORDERS_AT_ONCE, numbers)
    client = redis.Redis.from_url(container.settings.redis_url)
    client.flushdb()
    RedisDoorbell(client).ring_now()
    return _rate(container, count, build_worker(container))


def _one_job_each(container: Container, store_id: UUID, numbers: Iterator[int], url: str) -> float:
    count = _deliver(container, store_id, ORDERS_EACH, numbers)
    client = redis.Redis.from_url(url)
    queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
    with container.database.read() as session:
        waiting = session.scalars(
            select(InboxEvent.dedup_key).where(InboxEvent.handled_at.is_(None)).order_by(InboxEvent.available_at)
        ).all()
    for key in waiting:
        queue.enqueue(handle_one, str(store_id), key, result_ttl=0)
    return _rate(container, count, SimpleWorker([queue], connection=client, serializer=JSONSerializer))


def handle_one(store_id: str, dedup_key: str) -> None:
    """The job that most apps enqueue for each delivery: load it, do what it asks, mark it, commit."""
    container = _process["container"]
    now = container.clock.now()
    with container.database.write() as session:
        event = session.get_one(InboxEvent, (UUID(store_id), dedup_key), with_for_update=True)
        if event.handled_at is None:
            command = container.platforms["woocommerce"].translate(event.topic, event.body)
            inbox.handled(event, apply(session, event.store_id, command, because=event.dedup_key, now=now), now)


def _rate(container: Container, count: int, worker: SimpleWorker) -> float:
    begun = time.perf_counter()
    worker.work(burst=True, logging_level="ERROR")
    taken = time.perf_counter() - begun
    with container.database.write() as session:
        handled = session.scalar(select(func.count()).where(InboxEvent.handled_at.is_not(None)))
        orders = session.scalar(select(func.count()).where(Order.status == "completed"))
        if handled != count or orders != session.scalar(select(func.count()).select_from(Order)):
            msg = f"{handled} of {count} deliveries were handled, {orders} orders are completed"
            raise RuntimeError(msg)
        session.execute(delete(InboxEvent))
    return count / taken


def _deliver(container: Container, store_id: UUID, orders: int, numbers: Iterator[int]) -> int:
    """A sale: of each order its making, its payment and a product's new stock at once; its completion afterwards."""
    ids = [next(numbers) for _ in range(orders)]
    sent: list[tuple[str, bytes]] = []
    for number in ids:
        sent.append(("order.created", body(number, "pending")))
        sent.append(("order.updated", body(number, "processing", 1)))
        sent.append(("product.updated", body(number, "instock", 1)))
    sent += [("order.updated", body(number, "completed", 90)) for number in ids]
    rows = [
        inbox.row(
            store_id,
            topic,
            f"{topic}:{hashlib.sha256(content).hexdigest()[:32]}",
            content,
            received_at=NOW - timedelta(days=1) + timedelta(milliseconds=place),
        )
        for place, (topic, content) in enumerate(sent)
    ]
    writer = inbox.Writer(container.database.engine)
    for first in range(0, len(rows), 100):
        writer.keep(rows[first : first + 100])
    writer.close()
    return len(rows)
