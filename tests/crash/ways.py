"""Walks that nobody was killed in: what every other one is measured by, and where it can set out from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from app.core.kit.clock import SystemClock
from app.core.merchants.rules import PlatformName
from tests.crash.stage import NOBODY, Stage
from tests.crash.walk import PHASES, Found, Saved, Walk
from tests.replay.state import differences


@dataclass(frozen=True, slots=True)
class Way:
    """A walk that nobody was killed in, by phase: as it was before, the steps of its worker, and what was found."""

    before: Mapping[str, Saved]
    steps: Mapping[str, tuple[str, ...]]
    after: Mapping[str, Found]


@contextmanager
def go_on(stage: Stage, saved: Saved, folder: Path, redis_url: str = NOBODY) -> Iterator[Walk]:
    """A walk on from a copy of ``saved``; nothing is left of it."""
    shutil.copytree(saved.folder, folder)
    url = stage.databases.copy(saved.database_url, folder)
    walk = Walk(stage, replace(saved, folder=folder, database_url=url), redis_url)
    try:
        yield walk
    finally:
        walk.close()
        stage.databases.drop(url)
        shutil.rmtree(folder)


def whole_way(stage: Stage, platform: PlatformName, folder: Path) -> Way:
    """From a new store to the end, in ``folder``; each phase is kept for those who go on from there."""
    folder.mkdir()
    start = SystemClock().now()
    if (start + timedelta(hours=1)).date() != start.date():
        start += timedelta(hours=1)  # the dates in mails must not hang on how long a crash took
    walk = Walk(stage, Saved(platform, folder / "now", _new(folder / "now", stage), start))
    walk.connect()
    before, steps, after = {}, {}, {}
    for phase in PHASES:
        saved = walk.close()
        kept = folder / phase
        shutil.copytree(saved.folder, kept)
        before[phase] = replace(saved, folder=kept, database_url=stage.databases.copy(saved.database_url, kept))
        walk = Walk(stage, saved)
        walk.act(phase)
        steps[phase] = walk.work().steps
        after[phase] = walk.found()
        assert after[phase].waiting == [], phase
    walk.close()
    return Way(before, steps, after)


def _new(folder: Path, stage: Stage) -> str:
    folder.mkdir()
    return stage.databases.fresh(folder)


class Ways:
    """Walks to the end, gone once for each platform when first asked for."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage = stage
        self._folder = folder
        self._gone: dict[PlatformName, Way] = {}

    def __getitem__(self, platform: PlatformName) -> Way:
        if platform not in self._gone:
            self._gone[platform] = whole_way(self.stage, platform, self._folder / platform.value)
        return self._gone[platform]


def finish(walk: Walk, phase: str, way: Way, where: str, *, to_the_end: bool) -> None:
    """Go on after a crash in ``phase``, at least until nothing waits, and find what ``way`` found."""
    walk.recover()
    assert_same(walk.found(), way.after[phase], where)
    if to_the_end:
        for later in list(PHASES)[list(PHASES).index(phase) + 1 :]:
            walk.act(later)
            walk.recover()
            assert_same(walk.found(), way.after[later], f"{where}; then {later}")


def assert_same(found: Found, wanted: Found, where: str) -> None:
    """``where``: of which crash this is what became."""
    assert (found.waiting, found.dead) == ([], []), f"{where}: {found.waiting}, {found.dead}"
    booked, wanted_booked = ((one.refunds, one.refunded, one.movements) for one in (found, wanted))
    assert booked == wanted_booked, f"{where}: {booked}"
    assert found.history == wanted.history, f"{where}: {found.history}"
    assert found.doubtful_letters == [], f"{where}: {found.doubtful_letters}"
    assert found.letters == wanted.letters, f"{where}: {[letter[:2] for letter in found.letters]}"
    changed = differences(wanted.state, found.state)
    assert changed == {}, f"{where}: {changed}"
