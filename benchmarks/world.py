"""What the benchmarks run on: the product over a database and a queue, with one store in it; and a web server."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen
from uuid import UUID

from cryptography.fernet import Fernet

from app.bootstrap import make_container
from app.container import Container
from app.operations.doors import web_command
from app.settings import Settings
from tests.builders import make_store
from tests.databases import migrated

ROOT = Path(__file__).resolve().parents[1]


@contextlib.contextmanager
def sqlite_url() -> Iterator[str]:
    """An SQLite file that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="hw-bench-") as folder:
        yield f"sqlite:///{Path(folder) / 'bench.sqlite'}"


@contextlib.contextmanager
def furnished(url: str, queue: str) -> Iterator[tuple[Container, UUID]]:
    """The product on an empty database at ``url``, its schema made; and the id of its WooCommerce store."""
    with migrated(url), tempfile.TemporaryDirectory(prefix="hw-bench-") as folder:
        settings = Settings(
            _env_file=None,
            database_url=url,
            redis_url=queue,
            secret_key="a secret for the benchmarks, made up here",
            vault_keys=Fernet.generate_key().decode(),
            public_url="http://127.0.0.1",
            data_dir=Path(folder),
            insecure_cookies=True,
        )
        container = make_container(settings)
        with container.database.write() as session:
            store_id = make_store(session).id
        yield container, store_id
        container.database.dispose()


@contextlib.contextmanager
def serving(target: str, container: Container, **environment: str) -> Iterator[tuple[int, int]]:
    """``target`` in the product's web server with its own settings; the port, and the process that leads it."""
    settings, port = container.settings, _free_port()
    variables = {
        **os.environ,
        "HELLOWORD_DATABASE_URL": settings.database_url,
        "HELLOWORD_REDIS_URL": settings.redis_url,
        "HELLOWORD_SECRET_KEY": settings.secret_key.get_secret_value(),
        "HELLOWORD_VAULT_KEYS": settings.vault_keys.get_secret_value(),
        "HELLOWORD_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "HELLOWORD_DATA_DIR": str(settings.data_dir),
        "HELLOWORD_INSECURE_COOKIES": "1",
        **environment,
    }
    command = web_command(settings.model_copy(update={"host": "127.0.0.1", "port": port}), target)
    process = subprocess.Popen(command, env=variables, cwd=ROOT)  # noqa: S603 (our own command)
    try:
        _await(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.05)
    msg = "the server did not start"
    raise RuntimeError(msg)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
