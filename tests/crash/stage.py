"""What stands around a walk and outlives it: the loopback store, the mail server, the databases, the workers."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from aiosmtpd.controller import Controller
from cryptography.fernet import Fernet
from sqlalchemy import URL, create_engine, make_url
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.crash.sides import HELLOWORD
from tests.databases import migrated
from tests.providers.mail.postbox import Post

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "unix:///nowhere/queue.sock"
"""The walk's workers are not rung for: whoever steers them runs them. A bell that cannot be reached stops nothing."""

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Served:
    """A port of this machine behind which the store of the moment stands."""

    def __init__(self) -> None:
        self.app: Wsgi | None = None
        self.held = threading.Event()
        self._hold: Callable[[bytes], bool] = lambda _body: False
        self._release = threading.Event()
        self._server = make_server("127.0.0.1", 0, self, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """WSGI: the store does its work first, then the answer may be held back."""
        assert self.app is not None
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        answer = self.app({**environ, "wsgi.input": io.BytesIO(body)}, start_response)
        if self._hold(body):
            self.held.set()
            self._release.wait(60)
        return answer

    @contextlib.contextmanager
    def holding(self, which: Callable[[bytes], bool]) -> Iterator[None]:
        """The store is slow: it does what a request with such a body asks, but answers only afterwards.

        ``held`` tells that one waits.
        """
        self._hold = which
        self.held.clear()
        self._release.clear()
        try:
            yield
        finally:
            self._hold = lambda _body: False
            self._release.set()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (werkzeug's name)
        if type == "error":
            logging.getLogger("stage").error(message, *args)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a worker ended: by which signal (0: by itself), and the steps that it reached, in order."""

    signal: int
    steps: tuple[str, ...]


class Workers:
    """The mother of all workers (``tests.crash.worker``): loaded once, forks one for each order."""

    def __init__(self) -> None:
        self._mother = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, settings: dict[str, Any], now: str, folder: Path, *, kill_at: int = 0, lanes: int = 1) -> Ended:
        """One worker, from its start to its end. A worker that fails of itself is an error of the test."""
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        told = {"settings": settings, "now": now, "folder": str(folder), "kill_at": kill_at, "lanes": lanes}
        self._mother.stdin.write(f"{json.dumps(told)}\n")
        self._mother.stdin.flush()
        ended = json.loads(self._mother.stdout.readline())
        assert ended["code"] == 0, (folder / "log").read_text()
        return Ended(ended["signal"], tuple((folder / "steps").read_text().splitlines()))

    def close(self) -> None:
        assert self._mother.stdin is not None
        assert self._mother.stdout is not None
        self._mother.stdin.close()
        self._mother.wait(30)
        self._mother.stdout.close()


class Databases(Protocol):
    """Makes databases for walks."""

    def fresh(self, folder: Path) -> str:
        """A new one with the whole schema; its URL."""
        ...

    def copy(self, url: str, folder: Path) -> str:
        """Another with the same contents; its URL. Nobody may be connected to the first. (A file is copied with the
        walk's ``folder``.)
        """
        ...

    def drop(self, url: str) -> None:
        """Done with one of them."""
        ...


class SqliteFiles:
    """One file a walk."""

    def fresh(self, folder: Path) -> str:
        url = f"sqlite:///{folder / 'product.sqlite'}"
        with migrated(url):
            return url

    def copy(self, url: str, folder: Path) -> str:
        return f"sqlite:///{folder / 'product.sqlite'}"

    def drop(self, url: str) -> None:
        pass  # it goes with its folder


class PostgresDatabases:
    """Databases of one server; copied by the server itself."""

    def __init__(self, server: URL) -> None:
        self._server = server

    def fresh(self, folder: Path) -> str:
        with migrated(self._make("")) as database:
            return database.engine.url.render_as_string(hide_password=False)

    def copy(self, url: str, folder: Path) -> str:
        return self._make(f" TEMPLATE {make_url(url).database}")

    def drop(self, url: str) -> None:
        self._say(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def _make(self, like: str) -> str:
        name = f"crash_{secrets.token_hex(6)}"
        self._say(f"CREATE DATABASE {name}{like}")
        return self._server.set(database=name).render_as_string(hide_password=False)

    def _say(self, statement: str) -> None:
        engine = create_engine(self._server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


class Stage:
    """All of it, with what the product is told of it."""

    def __init__(self, served: Served, post: Post, workers: Workers, databases: Databases) -> None:
        self.served, self.post, self.workers, self.databases = served, post, workers, databases
        self._vault_key = Fernet.generate_key().decode()

    def settings(self, database_url: str, folder: Path, redis_url: str = NOBODY) -> dict[str, Any]:
        """The product's settings, as JSON values."""
        return {
            "database_url": database_url,
            "redis_url": redis_url,
            "secret_key": "a secret that is long enough for the tests",
            "vault_keys": self._vault_key,
            "public_url": HELLOWORD,
            "data_dir": str(folder),
            "smtp_url": f"smtp://127.0.0.1:{self.post.port}",
            "insecure_cookies": True,
            "shopify_api_base": self.served.url,
            "log_level": "error",
        }


@contextlib.contextmanager
def raised(databases: Databases) -> Iterator[Stage]:
    """A stage, and nothing of it left afterwards."""
    with contextlib.ExitStack() as standing:
        served = Served()
        standing.callback(served.close)
        workers = Workers()
        standing.callback(workers.close)
        post = Post()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            post.port = free.getsockname()[1]
        controller = Controller(post, hostname="127.0.0.1", port=post.port, enable_SMTPUTF8=True)
        controller.start()
        standing.callback(controller.stop)
        yield Stage(served, post, workers, databases)
