"""The queue is a doorbell: rows in the database are the work, a ring only says that there is some."""

from __future__ import annotations

import gc
import threading
import time
from datetime import timedelta
from typing import Any

import redis
import structlog
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from app.container import Container
from app.jobs.effects import EFFECTS
from app.jobs.inbox import drain_inbox, forget_old_bodies
from app.jobs.outbox import drain_outbox
from app.jobs.reconcile import reconcile_all
from app.jobs.sweep import sweep

log = structlog.get_logger()

QUEUE = "helloword"
BELL = "helloword:bell"
BELL_HOLDS_MS = 10_000
"""A bell hangs until a drain takes it down, and this long if nobody does: a dead worker's queue must stay short."""
INBOX_TURN = 5000
"""Rows of the inbox after which the outbox has its turn: refunds must not wait for a sale to end."""
JOB_TIMEOUT_S = 3600
_QUIET_S = 0.05
_process: dict[str, Container] = {}
"""The worker's container: RQ calls jobs by name with plain arguments, so they look here. Set by ``build_worker``."""

Worker = SimpleWorker


class RedisDoorbell:
    """Rings only when no bell hangs, over all processes; never raises, never makes a request wait."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._ringer: threading.Thread | None = None

    def ring(self) -> None:
        """Wake a worker. Rings that come while one is being made become one more ring after it, so none is lost."""
        self._wanted.set()
        if self._ringer is None or not self._ringer.is_alive():  # also the first ring after a fork
            with self._lock:
                if self._ringer is None or not self._ringer.is_alive():
                    self._ringer = threading.Thread(target=self._run, name="doorbell", daemon=True)
                    self._ringer.start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            self.ring_now()
            time.sleep(_QUIET_S)

    def ring_now(self) -> bool:
        """Ring in this thread; whether a job was enqueued (False when a bell that nobody has answered yet hangs)."""
        try:
            if self._client.set(BELL, b"1", nx=True, px=BELL_HOLDS_MS):
                self._queue.enqueue("app.jobs.queue.drain", job_timeout=JOB_TIMEOUT_S, result_ttl=0, failure_ttl=3600)
                return True
        except redis.RedisError as error:
            log.warning("bell_broken", error=type(error).__name__)
        return False


def drain() -> None:
    """The one job: everything that waits, in and out. The bell is taken down first, so that whatever is committed from
    now on rings again; what the inbox wrote to the outbox goes out at once.
    """
    container = _process["container"]
    with redis.Redis.from_url(container.settings.redis_url) as client:
        client.delete(BELL)
    more = drain_inbox(container, INBOX_TURN) >= INBOX_TURN
    drain_outbox(container, EFFECTS)
    if more:
        container.bell.ring()


def sweep_job() -> None:
    """Ring for rows left behind."""
    sweep(_process["container"])


def reconcile_job() -> None:
    """Pull what changed in every store."""
    reconcile_all(_process["container"])


def forget_job() -> None:
    """Forget the bodies of deliveries that were handled long ago."""
    forget_old_bodies(_process["container"])


def build_worker(container: Container) -> Worker:
    """A worker that runs jobs in its own process (the engine and the caches live on), on exactly one queue."""
    _process["container"] = container
    gc.collect()
    gc.freeze()  # what is loaded stays: looking through it again and again would cost a fifth of a drain
    client = redis.Redis.from_url(container.settings.redis_url)
    queue = Queue(QUEUE, connection=client, serializer=JSONSerializer)
    return SimpleWorker([queue], connection=client, serializer=JSONSerializer)


class Scheduler:
    """Enqueues the periodic jobs, each once in its period, however many schedulers run."""

    EVERY = (
        ("app.jobs.queue.sweep_job", timedelta(seconds=5)),
        ("app.jobs.queue.reconcile_job", timedelta(minutes=5)),
        ("app.jobs.queue.forget_job", timedelta(days=1)),
    )

    def __init__(self, container: Container) -> None:
        self._container = container
        self._client = redis.Redis.from_url(container.settings.redis_url)
        self._queue = Queue(QUEUE, connection=self._client, serializer=JSONSerializer)
        self._stop = threading.Event()

    def tick(self) -> int:
        """Enqueue what is due in this period and not enqueued by another scheduler; gives how many."""
        now = self._container.clock.now().timestamp()
        count = 0
        for job, every in self.EVERY:
            seconds = int(every.total_seconds())
            name = job.rsplit(".", 1)[-1]
            if self._client.set(f"helloword:period:{name}:{int(now // seconds)}", b"1", nx=True, ex=seconds * 2):
                # Void when its period is over: a queue that nobody works on does not fill up with sweeps.
                self._queue.enqueue(job, ttl=seconds, job_timeout=JOB_TIMEOUT_S, result_ttl=0, failure_ttl=3600)
                count += 1
        return count

    def run(self) -> None:
        """Until ``stop``."""
        while not self._stop.wait(1.0):
            try:
                self.tick()
            except redis.RedisError as error:
                log.warning("queue_unreachable", error=type(error).__name__)

    def stop(self, *_: Any) -> None:
        """End ``run`` soon; usable as a signal handler."""
        self._stop.set()


def build_scheduler(container: Container) -> Scheduler:
    """The scheduler of one installation."""
    return Scheduler(container)
