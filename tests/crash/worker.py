"""A worker that kills itself at the step it is told: ``python -m tests.crash.worker``.

One line of JSON on stdin is one worker: a process of its own, forked because loading the product costs seconds, which
makes the product from ``settings``, drains inbox and outbox once, and ends. Its steps are counted, not listed: before
and after each commit, and before and after each call that leaves the process. It dies by SIGKILL at step ``kill_at``.

    {"settings": {...}, "now": "2026-11-24T12:00:00+00:00", "lanes": 1, "kill_at": 0, "folder": "/tmp/..."}
    -> {"signal": 0, "code": 0}

The steps that were reached are in ``folder``/steps, what the product logged in ``folder``/log.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import smtplib
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import requests.adapters
from sqlalchemy.orm import configure_mappers

from app.bootstrap import make_container
from app.container import Container
from app.core.kit.texts import shipped_texts
from app.jobs import outbox
from app.jobs.effects import EFFECTS
from app.jobs.inbox import drain_inbox
from app.providers.local_files import LocalFiles
from app.providers.own_label import OwnLabel
from app.settings import Settings


class Standing:
    """A clock that stands for as long as this process lives; the next one is told a later time."""

    def __init__(self, time: datetime) -> None:
        self._time = time

    def now(self) -> datetime:
        return self._time


class Steps:
    """Counts, writes down, and kills."""

    def __init__(self, file: Path, kill_at: int) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self._kill_at = kill_at
        self._count = 0
        self._lock = threading.Lock()

    def reach(self, name: str) -> None:
        """One step more. Whoever reaches the last one never comes back, and takes the other threads along."""
        with self._lock:
            self._count += 1
            os.write(self._file, f"{name}\n".encode())
            if self._count == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str, say: Callable[..., str]) -> None:
        """Make each call of ``owner.name`` two steps. ``say`` gives what they are called from the call's arguments."""
        real = getattr(owner, name)

        def stepped(*given: Any, **named: Any) -> Any:
            what = say(*given, **named)
            self.reach(f"before {what}")
            result = real(*given, **named)
            self.reach(f"after {what}")
            return result

        setattr(owner, name, stepped)


def plant(steps: Steps, container: Container) -> None:
    """Count every commit and every way out of the process."""
    steps.around(container.database.engine.dialect, "do_commit", lambda *_: "commit")
    steps.around(httpx.HTTPTransport, "handle_request", _graphql)
    steps.around(requests.adapters.HTTPAdapter, "send", _rest)
    steps.around(smtplib.SMTP, "send_message", lambda *_: "mail")
    steps.around(LocalFiles, "put", lambda *_: "file")
    steps.around(OwnLabel, "buy_label", lambda *_: "carrier")


def _graphql(_transport: Any, request: httpx.Request) -> str:
    return str(json.loads(request.content)["operationName"])


def _rest(_adapter: Any, request: requests.PreparedRequest, **_named: Any) -> str:
    place = urlsplit(request.url or "").path.removeprefix("/wp-json/wc/v3/")
    return f"{request.method} {'/'.join(part for part in place.split('/') if not part.isdecimal())}"


def work(told: dict[str, Any]) -> None:
    """What the worker's one job does (``app.jobs.queue.drain``), with the steps counted."""
    folder = Path(told["folder"])
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    container = make_container(
        Settings(_env_file=None, **told["settings"]), Standing(datetime.fromisoformat(told["now"]))
    )
    plant(Steps(folder / "steps", told["kill_at"]), container)
    outbox.LANES_AT_ONCE = told["lanes"]
    drain_inbox(container)
    outbox.drain_outbox(container, EFFECTS)
    container.database.dispose()


def main() -> None:
    """Fork a worker for each line; say how it ended."""
    shipped_texts()  # this and the next once for all
    configure_mappers()
    gc.freeze()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                work(json.loads(line))
                code = 0
            except BaseException:  # noqa: BLE001 (a forked child must not go on in its parent's loop)
                sys.excepthook(*sys.exc_info())
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        ended = {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0}
        ended["code"] = os.WEXITSTATUS(status) if os.WIFEXITED(status) else 0
        sys.stdout.write(f"{json.dumps(ended)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
