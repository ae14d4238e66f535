from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.operations.doors import ROOT, load_settings
from app.operations.house import check_port
from app.operations.refusals import CannotStart

COMPLETE = {
    "HELLOWORD_DATABASE_URL": "sqlite://",
    "HELLOWORD_REDIS_URL": "redis://127.0.0.1:1/0",
    "HELLOWORD_SECRET_KEY": "s" * 40,
    "HELLOWORD_VAULT_KEYS": "k",
    "HELLOWORD_PUBLIC_URL": "https://a.example",
}


def helloword(*arguments: str, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELLOWORD_")}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *arguments],
        cwd=cwd,
        env={**kept, "PYTHONPATH": str(ROOT), **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    monkeypatch.chdir(tmp_path)  # no .env here
    for name in list(os.environ):
        if name.startswith("HELLOWORD_"):
            monkeypatch.delenv(name)
    for name, value in COMPLETE.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_complete_settings_are_taken(configured: pytest.MonkeyPatch) -> None:
    assert load_settings().public_url == "https://a.example"


def test_a_missing_setting_is_named_with_what_it_is(configured: pytest.MonkeyPatch) -> None:
    configured.delenv("HELLOWORD_REDIS_URL")
    with pytest.raises(CannotStart) as refusal:
        load_settings()
    assert str(refusal.value) == (
        "Helloword is not configured: HELLOWORD_REDIS_URL is missing "
        "(Redis or Valkey: redis://host:6379/0, or unix:///path/to.sock)."
    )


def test_an_unusable_setting_is_named_without_its_value(configured: pytest.MonkeyPatch) -> None:
    configured.setenv("HELLOWORD_SECRET_KEY", "hunter2")
    configured.setenv("HELLOWORD_PUBLIC_URL", "a.example")
    with pytest.raises(CannotStart) as refusal:
        load_settings()
    said = str(refusal.value)
    assert "HELLOWORD_SECRET_KEY" in said
    assert "at least 32" in said
    assert "HELLOWORD_PUBLIC_URL must start with https:// (or http:// on this machine)" in said
    assert "hunter2" not in said
    assert refusal.value.__cause__ is None


def test_a_taken_port_is_one_clear_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart) as refusal:
            check_port("127.0.0.1", port)
        assert str(refusal.value) == (
            f"Port {port} on 127.0.0.1 cannot be used (Address already in use): "
            "stop the program that has it, or choose another with --port."
        )
    check_port("127.0.0.1", port)


@pytest.mark.parametrize("door", ["web", "worker", "scheduler", "migrate"])
def test_a_door_without_settings_says_so_in_one_sentence(door: str, tmp_path: Path) -> None:
    ended = helloword(door, cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("Helloword is not configured: HELLOWORD_DATABASE_URL is missing (SQLAlchemy URL:")
    assert ended.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_up_on_a_taken_port_is_one_sentence_and_starts_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = helloword("up", "--data", str(tmp_path / "var"), "--port", port, cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"Port {port} on 127.0.0.1 cannot be used (Address already in use): "
        "stop the program that has it, or choose another with --port.\n"
    )
    assert sorted(path.name for path in (tmp_path / "var").iterdir()) == ["secrets.env", "up.lock"]


def test_up_in_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    ended = helloword("up", "--data", "file/var", cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"Helloword cannot write to {tmp_path}/file/var (Not a directory). "
        "Make the folder writable, or choose another one with --data DIR.\n"
    )


def test_doctor_in_an_empty_folder_says_what_to_do_and_makes_nothing(tmp_path: Path) -> None:
    ended = helloword("doctor", cwd=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr == (
        f"Nothing has been set up in {tmp_path}/var yet: `helloword up` does it, or set the HELLOWORD_ variables.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_version_is_said(tmp_path: Path) -> None:
    ended = helloword("--version", cwd=tmp_path)
    assert ended.returncode == 0
    assert ended.stdout.startswith("helloword ")


def test_no_command_shows_the_help(tmp_path: Path) -> None:
    ended = helloword(cwd=tmp_path)
    assert ended.returncode == 2
    assert "rotate-keys" in ended.stdout
