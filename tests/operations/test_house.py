"""The whole house as ``helloword up`` runs it, from an empty folder: real queue, worker, scheduler and web server."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from app.operations import guard
from app.operations.doors import ROOT
from tests.operations.conftest import eventually


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELLOWORD_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


class Up:
    """``helloword up`` on a free port, in ``folder``."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        self.said = folder / "said"
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "up", "--data", "var", "--port", str(port)],
                cwd=folder,
                env=environment(),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        assert eventually(lambda: self.process.poll() is not None or "is ready" in self.text(), 60)
        assert self.process.poll() is None, self.text()

    def text(self) -> str:
        return self.said.read_text()

    def healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=2, trust_env=False).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    def children(self) -> dict[int, str]:
        """Everything that runs for this house besides the supervisor: pid and command line."""
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != self.process.pid and guard.alive(int(entry.name)):
                try:
                    command = entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode()
                    home = entry.joinpath("cwd").readlink()
                except OSError:
                    continue
                if home == self.folder or str(self.folder) in command:
                    found[int(entry.name)] = command
        return found

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        eventually(lambda: not self.children())


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free: int = probe.getsockname()[1]
        return free


@pytest.fixture
def up(tmp_path: Path, port: int) -> Iterator[Callable[[], Up]]:
    started: list[Up] = []

    def start() -> Up:
        started.append(Up(tmp_path, port))
        return started[-1]

    yield start
    for house in started:
        house.end()


pytestmark = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks processes up in /proc")


def test_from_an_empty_folder_to_ready_to_stopped_and_on_again(up: Callable[[], Up]) -> None:
    first = up()
    assert first.healthy()
    assert first.text().endswith(f"Helloword is ready: {first.url}  (Ctrl-C stops it)\n")
    commands = " ".join(first.children().values())
    for part in ("valkey", "app.cli worker", "app.cli scheduler", "granian"):
        assert part in commands
    secrets = (first.folder / "var" / "secrets.env").read_text()

    first.process.send_signal(signal.SIGINT)

    assert first.process.wait(30) == 0
    assert first.children() == {}
    assert "Traceback" not in first.text()
    again = up()
    assert again.healthy()
    assert (again.folder / "var" / "secrets.env").read_text() == secrets


@pytest.mark.long
def test_kill_9_of_up_leaves_no_process(up: Callable[[], Up]) -> None:
    house = up()
    assert len(house.children()) >= 6  # guard, queue, worker, scheduler, the web server and its worker
    house.process.kill()
    assert eventually(lambda: not house.children(), 40)


@pytest.mark.long
def test_a_web_server_that_is_killed_comes_back(up: Callable[[], Up]) -> None:
    house = up()
    web = {pid for pid, command in house.children().items() if "granian" in command}
    for pid in web:
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not house.healthy())
    assert eventually(house.healthy, 30)
    assert not web & house.children().keys()


def test_the_doctor_finds_a_running_house_well_and_keys_are_not_rotated_under_it(up: Callable[[], Up]) -> None:
    house = up()

    def helloword(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "app.cli", *words, "--data", "var"]
        return subprocess.run(
            command, cwd=house.folder, env=environment(), capture_output=True, text=True, timeout=60, check=False
        )

    found = helloword("doctor")
    assert found.stderr == ""
    assert found.returncode == 0
    assert re.search(r"^ok +database +sqlite [\d.]+ answers\.$", found.stdout, re.MULTILINE)
    assert re.search(r"^ok +queue +Valkey [\d.]+ answers and keeps what it is given\.$", found.stdout, re.MULTILINE)
    assert not re.search(r"^wrong", found.stdout, re.MULTILINE)

    before = (house.folder / "var" / "secrets.env").read_text()
    refused = helloword("rotate-keys")
    assert refused.returncode == 1
    assert refused.stderr.startswith("Helloword is already running (or still stopping) in ")
    assert (house.folder / "var" / "secrets.env").read_text() == before

    house.process.terminate()
    assert house.process.wait(30) == 0
    rotated = helloword("rotate-keys")
    assert rotated.returncode == 0
    assert rotated.stdout == "0 credentials are now encrypted under the newest key.\n"
    assert (house.folder / "var" / "secrets.env").read_text() != before
