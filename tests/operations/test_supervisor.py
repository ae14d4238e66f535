from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.operations import guard
from app.operations.refusals import CannotStart
from app.operations.supervisor import Part, Supervisor
from tests.operations.conftest import House, eventually

PYTHON = (sys.executable, "-S", "-c")

# Children that say when they are asked to stop. The worker has a fork in another process group, as a queue worker
# has while a job runs; the deaf one ignores SIGTERM.
PROGRAM = """
import json, os, sys
from pathlib import Path
from app.operations.supervisor import Part, Supervisor

POLITE = '''
import os, signal, sys, time
def note(*_):
    with open(os.environ["TRACE"], "a") as file:
        file.write(sys.argv[1] + "\\\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, note)
Path = sys.argv[2] + "." + sys.argv[1]
open(Path, "w").close()
time.sleep(600)
'''
FORKING = '''
import os, time
if os.fork() == 0:
    os.setpgrp()
    time.sleep(600)
''' + POLITE
DEAF = '''
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[2] + "." + sys.argv[1], "w").close()
time.sleep(600)
'''

def part(name, source, **more):
    flag = Path(os.environ["TRACE"] + "." + name)
    command = (sys.executable, "-S", "-c", source, name, os.environ["TRACE"])
    return Part(name, command, ready=flag.exists, **more)

def report():
    Path("pids.part").write_text(json.dumps(supervisor.pids()))
    Path("pids.part").rename(os.environ["REPORT"])

supervisor = Supervisor(PARTS)
supervisor.watch(report)
print("stopped")
"""
THREE = 'part("queue", POLITE, first=True), part("worker", FORKING), part("web", POLITE)'


def program(parts: str) -> str:
    return PROGRAM.replace("PARTS", f"[{parts}]")


def nothing_left(sessions: dict[str, list[int]]) -> bool:
    return not any(guard.alive(pid) for pids in sessions.values() for pid in pids)


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_the_last_started_first_and_leaves_no_process(
    asked: signal.Signals, house: Callable[[str], House]
) -> None:
    started = house(program(THREE))
    sessions = started.sessions()
    assert [len(pids) for pids in sessions.values()] == [1, 2, 1]

    started.process.send_signal(asked)

    assert started.process.wait(15) == 0
    assert started.traced() == ["web", "worker", "queue"]
    assert nothing_left(sessions)


def test_kill_9_of_the_supervisor_stops_the_children_in_the_same_order_and_leaves_no_process(
    house: Callable[[str], House],
) -> None:
    started = house(program(THREE))
    sessions = started.sessions()
    assert [len(pids) for pids in sessions.values()] == [1, 2, 1]

    started.process.kill()

    assert started.process.wait(15) == -signal.SIGKILL
    assert eventually(lambda: nothing_left(sessions))
    assert started.traced() == ["web", "worker", "queue"]


def test_kill_9_of_the_supervisor_ends_a_child_that_ignores_being_asked(house: Callable[[str], House]) -> None:
    started = house(program('part("deaf", DEAF, patience_s=0.3)'))
    sessions = started.sessions()

    started.process.kill()

    assert eventually(lambda: nothing_left(sessions))


def test_a_child_that_ignores_being_asked_is_killed_after_its_patience(house: Callable[[str], House]) -> None:
    started = house(program('part("deaf", DEAF, patience_s=0.3)'))
    sessions = started.sessions()

    started.process.terminate()

    assert started.process.wait(15) == 0
    assert nothing_left(sessions)


def test_a_second_signal_does_not_wait_for_anybody(house: Callable[[str], House]) -> None:
    started = house(program('part("deaf", DEAF, patience_s=600)'))
    sessions = started.sessions()

    started.process.terminate()
    assert not eventually(lambda: started.process.poll() is not None, within_s=0.5)
    started.process.send_signal(signal.SIGINT)

    assert started.process.wait(15) == 0
    assert nothing_left(sessions)


def test_a_signal_while_starting_stops_what_was_started(house: Callable[[str], House]) -> None:
    never = 'part("queue", POLITE), Part("slow", (sys.executable, "-c", "import time; time.sleep(600)"), ready=bool)'
    started = house(program(never))
    flag = Path(f"{started.trace}.queue")
    assert eventually(flag.exists)

    started.process.terminate()

    assert started.process.wait(15) == 0
    assert started.traced() == ["queue"]
    assert not started.report.exists()


def test_a_crashed_child_is_restarted_and_the_others_are_left_alone(tmp_path: Path) -> None:
    stay = Part("stay", (*PYTHON, "import time; time.sleep(600)"))
    crash = Part("crash", (*PYTHON, "import time; time.sleep(600)"))
    with Supervisor([stay, crash]) as supervisor:
        before = supervisor.pids()
        os.kill(before["crash"], signal.SIGKILL)

        def restarted() -> bool:
            supervisor.tick()
            return supervisor.pids().get("crash", before["crash"]) != before["crash"]

        assert eventually(restarted)
        after = supervisor.pids()
    assert after["stay"] == before["stay"]
    assert after["crash"] != before["crash"]
    assert not any(guard.alive(pid) for pid in (*before.values(), *after.values()))


def test_what_a_crashed_child_forked_ends_before_it_is_restarted(tmp_path: Path) -> None:
    fork = "import os, time\nif os.fork() == 0: os.setpgrp()\ntime.sleep(600)"
    with Supervisor([Part("worker", (*PYTHON, fork))]) as supervisor:
        first = supervisor.pids()["worker"]
        assert eventually(lambda: len(guard.members(first)) == 2)
        forked = [pid for pid in guard.members(first) if pid != first]
        os.kill(first, signal.SIGKILL)

        def seen() -> bool:
            supervisor.tick()
            return not guard.members(first)

        assert eventually(seen)
        assert not guard.alive(forked[0])


def test_a_child_that_crashes_again_and_again_is_restarted_ever_more_slowly(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    note = f"import time\nwith open({str(starts)!r}, 'a') as file: file.write(str(time.monotonic()) + '\\n')\n"
    crash = Part("crash", (*PYTHON, f"{note}time.sleep(0.2)\nraise SystemExit(3)"))
    with Supervisor([crash]) as supervisor:

        def started_four_times() -> bool:
            supervisor.tick()
            return starts.exists() and len(starts.read_text().split()) == 4

        assert eventually(started_four_times)
    at = [float(line) for line in starts.read_text().split()]
    pauses = [later - earlier for earlier, later in itertools.pairwise(at)]
    assert 0.7 <= pauses[0] < pauses[1] < pauses[2]
    assert pauses[1] >= 1.2
    assert pauses[2] >= 2.2


def test_a_part_that_ends_while_starting_is_named_and_nothing_stays(tmp_path: Path) -> None:
    stay = Part("queue", (*PYTHON, "import time; time.sleep(600)"))
    broken = Part("web", (*PYTHON, "raise SystemExit(3)"), ready=lambda: False)
    supervisor = Supervisor([stay, broken])
    with pytest.raises(CannotStart) as refusal, supervisor:
        pass
    assert str(refusal.value) == "The web process ended while starting (exit code 3); what it said is above."
    assert supervisor.pids() == {}


def test_a_part_that_does_not_become_ready_in_time_is_named(tmp_path: Path) -> None:
    slow = Part("web", (*PYTHON, "import time; time.sleep(600)"), ready=lambda: False)
    supervisor = Supervisor([slow], start_within_s=0.3)
    with pytest.raises(CannotStart) as refusal, supervisor:
        pass
    assert str(refusal.value) == "The web process did not become ready within 0.3 seconds."
    assert supervisor.pids() == {}


def test_a_program_that_is_not_there_is_named() -> None:
    supervisor = Supervisor([Part("queue", ("/nowhere/valkey-server",))])
    with pytest.raises(CannotStart) as refusal, supervisor:
        pass
    said = "The queue process cannot be started: No such file or directory (/nowhere/valkey-server)."
    assert str(refusal.value) == said


def test_the_parts_after_a_first_one_wait_until_it_is_ready(tmp_path: Path) -> None:
    flag = tmp_path / "ready"
    ready_later = f"import time; time.sleep(0.4); open({str(flag)!r}, 'w').close(); time.sleep(600)"
    seen_file = f"open({str(flag)!r} + '.seen', 'w')"
    look = f"import os, time; print(os.path.exists({str(flag)!r}), file={seen_file}, flush=True); time.sleep(600)"
    seen = tmp_path / "ready.seen"
    parts = [
        Part("queue", (*PYTHON, ready_later), ready=flag.exists, first=True),
        Part("worker", (*PYTHON, look), ready=lambda: seen.exists() and seen.read_text() != ""),
    ]
    with Supervisor(parts):
        assert seen.read_text() == "True\n"


def test_the_guard_reads_who_was_started_and_who_has_ended() -> None:
    assert guard.watch(["+11 10.0\n", "+12 60\n", "-11\n", "+13 1.5\n"]) == {12: 60.0, 13: 1.5}


def test_a_process_that_ended_and_was_not_reaped_counts_as_gone() -> None:
    ended = subprocess.Popen([*PYTHON, "pass"])
    try:
        assert eventually(lambda: not guard.alive(ended.pid))
    finally:
        ended.wait()
