from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
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
    """Threads that each write one row, and what became of them."""

    def __init__(self, writer: GroupCommit) -> None:
        self._writer = writer
        self._threads: list[threading.Thread] = []
        self.answers: dict[Any, str] = {}

    def start(self, key: Any) -> None:
        self._threads.append(threading.Thread(target=self._write, args=(key,)))
        self._threads[-1].start()

    def line_up(self, *keys: Any) -> None:
        """Start them so that they wait in this order behind the commit that is under way."""
        for place, key in enumerate(keys, start=1):
            self.start(key)
            deadline = time.monotonic() + 5
            while len(self._writer._waiting) < place:
                assert time.monotonic() < deadline
                time.sleep(0.001)

    def _write(self, key: Any) -> None:
        try:
            self._writer.write({"key": key})
        except BaseException as error:  # noqa: BLE001 (what a request would be told)
            self.answers[key] = type(error).__name__
        else:
            self.answers[key] = "kept"

    def join(self) -> dict[Any, str]:
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        return self.answers


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def writer(keeper: Keeper) -> GroupCommit:
    return GroupCommit(keeper)


@pytest.fixture
def requests(writer: GroupCommit) -> Requests:
    return Requests(writer)


def held_up(keeper: Keeper, requests: Requests, *keys: Any) -> None:
    """A first row whose commit is under way, and ``keys`` that wait behind it."""
    keeper.gate.clear()
    requests.start("first")
    assert keeper.under_way.wait(5)
    requests.line_up(*keys)


def test_a_lone_row_is_written_at_once(keeper: Keeper, writer: GroupCommit) -> None:
    writer.write({"key": 1})
    writer.write({"key": 2})
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
    keeper: Keeper, writer: GroupCommit, requests: Requests
) -> None:
    def break_down(rows: Sequence[Row]) -> None:
        if len(rows) > 1:
            raise Broken

    keeper.misbehave = break_down
    held_up(keeper, requests, 1, 2)
    keeper.gate.set()
    assert requests.join() == {"first": "kept", 1: "Broken", 2: "Broken"}
    writer.write({"key": "next"})
    assert keeper.groups == [["first"], ["next"]]


def test_who_has_waited_too_long_leaves_and_his_row_is_not_written(
    keeper: Keeper, writer: GroupCommit, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_up(keeper, requests)
    monkeypatch.setattr(group_commit, "PATIENCE_S", 0.05)
    requests.start(1)
    requests.start(2)
    while len(requests.answers) < 2:
        time.sleep(0.01)
    assert requests.answers == {1: "TimeoutError", 2: "TimeoutError"}
    keeper.gate.set()
    requests.join()
    writer.write({"key": "next"})
    assert keeper.groups == [["first"], ["next"]]


def test_a_leader_that_dies_tells_nobody_that_a_row_was_kept_and_hands_the_lead_on(
    keeper: Keeper, writer: GroupCommit, requests: Requests
) -> None:
    def die(rows: Sequence[Row]) -> None:
        if len(rows) > 1:
            raise SystemExit

    keeper.misbehave = die
    held_up(keeper, requests, 1, 2)
    keeper.gate.set()
    assert requests.join() == {"first": "kept", 1: "SystemExit", 2: "TimeoutError"}
    writer.write({"key": "next"})
    assert keeper.groups == [["first"], ["next"]]


def test_of_many_threads_every_row_is_kept_once_and_one_commit_runs_at_a_time(
    keeper: Keeper, writer: GroupCommit
) -> None:
    def write_many(name: int) -> None:
        for number in range(200):
            writer.write({"key": (name, number)})

    keeper.misbehave = lambda rows: time.sleep(0.0005)  # a commit takes its time
    threads = [threading.Thread(target=write_many, args=(name,)) for name in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    kept = [key for group in keeper.groups for key in group]
    assert sorted(kept) == [(name, number) for name in range(16) for number in range(200)]
    assert keeper.most_at_once == 1
    assert len(keeper.groups) < len(kept) / 2
    for name in range(16):
        assert [number for who, number in kept if who == name] == list(range(200))
