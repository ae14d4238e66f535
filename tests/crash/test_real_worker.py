"""The worker's own door, with a real queue: killed while it waits for a store that answers late."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.core.kit.clock import SystemClock
from app.core.merchants.rules import PlatformName
from app.core.returns import repository as returns
from app.core.returns.rules import Settlement
from app.jobs.sweep import sweep
from tests.crash.sides import BOUGHT
from tests.crash.stage import ROOT
from tests.crash.walk import Walk
from tests.crash.ways import Ways, assert_same, go_on

PATIENCE_S = 60.0

Start = Callable[[Walk], subprocess.Popen[bytes]]


@pytest.fixture
def helloword_worker(tmp_path: Path) -> Iterator[Start]:
    """Starts ``helloword worker`` for a walk; none is left."""
    started: list[subprocess.Popen[bytes]] = []
    with (tmp_path / "workers.log").open("wb") as log:

        def start(walk: Walk) -> subprocess.Popen[bytes]:
            kept = {name: value for name, value in os.environ.items() if not name.startswith("HELLOWORD_")}
            told = {f"HELLOWORD_{name.upper()}": str(value) for name, value in walk.settings.items()}
            started.append(
                subprocess.Popen(
                    [sys.executable, "-m", "app.cli", "worker"],
                    cwd=tmp_path,
                    env={**kept, "PYTHONPATH": str(ROOT), **told},
                    stdout=log,
                    stderr=log,
                )
            )
            return started[-1]

        yield start
        for one in started:
            one.kill()
            one.wait()


def eventually(question: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.05)
    return question()


def settlement(walk: Walk) -> Settlement:
    with walk.container.database.read() as session:
        return returns.get(session, walk.saved.store_id, walk.saved.return_id).settlement


def lease_runs_out(walk: Walk) -> None:
    """Two minutes pass."""
    long_ago = (walk.clock.time - timedelta(hours=1)).replace(tzinfo=None)
    with walk.container.database.engine.begin() as connection:
        changed = connection.execute(
            text("UPDATE outbox_messages SET lease_until = :then WHERE status = 'leased'"),
            {"then": long_ago.isoformat(" ")},
        )
        assert changed.rowcount == 1


@pytest.mark.parametrize(
    ("platform", "refund"),
    [
        (PlatformName.SHOPIFY, b"refundCreate"),
        pytest.param(PlatformName.WOOCOMMERCE, b"refund_total", marks=pytest.mark.long),
    ],
)
def test_a_worker_killed_while_the_store_is_slow_leaves_one_refund_and_the_next_one_finishes(
    ways: Ways, platform: PlatformName, refund: bytes, helloword_worker: Start, queue_url: str, tmp_path: Path
) -> None:
    way, served = ways[platform], ways.stage.served
    with go_on(ways.stage, way.before["inspect"], tmp_path / "walk", queue_url) as walk:
        walk.clock.time = SystemClock().now()
        first = helloword_worker(walk)
        with served.holding(lambda body: refund in body):
            walk.act("inspect")
            assert served.held.wait(PATIENCE_S)
            first.kill()
            assert first.wait(PATIENCE_S) == -signal.SIGKILL
        assert walk.side.refunds(walk.saved.number) == 1  # the store has booked it; nobody here knows
        assert settlement(walk) is Settlement.PENDING
        assert sweep(walk.container) is False  # a lease is respected: perhaps its worker lives
        lease_runs_out(walk)
        second = helloword_worker(walk)
        assert sweep(walk.container) is True
        assert eventually(lambda: not walk.waiting()), walk.waiting()
        assert settlement(walk) is Settlement.REFUNDED
        second.terminate()
        second.wait(PATIENCE_S)
        walk.act("echo")  # drained as one batch, as in the other walk: how many times an order is read hangs on that
        walk.recover()
        assert_same(walk.found(), way.after["echo"], f"{platform}, a real worker")
        assert walk.found().refunded == BOUGHT[platform].charged
