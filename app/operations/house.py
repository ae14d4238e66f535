"""``helloword up``: all of the product's processes on one machine, together."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import redis

from app.operations import embedded, migrations
from app.operations.doors import load_settings, python_path, web_command
from app.operations.refusals import CannotStart
from app.operations.supervisor import Part, Supervisor


def _house(made: embedded.Embedded, extra: Sequence[Part] = ()) -> list[Part]:
    """The processes of one machine in the order of their start: queue, ``extra``, worker, scheduler, web.

    They are stopped in the opposite order: no new work comes in, the work in hand is finished, its queue ends last.
    """
    environment = {**made.environment, "PYTHONPATH": python_path()}
    door = (sys.executable, "-m", "app.cli")
    settings = load_settings()
    parts = []
    if made.queue is not None:
        parts.append(Part("queue", made.queue, ready=_answers_ping(settings.redis_url), first=True))
    parts += [*extra]
    parts.append(Part("worker", (*door, "worker"), environment, patience_s=60))
    parts.append(Part("scheduler", (*door, "scheduler"), environment))
    health = f"http://{_reachable(settings.host)}:{settings.port}/health"
    parts.append(Part("web", web_command(settings), environment, ready=answers_http(health), patience_s=15))
    return parts


@contextmanager
def ready_house(
    data_dir: Path, *, host: str | None = None, port: int | None = None, extra: Sequence[Part] = ()
) -> Iterator[Supervisor]:
    """Everything prepared but not yet started: settings filled in, folder held, port free, schema up to date.

    The caller runs it: ``with ready_house(...) as house: house.watch(on_ready)``, or ``with house: ...`` to drive it.
    This process's environment is filled in too, so ``load_settings()`` works after it. Raises CannotStart.
    """
    made = embedded.prepare(data_dir, host=host, port=port)
    made.apply()
    settings = load_settings()
    with embedded.only_one(made.data_dir) as lock:
        check_port(settings.host, settings.port)
        if made.queue is not None:
            embedded.make_queue_folder(made.data_dir)
        migrations.migrate(settings.database_url)
        yield Supervisor(_house(made, extra), cwd=Path.cwd(), lock=lock)


def check_port(host: str, port: int) -> None:
    """Raises CannotStart when nobody can listen there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            msg = f"Port {port} needs more rights than this user has; choose one above 1023 with --port."
            raise CannotStart(msg) from error
        except OSError as error:
            msg = (
                f"Port {port} on {host} cannot be used ({error.strerror}): "
                "stop the program that has it, or choose another with --port."
            )
            raise CannotStart(msg) from error


def answers_http(url: str) -> Callable[[], bool]:
    """A question: does this address answer, and not with a server error?"""

    def ask() -> bool:
        try:
            return httpx.get(url, timeout=2, trust_env=False).status_code < httpx.codes.INTERNAL_SERVER_ERROR
        except httpx.HTTPError:
            return False

    return ask


def _answers_ping(url: str) -> Callable[[], bool]:
    def ask() -> bool:
        client = redis.Redis.from_url(url, socket_timeout=2)
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    return ask


def _reachable(host: str) -> str:
    """The address by which a server that listens on ``host`` is asked from this machine."""
    if host in {"0.0.0.0", ""}:  # noqa: S104 (compared, not bound)
        return "127.0.0.1"
    if ":" in host:
        return "[::1]" if host == "::" else f"[{host}]"
    return host
