"""The whole demo as its visitor starts it, and a browser."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from demo.mailbox import Mail, codes
from demo.plan import HOST
from tests.operations.conftest import ROOT, eventually

PARTS = 5  # Helloword, two stores, the mailbox, its SMTP server


@dataclass(frozen=True, slots=True)
class Demo:
    """A running demo: where its parts are, and what it said when it was ready."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def helloword(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def woocommerce(self) -> str:
        return f"http://{HOST}:{self.port + 1}"

    @property
    def shopify(self) -> str:
        return f"http://{HOST}:{self.port + 2}"

    @property
    def mailbox(self) -> str:
        return f"http://{HOST}:{self.port + 3}"

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text()

    def code_for(self, email: str) -> str:
        """The newest code that was mailed to this address."""
        mail = Mail(self.folder / "mail")
        assert eventually(lambda: any(codes(mail.letters(email))))
        return next(codes(mail.letters(email)))


def start(folder: Path, port: int) -> Demo:
    """Start it and wait until it says that it is ready."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELLOWORD_")}
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "said").open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "demo", "--port", str(port), "--data", str(folder)],
            cwd=ROOT,
            env={**kept, "PYTHONPATH": str(ROOT)},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    demo = Demo(folder, port, process)
    assert eventually(lambda: process.poll() is not None or "Helloword is ready" in demo.said, 120), demo.said
    assert process.poll() is None, demo.said
    return demo


def stop(demo: Demo) -> int:
    """Ctrl-C; gives the exit code."""
    demo.process.send_signal(signal.SIGINT)
    return demo.process.wait(40)


def free_row() -> int:
    """A port that is free together with those after it."""
    for port in range(20_000, 60_000, 7):
        probes = [socket.socket() for _ in range(PARTS)]
        try:
            for offset, probe in enumerate(probes):
                probe.bind((HOST, port + offset))
        except OSError:
            continue
        else:
            return port
        finally:
            for probe in probes:
                probe.close()
    pytest.fail("no free ports")


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One demo for all tests of this folder."""
    started = start(tmp_path_factory.mktemp("demo"), free_row())
    yield started
    assert stop(started) == 0, started.said
    assert not re.search("Traceback|error", started.said), started.said


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; skipped where it is not."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("chromium is not installed (as root, bin/test installs it)")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"] if os.getuid() == 0 else []
        )
        yield started
        started.close()
