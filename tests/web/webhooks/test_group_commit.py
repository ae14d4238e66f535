from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from app.web.webhooks import group_commit
from app.web.webhooks.group_commit import GroupCommit, Row


class Refused(Exception):
    pass


class Broken(Exception):
    pass


class Keeper:
    """Remembers what was committed together. ``gate``: a commit waits until it is set."""

    refused = (Refused,)

    def __init__(self) -> None:
        self.groups: list[list[Any]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.under_way = threading.Event()
        self.at_once = 0
        self.most_at_once = 0
        self.misbehave: Callable[[Sequence[Row]], None] = lambda rows: None

    def keep(self, rows: Sequence[Row]) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.under_way.set()
        try:
            assert self.gate.wait(10)
            self.misbehave(rows)
            self.groups.append([row["key"] for row in rows])
        finally:
            self.at_once -= 1


class Requests:
    """Requests on an event loop in a thread of its own, each writing one row, and what became of them."""

    def __init__(self, writer: GroupCommit) -> None:
        self._writer = writer
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._running: list[concurrent.futures.Future[None]] = []
        self.answers: dict[Any, str] = {}

    def start(self, key: Any) -> None:
        self._running.append(asyncio.run_coroutine_threadsafe(self._write(key), self._loop))

    def line_up(self, *keys: Any) -> None:
        """Start them so that they wait in this order behind the commit that is under way."""
        for place, key in enumerate(keys, start=1):
            self.start(key)
            deadline = time.monotonic() + 5
            while len(self._writer._waiting) < place:
                assert time.monotonic() < deadline
                time.sleep(0.001)

    async def _write(self, key: Any) -> None:
        try:
            await self._writer.write({"key": key})
        except BaseException as error:  # noqa: BLE001 (what a request would be told)
            self.answers[key] = type(error).__name__
        else:
            self.answers[key] = "kept"

    def hang_up(self) -> None:
        """The last that was started waits no more."""
        self._running.pop().cancel()

    def join(self) -> dict[Any, str]:
        for running in self._running:
            running.result(10)
        return self.answers

    def one_after_the_other(self, *keys: Any) -> None:
        for key in keys:
            self.start(key)
            self.join()

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def writer(keeper: Keeper) -> GroupCommit:
    return GroupCommit(keeper)


@pytest.fixture
def requests(writer: GroupCommit) -> Iterator[Requests]:
    made = Requests(writer)
    yield made
    made.close()


def held_up(keeper: Keeper, requests: Requests, *keys: Any) -> None:
    """A first row whose commit is under way, and ``keys`` that wait behind it."""
    keeper.gate.clear()
    requests.start("first")
    assert keeper.under_way.wait(5)
    requests.line_up(*keys)


def test_a_lone_row_is_written_at_once(keeper: Keeper, requests: Requests) -> None:
    requests.one_after_the_other(1, 2)
    assert keeper.groups == [[1], [2]]


def test_rows_that_come_during_a_commit_are_the_next_one_together(keeper: Keeper, requests: Requests) -> None:
    held_up(keeper, requests, 1, 2, 3)
    keeper.gate.set()
    assert requests.join() == dict.fromkeys(["first", 1, 2, 3], "kept")
    assert keeper.groups == [["first"], [1, 2, 3]]


def test_a_group_has_a_limit_and_the_lead_goes_on(
    keeper: Keeper, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "MAX_TOGETHER", 2)
    held_up(keeper, requests, 1, 2, 3, 4, 5)
    keeper.gate.set()
    requests.join()
    assert keeper.groups == [["first"], [1, 2], [3, 4], [5]]


def test_nobody_is_told_before_the_commit_is_done(keeper: Keeper, requests: Requests) -> None:
    held_up(keeper, requests, 1)
    time.sleep(0.05)
    assert requests.answers == {}
    keeper.gate.set()
    assert requests.join() == {"first": "kept", 1: "kept"}


def test_one_bad_row_fails_alone(keeper: Keeper, requests: Requests) -> None:
    def refuse_two(rows: Sequence[Row]) -> None:
        if any(row["key"] == 2 for row in rows):
            raise Refused

    keeper.misbehave = refuse_two
    held_up(keeper, requests, 1, 2, 3)
    keeper.gate.set()
    assert requests.join() == {"first": "kept", 1: "kept", 2: "Refused", 3: "kept"}
    assert keeper.groups == [["first"], [1], [3]]


def test_a_broken_database_is_told_to_everybody_in_the_group_and_the_next_one_is_written(
    keeper: Keeper, requests: Requests
) -> None:
    def break_down(rows: Sequence[Row]) -> None:
        if len(rows) > 1:
            raise Broken

    keeper.misbehave = break_down
    held_up(keeper, requests, 1, 2)
    keeper.gate.set()
    assert requests.join() == {"first": "kept", 1: "Broken", 2: "Broken"}
    requests.one_after_the_other("next")
    assert keeper.groups == [["first"], ["next"]]


def test_who_has_waited_too_long_leaves_and_his_row_is_not_written(
    keeper: Keeper, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group_commit, "PATIENCE_S", 0.1)
    held_up(keeper, requests, 1, 2)
    assert requests.join() == dict.fromkeys(["first", 1, 2], "TimeoutError")
    requests.start(3)  # behind the same commit: patience begins anew
    assert requests.join()[3] == "TimeoutError"
    keeper.gate.set()
    requests.one_after_the_other("next")
    assert keeper.groups == [["first"], ["next"]]
    assert requests.answers["next"] == "kept"


def test_who_hangs_up_holds_nobody_up(keeper: Keeper, requests: Requests) -> None:
    held_up(keeper, requests, 1, 2)
    requests.hang_up()
    requests.line_up(1, 2, 3)
    keeper.gate.set()
    requests.join()
    assert requests.answers[3] == "kept"
    assert keeper.groups[0] == ["first"]
    assert keeper.groups[-1][-1] == 3


def test_a_thread_that_dies_tells_nobody_that_a_row_was_kept_and_the_next_one_is_written(
    keeper: Keeper, requests: Requests
) -> None:
    def die(rows: Sequence[Row]) -> None:
        if len(rows) > 1:
            raise SystemExit

    keeper.misbehave = die
    held_up(keeper, requests, 1, 2)
    keeper.gate.set()
    assert requests.join() == {"first": "kept", 1: "RuntimeError", 2: "RuntimeError"}
    requests.one_after_the_other("next")
    assert keeper.groups == [["first"], ["next"]]


def test_of_many_requests_every_row_is_kept_once_and_one_commit_runs_at_a_time(keeper: Keeper) -> None:
    writer = GroupCommit(keeper)

    async def write_many(name: int) -> None:
        for number in range(200):
            await writer.write({"key": (name, number)})

    async def all_of_them() -> None:
        await asyncio.gather(*(write_many(name) for name in range(16)))

    keeper.misbehave = lambda rows: time.sleep(0.0005)  # a commit takes its time
    asyncio.run(all_of_them())
    kept = [key for group in keeper.groups for key in group]
    assert sorted(kept) == [(name, number) for name in range(16) for number in range(200)]
    assert keeper.most_at_once == 1
    assert len(keeper.groups) < len(kept) / 2
    for name in range(16):
        assert [number for who, number in kept if who == name] == list(range(200))
