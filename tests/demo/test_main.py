"""How ``bin/demo`` refuses: one sentence, no traceback, nothing left behind."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.__main__ import main


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The demo makes its folder the current one and fills its environment: both are put back."""
    monkeypatch.chdir(tmp_path)
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize("offset", [0, 2])
def test_a_taken_port_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], offset: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        said = refusal(capsys, "--data", str(tmp_path / "demo"), "--port", str(taken - offset))
    assert said.startswith(f"Port {taken} on 127.0.0.1 cannot be used")
    assert "--port" in said


def test_a_folder_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    said = refusal(capsys, "--data", str(tmp_path / "file" / "demo"))
    assert said.startswith(f"The demo cannot write to {tmp_path / 'file' / 'demo'}")
    assert "--data DIR" in said


def test_beginning_anew_removes_only_a_demo_s_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "photos"
    kept.mkdir()
    (kept / "holiday.jpg").write_bytes(b"sun")
    said = refusal(capsys, "--data", str(kept), "--fresh")
    assert said == f"{kept} is not a demo's folder; nothing was removed.\n"
    assert (kept / "holiday.jpg").read_bytes() == b"sun"


@pytest.mark.parametrize("port", ["0", "65532", "http"])
def test_a_port_that_is_none(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--port", port])
    assert ended.value.code == 2
    assert f"a port is a number from 1 to 65531, not {port}" in capsys.readouterr().err
