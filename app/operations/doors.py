"""What each process of the product runs. Light to import: the web's door loads no worker, and none loads Alembic."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from app.operations.refusals import CannotStart
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def load_settings() -> Settings:
    """The settings. Raises CannotStart naming each one that is missing or unusable, never showing a value."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(_problem(str(item["loc"][0]), item["type"], item["msg"]) for item in error.errors())
        msg = f"Helloword is not configured: {wrong}."
        raise CannotStart(msg) from None


def web_command(settings: Settings, target: str = "app.asgi:app") -> list[str]:
    """What runs the web server: granian over ``target``, on uvloop where there is one.

    It needs ``python_path()`` as PYTHONPATH.
    """
    command = [
        *(sys.executable, "-m", "granian", target, "--interface", "asginl", "--http", "1", "--no-ws"),
        *("--host", settings.host, "--port", str(settings.port)),
        *("--workers", str(settings.web_workers)),
        *("--workers-kill-timeout", "8", "--log-level", "warning"),
    ]
    if settings.web_workers > 1:  # with one, the supervisor or the platform restarts the whole
        command.append("--respawn-failed-workers")
    return command


def serve_web(settings: Settings) -> NoReturn:
    """Become the web server: this process is replaced by it."""
    os.environ["PYTHONPATH"] = python_path()
    os.execv(sys.executable, web_command(settings))  # noqa: S606 (our own command, no shell)


def run_worker(settings: Settings) -> None:
    """Work until told to stop; SIGTERM lets the batch in hand be finished."""
    from app.bootstrap import make_container, make_worker  # noqa: PLC0415 (the web server never loads a worker)

    make_worker(make_container(settings)).work(logging_level="WARNING")  # a line for each ring would drown the rest


def run_scheduler(settings: Settings) -> None:
    """Enqueue what is due, until told to stop."""
    from app.bootstrap import make_container, make_scheduler  # noqa: PLC0415 (as above)

    scheduler = make_scheduler(make_container(settings))
    for asked in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked, scheduler.stop)
    scheduler.run()


def python_path() -> str:
    """Where ``app`` is found, first; so the doors work from any folder, installed or not."""
    return os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])


def _problem(name: str, kind: str, message: str) -> str:
    variable = f"HELLOWORD_{name.upper()}"
    if kind == "missing":
        return f"{variable} is missing ({Settings.model_fields[name].description})"
    return f"{variable} {message.removeprefix('Value error, ')}"
