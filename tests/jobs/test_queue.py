"""Doorbell, worker and scheduler on a real Valkey."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer

from app.container import Container
from app.core.messaging import inbox, outbox
from app.core.messaging.models import InboxEvent, OutboxMessage, OutboxStatus
from app.jobs import queue as jobs
from app.jobs.inbox import drain_inbox
from app.jobs.outbox import drain_outbox
from app.jobs.queue import BELL, QUEUE, RedisDoorbell, Scheduler, build_scheduler, build_worker
from app.jobs.sweep import sweep
from tests.builders import NOW, make_snapshot, make_store
from tests.fakes.store import FakeStore


@pytest.fixture
def client(queue_url: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(queue_url) as client:
        yield client


@pytest.fixture
def container(container: Container, queue_url: str, client: redis.Redis) -> Container:
    """With the real bell."""
    settings = container.settings.model_copy(update={"redis_url": queue_url})
    return replace(container, settings=settings, bell=RedisDoorbell(client))


@pytest.fixture
def store_id(container: Container) -> UUID:
    with container.database.write() as session:
        return make_store(session).id


def bell_of(container: Container) -> RedisDoorbell:
    assert isinstance(container.bell, RedisDoorbell)
    return container.bell


def jobs_waiting(client: redis.Redis) -> list[str]:
    queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
    return [str(job.func_name).rsplit(".", 1)[-1] for job in queue.jobs]


def eventually(question: Callable[[], bool], within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while not question() and time.monotonic() < deadline:
        time.sleep(0.01)
    return question()


def deliver(container: Container, store_id: UUID, *keys: str) -> None:
    writer = inbox.Writer(container.database.engine)
    body = json.dumps({"order": "1001"}).encode()
    writer.keep([inbox.row(store_id, "order", key, body, received_at=NOW - timedelta(minutes=1)) for key in keys])
    writer.close()


def work(container: Container) -> None:
    build_worker(container).work(burst=True, logging_level="ERROR")


def unhandled(container: Container) -> int:
    with container.database.read() as session:
        return session.query(InboxEvent).filter(InboxEvent.handled_at.is_(None)).count()


# --- the bell -------------------------------------------------------------------------------------------------------


def test_a_hundred_rings_are_one_job(container: Container, client: redis.Redis) -> None:
    rung = [bell_of(container).ring_now() for _ in range(100)]
    assert rung == [True] + [False] * 99
    assert jobs_waiting(client) == ["drain"]
    assert client.llen(f"rq:queue:{QUEUE}") == 1


def test_two_processes_share_the_bell(container: Container, client: redis.Redis, queue_url: str) -> None:
    with redis.Redis.from_url(queue_url) as other:
        assert [bell_of(container).ring_now(), RedisDoorbell(other).ring_now()] == [True, False]
    assert jobs_waiting(client) == ["drain"]


def test_a_bell_that_nobody_answers_falls_silent_in_the_end(container: Container, client: redis.Redis) -> None:
    assert bell_of(container).ring_now()
    assert 0 < client.pttl(BELL) <= jobs.BELL_HOLDS_MS
    client.delete(BELL)  # what time does
    assert bell_of(container).ring_now()


def test_ringing_waits_for_nobody_and_the_job_comes(container: Container, client: redis.Redis) -> None:
    threads = [threading.Thread(target=container.bell.ring) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    assert eventually(lambda: jobs_waiting(client) == ["drain"])


def test_a_broken_queue_fails_no_request() -> None:
    bell = RedisDoorbell(redis.Redis(unix_socket_path="/nowhere/at/all"))
    bell.ring()
    assert not bell.ring_now()


# --- the worker -----------------------------------------------------------------------------------------------------


def test_after_a_ring_the_worker_empties_the_inbox_and_then_the_outbox(
    container: Container, store_id: UUID, fake_store: FakeStore, client: redis.Redis
) -> None:
    fake_store.orders["1001"] = make_snapshot()
    deliver(container, store_id, "a", "b")
    bell_of(container).ring_now()
    work(container)
    assert unhandled(container) == 0
    with container.database.read() as session:
        statuses = {message.status for message in session.query(OutboxMessage)}
    assert statuses == {OutboxStatus.DONE}
    assert client.exists(BELL) == 0


def test_what_comes_while_a_drain_runs_rings_again(
    container: Container, store_id: UUID, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[bool] = []

    def somebody_delivers_at_the_end(product: Container, at_most: int | None = None) -> int:
        seen = drain_inbox(product, at_most)
        if not late:
            deliver(product, store_id, "late")
            late.append(bell_of(product).ring_now())
        return seen

    monkeypatch.setattr(jobs, "drain_inbox", somebody_delivers_at_the_end)
    deliver(container, store_id, "early")
    bell_of(container).ring_now()
    work(container)
    assert late == [True]
    assert unhandled(container) == 0


def test_the_outbox_has_its_turn_before_a_long_inbox_is_empty(
    container: Container, store_id: UUID, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "INBOX_TURN", 1)
    monkeypatch.setattr("app.jobs.inbox.BATCH", 1)
    waiting: list[int] = []

    def note(product: Container, effects: object) -> int:
        waiting.append(unhandled(product))
        return drain_outbox(product, {})

    monkeypatch.setattr(jobs, "drain_outbox", note)
    deliver(container, store_id, "a", "b")
    bell_of(container).ring_now()
    work(container)
    assert waiting[0] == 1
    assert eventually(lambda: unhandled(container) == 0 or jobs_waiting(client) == ["drain"])  # rung for the rest
    work(container)
    assert waiting[:2] == [1, 0]


def test_a_drain_that_fails_leaves_its_rows_to_the_next(
    container: Container, store_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(product: Container, at_most: int | None = None) -> int:
        raise ConnectionError

    deliver(container, store_id, "a")
    bell_of(container).ring_now()
    with monkeypatch.context() as broken:
        broken.setattr(jobs, "drain_inbox", fail)
        work(container)
    assert unhandled(container) == 1
    assert sweep(container)
    bell_of(container).ring_now()
    work(container)
    assert unhandled(container) == 0


# --- the sweeper ----------------------------------------------------------------------------------------------------


def test_the_sweeper_rings_for_deliveries_left_behind(
    container: Container, store_id: UUID, client: redis.Redis
) -> None:
    assert not sweep(container)
    deliver(container, store_id, "a")
    assert sweep(container)
    assert eventually(lambda: jobs_waiting(client) == ["drain"])


def test_the_sweeper_rings_for_a_lease_that_ran_out_and_not_for_one_that_holds(
    container: Container, store_id: UUID
) -> None:
    with container.database.write() as session:
        outbox.put(session, store_id, "stock.move", {}, lane="l", now=NOW)
    assert sweep(container)
    with container.database.write() as session:
        assert len(outbox.claim(session, NOW, 1)) == 1
    assert not sweep(container)
    container.clock.time = NOW + outbox.LEASE * 2  # type: ignore[attr-defined]
    assert sweep(container)


def test_what_was_given_up_rings_for_nobody(container: Container, store_id: UUID) -> None:
    deliver(container, store_id, "a")
    with container.database.write() as session:
        [event] = inbox.take(session, NOW, 1)
        for _ in range(inbox.MAX_ATTEMPTS):
            inbox.failed(event, "boom", NOW)
    container.clock.time = NOW + timedelta(days=365)  # type: ignore[attr-defined]
    assert not sweep(container)


# --- the scheduler --------------------------------------------------------------------------------------------------


def test_of_two_schedulers_one_enqueues_each_period_s_job(container: Container, client: redis.Redis) -> None:
    first, second = build_scheduler(container), build_scheduler(container)
    assert (first.tick(), second.tick(), first.tick()) == (3, 0, 0)
    assert sorted(jobs_waiting(client)) == ["forget_job", "reconcile_job", "sweep_job"]
    container.clock.time += timedelta(seconds=5)  # type: ignore[attr-defined]
    assert (second.tick(), first.tick()) == (1, 0)
    container.clock.time += timedelta(days=1)  # type: ignore[attr-defined]
    assert first.tick() == 3


def test_a_queue_that_nobody_works_on_does_not_fill_up_with_sweeps(container: Container, client: redis.Redis) -> None:
    build_scheduler(container).tick()
    queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
    lives = {str(job.func_name).rsplit(".", 1)[-1]: client.ttl(job.key) for job in queue.jobs}
    assert 0 < lives["sweep_job"] <= 5
    assert 0 < lives["reconcile_job"] <= 300


def test_the_scheduled_jobs_do_their_work(
    container: Container, store_id: UUID, fake_store: FakeStore, client: redis.Redis
) -> None:
    fake_store.orders["1001"] = make_snapshot()
    deliver(container, store_id, "a")
    container.clock.time = NOW + timedelta(days=90)  # type: ignore[attr-defined]
    build_scheduler(container).tick()
    work(container)  # the sweep rings, the reconcile records the order
    assert eventually(lambda: jobs_waiting(client) == ["drain"] or unhandled(container) == 0)
    work(container)
    assert unhandled(container) == 0
    container.clock.time += timedelta(days=1)  # type: ignore[attr-defined]
    build_scheduler(container).tick()
    work(container)
    with container.database.read() as session:
        assert session.query(InboxEvent.body).all() == [(b"",)]


def test_it_survives_a_queue_that_is_away_and_ends_when_asked(container: Container) -> None:
    settings = container.settings.model_copy(update={"redis_url": "unix:///nowhere/at/all"})
    scheduler: Scheduler = build_scheduler(replace(container, settings=settings))
    thread = threading.Thread(target=scheduler.run)
    thread.start()
    time.sleep(1.2)
    assert thread.is_alive()
    scheduler.stop()
    thread.join(5)
    assert not thread.is_alive()
