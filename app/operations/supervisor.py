"""Runs the product's processes on one machine: starts them in order, restarts what crashes, stops them in order.

Each child gets a session of its own. So Ctrl-C in a terminal reaches only the supervisor, which then stops its
children one after the other; and all that a child forked can be found and ended with it. A small second process
(``guard.py``) does the same when the supervisor itself is killed.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Self

import structlog

from app.operations import guard
from app.operations.refusals import CannotStart

_log = structlog.get_logger(__name__)

_STEP_S = 0.05
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_STEADY_AFTER_S = 60.0
_IMPATIENT = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One process to keep running.

    ``ready`` answers quickly whether it can be used (None: as soon as it runs). When ``first``, the parts after it
    are started only once it is ready. ``patience_s``: how long it may take to end after SIGTERM before it is killed.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None
    first: bool = False
    patience_s: float = 10.0


@dataclass(slots=True)
class _Child:
    part: Part
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    crashes: int = 0
    restart_at: float = 0.0


class Supervisor:
    """Keeps ``parts`` running. They are started in the given order and stopped in the opposite one.

    As a context manager it starts them (and waits until all are ready) and stops them. ``watch`` keeps them running
    until SIGINT, SIGTERM or SIGHUP. Times are seconds of the monotonic clock.
    """

    def __init__(
        self, parts: Sequence[Part], *, cwd: Path | None = None, start_within_s: float = 60.0, lock: int | None = None
    ) -> None:
        """``lock``: a file descriptor to be held until the last child is gone, also when the supervisor is killed."""
        self._children = [_Child(part) for part in parts]
        self._cwd = cwd
        self._start_within_s = start_within_s
        self._lock = lock
        self._guard: subprocess.Popen[str] | None = None
        self._asked: Callable[[], int] = _nobody_asked

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def pids(self) -> dict[str, int]:
        """The processes that run now, by the name of their part."""
        return {
            child.part.name: child.process.pid
            for child in self._children
            if child.process is not None and child.process.poll() is None
        }

    def start(self) -> None:
        """Start every part and wait until all are ready. Raises CannotStart when one ends or takes too long."""
        self._guard = self._start_guard()
        deadline = time.monotonic() + self._start_within_s
        for child in self._children:
            self._spawn(child)
            if child.part.first:
                self._await(child, deadline)
        for child in self._children:
            self._await(child, deadline)

    def tick(self) -> None:
        """Look after the children once: sweep up behind those that ended, restart those whose pause is over."""
        now = time.monotonic()
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._ended(child, child.process, now)
            if child.process is None and now >= child.restart_at:
                self._spawn(child)

    def watch(self, on_ready: Callable[[], None] | None = None) -> None:
        """Start, call ``on_ready`` once, keep everything running until a signal asks to stop, stop.

        A second signal while stopping kills at once. Raises CannotStart. Main thread only (it handles signals).
        """
        with _signals() as (woken, asked):
            self._asked = asked
            try:
                self.start()
                if on_ready is not None:
                    on_ready()
                while not asked():
                    self.tick()
                    select.select([woken], [], [], 0.2)
                    _drain(woken)
            except _Interrupted:
                pass
            finally:
                self.stop()
                self._asked = _nobody_asked

    def stop(self) -> None:
        """Stop all, last started first; each is asked, given its patience, then killed with all that it forked."""
        for child in reversed(self._children):
            process, child.process = child.process, None
            if process is None:
                continue
            if process.poll() is None:
                process.terminate()
                deadline = time.monotonic() + child.part.patience_s
                while process.poll() is None and time.monotonic() < deadline and self._asked() < _IMPATIENT:
                    time.sleep(_STEP_S)
                if process.poll() is None:
                    _log.warning("stopped_by_force", part=child.part.name)
            guard.sweep(process.pid)
            process.wait()
            self._tell_guard(f"-{process.pid}")
        self._end_guard()

    def _spawn(self, child: _Child) -> None:
        part = child.part
        try:
            process = subprocess.Popen(  # noqa: S603 (our own commands, no shell)
                list(part.command),
                env={**os.environ, **part.environment},
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            if child.crashes == 0:
                msg = f"The {part.name} process cannot be started: {error.strerror} ({part.command[0]})."
                raise CannotStart(msg) from error
            self._pause(child, time.monotonic(), str(error))
            return
        child.process, child.started_at = process, time.monotonic()
        self._tell_guard(f"+{process.pid} {part.patience_s}")

    def _ended(self, child: _Child, process: subprocess.Popen[bytes], now: float) -> None:
        guard.sweep(process.pid)
        self._tell_guard(f"-{process.pid}")
        child.process = None
        if now - child.started_at > _STEADY_AFTER_S:
            child.crashes = 0
        self._pause(child, now, _how(process.returncode))

    def _pause(self, child: _Child, now: float, how: str) -> None:
        child.crashes += 1
        pause = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** (child.crashes - 1))
        child.restart_at = now + pause
        _log.error("process_ended", part=child.part.name, how=how, restart_in_s=pause)

    def _await(self, child: _Child, deadline: float) -> None:
        part = child.part
        while True:
            if self._asked():
                raise _Interrupted
            process = child.process
            if process is None or process.poll() is not None:
                how = _how(process.returncode) if process is not None else "not started"
                msg = f"The {part.name} process ended while starting ({how}); what it said is above."
                raise CannotStart(msg)
            if part.ready is None or part.ready():
                return
            if time.monotonic() > deadline:
                msg = f"The {part.name} process did not become ready within {self._start_within_s:g} seconds."
                raise CannotStart(msg)
            time.sleep(_STEP_S)

    def _start_guard(self) -> subprocess.Popen[str]:
        return subprocess.Popen(  # noqa: S603 (our own script)
            [sys.executable, "-I", "-S", guard.__file__],
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=() if self._lock is None else (self._lock,),
        )

    def _tell_guard(self, line: str) -> None:
        pipe = self._pipe()
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.write(f"{line}\n")
                pipe.flush()

    def _end_guard(self) -> None:
        running, pipe = self._guard, self._pipe()
        self._guard = None
        if running is not None:
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
            running.wait()

    def _pipe(self) -> IO[str] | None:
        return None if self._guard is None else self._guard.stdin


class _Interrupted(Exception):  # a signal came while the parts were still starting
    pass


def _nobody_asked() -> int:
    return 0


@contextlib.contextmanager
def _signals() -> Iterator[tuple[int, Callable[[], int]]]:
    """Count SIGINT, SIGTERM and SIGHUP; gives a descriptor that wakes a select at any signal, and the count."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    seen = 0

    def note(number: int, frame: FrameType | None) -> None:
        del number, frame
        nonlocal seen
        seen += 1

    def ignore(number: int, frame: FrameType | None) -> None:
        del number, frame  # it only has to wake the select, so that a child's end is seen at once

    handlers = dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), note) | {signal.SIGCHLD: ignore}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    woken_before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield reader, lambda: seen
    finally:
        signal.set_wakeup_fd(woken_before)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _drain(descriptor: int) -> None:
    with contextlib.suppress(BlockingIOError):
        while os.read(descriptor, 4096):
            pass


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"
