"""The worker is killed before and after each commit and each call of the flow; then another one goes on.

Whatever the step: one refund of the right amount, the stock back once, the same facts in the same order, every mail,
and nothing stuck. The steps are counted by the worker itself (``tests.crash.worker``), so a step that is added to the
product is killed at without a word here.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from app.core.merchants.rules import PlatformName
from tests.crash.sides import BOUGHT
from tests.crash.walk import PHASES
from tests.crash.ways import Ways, finish, go_on


def killed_at_each_step(
    ways: Ways, platform: PlatformName, phase: str, folder: Path, *, lanes: int = 1, to_the_end: bool = True
) -> Iterator[str]:
    """Kill at every step of a phase, one after the other, until a worker gets to the end; gives where each died."""
    way = ways[platform]
    for kill_at in count(1):
        with go_on(ways.stage, way.before[phase], folder / f"{phase}-{kill_at}") as walk:
            walk.act(phase)
            ended = walk.work(kill_at, lanes)
            where = f"{platform} {phase}, step {kill_at}: {ended.steps[-1]}"
            finish(walk, phase, way, where, to_the_end=to_the_end)
        if ended.signal == 0:
            return
        assert ended.signal == signal.SIGKILL, where
        yield ended.steps[-1]


@pytest.mark.parametrize(
    "platform", [PlatformName.SHOPIFY, pytest.param(PlatformName.WOOCOMMERCE, marks=pytest.mark.long)]
)
def test_the_way_without_a_crash_gives_back_what_was_charged_and_what_was_sold(
    ways: Ways, platform: PlatformName
) -> None:
    found, bought = ways[platform].after["echo"], BOUGHT[platform]
    assert (found.refunds, found.refunded, found.movements) == (1, bought.charged, [-bought.units, bought.units])
    assert [event for _, _, event, _, _ in found.history] == [
        *("requested", "approve", "label", "receive", "inspect", "graded", "start", "restocked", "refund")
    ]
    assert (len(found.letters), found.doubtful_letters, found.waiting, found.dead) == (4, [], [], [])


def test_a_kill_at_any_step_of_refund_stock_and_mail_loses_nothing_and_doubles_nothing(
    ways: Ways, tmp_path: Path
) -> None:
    died = tuple(killed_at_each_step(ways, PlatformName.SHOPIFY, "inspect", tmp_path, to_the_end=False))
    assert died == ways[PlatformName.SHOPIFY].steps["inspect"]
    assert {"after InventoryAdjust", "after RefundCreate", "after mail", "before commit", "after commit"} <= set(died)


@pytest.mark.long
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("platform", PlatformName)
def test_a_kill_at_any_step_of_the_whole_way_loses_nothing_and_doubles_nothing(
    ways: Ways, platform: PlatformName, phase: str, tmp_path: Path
) -> None:
    died = tuple(killed_at_each_step(ways, platform, phase, tmp_path))
    assert died == ways[platform].steps[phase]


@pytest.mark.long
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("platform", PlatformName)
def test_a_kill_at_any_step_over_postgresql_loses_nothing_and_doubles_nothing(
    postgres_ways: Ways, platform: PlatformName, phase: str, tmp_path: Path
) -> None:
    died = tuple(killed_at_each_step(postgres_ways, platform, phase, tmp_path))
    assert died == postgres_ways[platform].steps[phase]


@pytest.mark.long
@pytest.mark.parametrize("platform", PlatformName)
def test_a_kill_while_lanes_run_side_by_side_loses_nothing_and_doubles_nothing(
    ways: Ways, platform: PlatformName, tmp_path: Path
) -> None:
    died = list(killed_at_each_step(ways, platform, "inspect", tmp_path, lanes=4))
    assert len(died) >= len(ways[platform].steps["inspect"]) - 4  # which lane is ahead is chance


@pytest.mark.long
@pytest.mark.parametrize("platform", PlatformName)
def test_workers_that_are_killed_one_after_the_other_lose_nothing_and_double_nothing(
    ways: Ways, platform: PlatformName, tmp_path: Path
) -> None:
    way, dice = ways[platform], random.Random(20)  # noqa: S311 (the same crashes each time)
    for run in range(20):
        with go_on(ways.stage, way.before["inspect"], tmp_path / str(run)) as walk:
            walk.act("inspect")
            died = []
            for _ in range(3):
                ended = walk.work(dice.randint(1, len(way.steps["inspect"])))
                died.append(f"{len(ended.steps)} {ended.steps[-1]}")
                walk.clock.forward(minutes=3)
            finish(walk, "inspect", way, f"{platform}, deaths at {', '.join(died)}", to_the_end=True)
