"""Many requests, one commit: rows that arrive while a commit is under way are committed together by the next one.

Nobody waits for company: a lone row is written at once. A request is answered only after the commit that holds its
row, so an acknowledged delivery is durable.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from app.core.kit.db import Database
from app.core.messaging import inbox

MAX_TOGETHER = 500
PATIENCE_S = 4.0
"""Shopify gives up after five seconds; better to say so before."""


class GroupCommit:
    """One writing thread for each process, started with the first row (so also after a fork)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.SimpleQueue[tuple[Mapping[str, Any], Future[None]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def write(self, row: Mapping[str, Any]) -> None:
        """Gives back after ``row`` is committed. Raises what the database raised, or TimeoutError."""
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name="inbox-writer", daemon=True)
                    self._thread.start()
        done: Future[None] = Future()
        self._waiting.put((row, done))
        done.result(timeout=PATIENCE_S)

    def _run(self) -> None:
        while True:
            together = [self._waiting.get()]
            while len(together) < MAX_TOGETHER:
                try:
                    together.append(self._waiting.get_nowait())
                except queue.Empty:
                    break
            self._commit(together)

    def _commit(self, together: list[tuple[Mapping[str, Any], Future[None]]]) -> None:
        try:
            with self._database.engine.begin() as connection:
                inbox.insert(connection, [row for row, _ in together])
        except Exception as error:  # noqa: BLE001 (each waiter is told; the writer must live on)
            if len(together) > 1:  # one bad row must not fail its neighbours
                for pair in together:
                    self._commit([pair])
                return
            together[0][1].set_exception(error)
            return
        for _, done in together:
            done.set_result(None)
