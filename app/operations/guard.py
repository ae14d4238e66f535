"""Ends the processes of a supervisor that was itself killed. Started by it as a script; standard library only.

The supervisor writes ``+pid patience`` for each child it starts and ``-pid`` for each that it has seen end. When the
pipe closes, the supervisor is gone, however it went (``kill -9`` too), and whatever is still listed is stopped: last
started first, each asked with SIGTERM, given its patience in seconds, then its whole session is killed.

Why not PR_SET_PDEATHSIG: that signal reaches direct children only, so the web server's own workers and a queue
worker's fork would live on; it is lost over some ``exec``; and it fires when the *thread* that started the child ends.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path

_PROC = Path("/proc")
_STEP_S = 0.05


def alive(pid: int) -> bool:
    """Whether the process runs. One that ended and was not yet reaped (a zombie) does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    state = _stat(pid)
    return state is None or state[0] not in {"Z", "X"}


def members(session: int) -> list[int]:
    """The running processes of a session. Where there is no /proc, only its first process group can be known."""
    if not _PROC.joinpath("self", "stat").exists():
        return [session] if alive(session) else []
    found = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            state = _stat(int(entry.name))
            if state is not None and state[1] == session and state[0] not in {"Z", "X"}:
                found.append(int(entry.name))
    return found


def sweep(session: int) -> None:
    """Kill what is left of a session; nothing is asked any more."""
    for _ in range(20):  # a process may fork between the look and the kill
        left = members(session)
        if not left:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(session, signal.SIGKILL)
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_STEP_S)


def watch(lines: Iterable[str]) -> dict[int, float]:
    """Read the supervisor's lines until it is gone; gives what it left running, pid and patience, as started."""
    children: dict[int, float] = {}
    for line in lines:
        sign, rest = line[:1], line[1:].split()
        if sign == "+":
            children[int(rest[0])] = float(rest[1])
        elif sign == "-":
            children.pop(int(rest[0]), None)
    return children


def finish(children: dict[int, float]) -> None:
    """Stop them, last started first."""
    for pid, patience_s in reversed(children.items()):
        if alive(pid):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + patience_s
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(_STEP_S)
        sweep(pid)


def _stat(pid: int) -> tuple[str, int] | None:
    """State letter and session of a process, from Linux's /proc; None where it cannot be read."""
    try:
        text = _PROC.joinpath(str(pid), "stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before it may hold spaces and brackets
    return fields[0], int(fields[3])


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # it must outlive what it waits for
        signal.signal(ignored, signal.SIG_IGN)
    finish(watch(sys.stdin))
