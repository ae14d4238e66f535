"""Many requests, one commit: rows that arrive while a commit is under way are committed together by the next one.

Nobody waits for company: a lone row is written at once, by the thread that brought it. A request is answered only after
the commit that holds its row, so an acknowledged delivery is durable.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

MAX_TOGETHER = 200
PATIENCE_S = 4.0
"""Shopify gives up after five seconds; better to say so before."""

Row = Mapping[str, Any]


class Keeper(Protocol):
    """Puts rows where they last (``messaging.inbox.Writer``)."""

    @property
    def refused(self) -> tuple[type[Exception], ...]:
        """What ``keep`` raises when a row, and not the database, is at fault."""
        ...

    def keep(self, rows: Sequence[Row]) -> None:
        """All of ``rows``, or none and an exception. Never called by two threads at once."""
        ...


class _Place:
    """One row's place in the queue: ``told`` is released when it is committed, refused, or has to lead.

    A row counts as kept only when ``error`` has been taken away, so whatever ends a leader, nobody is told too much.
    """

    __slots__ = ("error", "leads", "row", "told")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.error: Exception | None = TimeoutError("the inbox was not written in time")
        self.leads = False
        self.told = threading.Lock()
        self.told.acquire()


class GroupCommit:
    """One commit at a time for each process, led by one of the threads that wait for it.

    The leader commits all that wait, names the first that came meanwhile as the next leader, and tells its followers.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._lock = threading.Lock()
        self._waiting: list[_Place] = []
        self._led = False

    def write(self, row: Row) -> None:
        """Gives back after ``row`` is committed. Raises what the database raised, or TimeoutError."""
        place = _Place(row)
        with self._lock:
            self._waiting.append(place)
            place.leads, self._led = not self._led, True
        if not place.leads and not place.told.acquire(timeout=PATIENCE_S):
            self._leave(place)
        if place.leads:
            self._lead(place)
        if place.error is not None:
            raise place.error

    def _leave(self, place: _Place) -> None:
        """Stop waiting, unless the lead was handed over at this very moment: then it has to be taken."""
        with self._lock:
            if place.leads:
                return
            if place in self._waiting:  # otherwise it is being written: kept perhaps, but not in time
                self._waiting.remove(place)

    def _lead(self, leader: _Place) -> None:
        with self._lock:
            together, self._waiting = self._waiting[:MAX_TOGETHER], self._waiting[MAX_TOGETHER:]
        try:
            self._commit(together)
        finally:
            with self._lock:
                following = self._waiting[0] if self._waiting else None
                if following is not None:
                    following.leads = True
                self._led = following is not None
            if following is not None:
                following.told.release()
            for place in together:
                if place is not leader:
                    place.told.release()

    def _commit(self, together: Sequence[_Place]) -> None:
        error: Exception | None = None
        try:
            self._keeper.keep([place.row for place in together])
        except self._keeper.refused as refused:
            if len(together) > 1:
                for place in together:  # one bad row must not fail its neighbours
                    self._commit([place])
                return
            error = refused
        except Exception as broken:  # noqa: BLE001 (each waiter is told, in its own thread)
            error = broken
        for place in together:
            place.error = error
