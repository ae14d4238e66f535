"""Many requests, one commit: rows that arrive while a commit is under way are committed together by the next one.

Nobody waits for company: a lone row is written at once. A request is answered only after the commit that holds its row,
so an acknowledged delivery is durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

MAX_TOGETHER = 200
PATIENCE_S = 2.0
"""With a commit; a row may wait for one and be in the next. Shopify gives up after five seconds; better say so before.
"""

Row = Mapping[str, Any]
Place = tuple[Row, "asyncio.Future[None]"]
"""A row, and what its request waits for."""


class Keeper(Protocol):
    """Puts rows where they last (``messaging.inbox.Writer``)."""

    @property
    def refused(self) -> tuple[type[Exception], ...]:
        """What ``keep`` raises when a row, and not the database, is at fault."""
        ...

    def keep(self, rows: Sequence[Row]) -> None:
        """All of ``rows``, or none and an exception. Never called by two threads at once."""
        ...


class GroupCommit:
    """One commit at a time for each process, in a thread of its own, for all that wait on its event loop.

    What ends the thread or the loop in the middle, nobody is told that a row was kept unless it was.
    """

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inbox")
        self._waiting: list[Place] = []
        self._under_way = False
        self._timer: asyncio.TimerHandle | None = None

    async def write(self, row: Row) -> None:
        """Gives back after ``row`` is committed. Raises what the database raised, or TimeoutError."""
        loop = asyncio.get_running_loop()
        waits = loop.create_future()
        self._waiting.append((row, waits))
        if not self._under_way:
            self._under_way = True
            loop.call_soon(self._commit_those_who_wait, loop)  # with all that the loop has in hand at this moment
        await waits

    def _commit_those_who_wait(self, loop: asyncio.AbstractEventLoop) -> None:
        together, self._waiting = self._waiting[:MAX_TOGETHER], self._waiting[MAX_TOGETHER:]
        self._under_way = bool(together)
        if together:
            self._timer = loop.call_later(PATIENCE_S, self._lose_patience, loop, together)
            self._thread.submit(self._commit, loop, together)

    def _lose_patience(self, loop: asyncio.AbstractEventLoop, together: Sequence[Place]) -> None:
        """Those whose commit takes too long are told so (kept perhaps, but not in time); who waits behind it leaves."""
        left, self._waiting = self._waiting, []
        for place in (*together, *left):
            _tell(place, TimeoutError("the inbox was not written in time"))
        self._timer = loop.call_later(PATIENCE_S, self._lose_patience, loop, ())

    def _commit(self, loop: asyncio.AbstractEventLoop, together: Sequence[Place]) -> None:
        """In the thread. Whatever ends it, nobody is told too much, and the next ones are written."""
        errors: Sequence[Exception | None] = [RuntimeError("the inbox was not written")] * len(together)
        try:
            errors = self._keep([row for row, _ in together])
        finally:
            loop.call_soon_threadsafe(self._committed, loop, list(zip(together, errors, strict=True)))

    def _committed(self, loop: asyncio.AbstractEventLoop, outcome: Sequence[tuple[Place, Exception | None]]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for place, error in outcome:
            _tell(place, error)
        loop.call_soon(self._commit_those_who_wait, loop)

    def _keep(self, rows: Sequence[Row]) -> Sequence[Exception | None]:
        """What went wrong with each row. One bad row must not fail its neighbours."""
        try:
            self._keeper.keep(rows)
        except self._keeper.refused as refused:
            return [refused] if len(rows) == 1 else [error for row in rows for error in self._keep([row])]
        except Exception as broken:  # noqa: BLE001 (each waiter is told, in its own request)
            return [broken] * len(rows)
        return [None] * len(rows)


def _tell(place: Place, error: Exception | None) -> None:
    _, waits = place
    if waits.done():  # told already, or its request is gone
        return
    if error is None:
        waits.set_result(None)
    else:
        waits.set_exception(error)
