"""What the tests of operations share: waiting for processes, and a house of simple children in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.operations import guard

ROOT = Path(__file__).resolve().parents[2]


def eventually(question: Callable[[], bool], within_s: float = 15.0) -> bool:
    """Whether the answer becomes yes in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if question():
            return True
        time.sleep(0.02)
    return question()


class House:
    """A supervisor in a process of its own, over the parts of a small program; it reports its children's pids."""

    def __init__(self, program: str, folder: Path) -> None:
        self.report = folder / "pids.json"
        self.trace = folder / "trace"
        environment = {**os.environ, "REPORT": str(self.report), "TRACE": str(self.trace), "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [sys.executable, "-c", program],
            env=environment,
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pids(self) -> dict[str, int]:
        """By name, once the house is ready."""
        assert eventually(self.report.exists), "the house did not become ready"
        found: dict[str, int] = json.loads(self.report.read_text())
        return found

    def sessions(self) -> dict[str, list[int]]:
        """All processes of each part, by name."""
        return {name: guard.members(pid) for name, pid in self.pids().items()}

    def traced(self) -> list[str]:
        """What the children wrote down, in order."""
        return self.trace.read_text().split() if self.trace.exists() else []

    def end(self) -> None:
        """Leave nothing of it behind, whatever the test did."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        if self.report.exists():
            for pid in json.loads(self.report.read_text()).values():
                guard.sweep(pid)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[[str], House]]:
    """Start a house from the text of a program."""
    started: list[House] = []

    def start(program: str) -> House:
        started.append(House(program, tmp_path))
        return started[-1]

    yield start
    for one in started:
        one.end()
