"""The web servers that are compared: the product, the product that forgets, and the way most apps do it.

Loaded by granian (``benchmarks.servers:app``); ``BENCH_SERVER`` says which one. They share the route, the signature
check, the server and its settings: what differs is what happens to a genuine delivery.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import redis
from rq import Queue
from rq.serializers import JSONSerializer

from app.bootstrap import make_container, make_web
from app.core.kit.db import Database, make_engine
from app.core.messaging.models import InboxEvent
from app.settings import Settings
from app.web import webhooks


class Forgetting:
    """Verify only: the row goes nowhere."""

    def __init__(self, keeper: object) -> None:
        del keeper

    async def write(self, row: Mapping[str, Any]) -> None:
        """Done."""


class Naive:
    """An ORM insert in a session of its own, and one RQ job for the event."""

    def __init__(self, keeper: object) -> None:
        del keeper
        self._database = Database(make_engine(os.environ["HELLOWORD_DATABASE_URL"]))
        client = redis.Redis.from_url(os.environ["HELLOWORD_REDIS_URL"])
        self._queue = Queue("naive", connection=client, serializer=JSONSerializer)

    async def write(self, row: Mapping[str, Any]) -> None:
        """In a thread of its own, as where each request has one."""
        await asyncio.to_thread(self._write, row)

    def _write(self, row: Mapping[str, Any]) -> None:
        """Insert, commit, enqueue."""
        with self._database.write() as session:
            session.add(InboxEvent(**row))
        self._queue.enqueue("benchmarks.drain.handle_one", str(row["store_id"]), row["dedup_key"])


class NoBell:
    """Nobody is called."""

    def ring(self) -> None:
        """Nothing."""


def make(which: str) -> webhooks.ASGIApplication:
    """The web application of ``which``: product, verify or naive."""
    container = make_container(Settings(_env_file=None))
    if which == "product":
        return make_web(container)
    setattr(webhooks, "GroupCommit", {"verify": Forgetting, "naive": Naive}[which])  # noqa: B010 (for a moment)
    return make_web(replace(container, bell=NoBell()))


app = make(os.environ["BENCH_SERVER"])
