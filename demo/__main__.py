"""``bin/demo``: the whole product on this machine, with two stores and their shoppers' mailbox, all connected."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from app.operations.embedded import only_one
from app.operations.refusals import CannotStart
from demo import welcome
from demo.house import demo_house, settle
from demo.plan import Plan

LAST_PORT = 65531
VAR = Path(__file__).resolve().parents[1] / "var"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; what cannot be done is said in one sentence."""
    parser = argparse.ArgumentParser(
        prog="bin/demo", description="Helloword with two demo stores on this machine. Ctrl-C stops all of it."
    )
    parser.add_argument("--once", action="store_true", help="play the main job without a browser, judge it, and end")
    parser.add_argument("--port", type=_port, default=8000, help="Helloword's port; four more follow it (8000)")
    parser.add_argument("--data", type=Path, help="where it is kept (var/demo; with --once var/once)")
    parser.add_argument("--fresh", action="store_true", help="forget what was kept and begin anew")
    given = parser.parse_args(arguments)
    try:
        if given.once:
            return _once((given.data or VAR / "once").expanduser().resolve())
        return _run((given.data or VAR / "demo").expanduser().resolve(), given.port, fresh=given.fresh)
    except CannotStart as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _once(folder: Path) -> int:
    from demo import once  # noqa: PLC0415 (only here: the demo itself starts quickly)

    _forget(folder)
    return once.main(_plan(folder, None))


def _run(folder: Path, port: int, *, fresh: bool) -> int:
    if fresh:
        _forget(folder)
    plan = _plan(folder, port)
    settle(plan)

    def ready() -> None:
        if not plan.is_furnished:
            _first_day(plan)
        print(welcome.text(plan), flush=True)

    with demo_house(plan, with_stores=True) as house:
        house.watch(ready)
    return 0


def _first_day(plan: Plan) -> None:
    """Connect the stores; a few shoppers return something, so that the inbox is not empty."""
    from demo import connect, firstday  # noqa: PLC0415 (a later start needs none of it and is quick)
    from demo.player import StepFailed  # noqa: PLC0415 (as above)
    from demo.stores import utc_now  # noqa: PLC0415 (as above)

    container = connect.own_container()
    try:
        connect.connect_stores(container, plan)
    finally:
        container.database.dispose()
    print("The first start: a few shoppers return something, so that the inbox is not empty ...", flush=True)
    try:
        firstday.play(plan, utc_now())
    except StepFailed as failure:
        print(f"That did not go as it should: {failure}", file=sys.stderr)
    plan.furnished()


def _plan(folder: Path, port: int | None) -> Plan:
    try:
        return Plan.at(folder, port)
    except OSError as error:
        msg = f"The demo cannot write to {folder} ({error.strerror}). Make it writable, or use --data DIR."
        raise CannotStart(msg) from error


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= LAST_PORT):
        msg = f"a port is a number from 1 to {LAST_PORT}, not {text}"
        raise argparse.ArgumentTypeError(msg)
    return int(text)


def _forget(folder: Path) -> None:
    """Only what is a demo's is removed, and only when it does not run."""
    if not folder.exists():
        return
    if not (folder / "demo.json").exists():
        msg = f"{folder} is not a demo's folder; nothing was removed."
        raise CannotStart(msg)
    with only_one(folder):
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
