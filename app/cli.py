"""The command line's door: ``helloword <command>``."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from app.operations.refusals import CannotStart


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code. What cannot be done is said in one sentence on stderr."""
    given = _parser().parse_args(arguments)
    if given.command is None:
        _parser().print_help()
        return 2
    try:
        return _COMMANDS[given.command](given)
    except CannotStart as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _up(given: argparse.Namespace) -> int:
    from app.operations.doors import load_settings  # noqa: PLC0415 (each command loads only what it needs)
    from app.operations.house import ready_house  # noqa: PLC0415 (as above)

    def ready() -> None:
        print(f"Helloword is ready: {load_settings().public_url}  (Ctrl-C stops it)", flush=True)

    with ready_house(_data_dir(given), host=given.host, port=given.port) as house:
        house.watch(ready)
    return 0


def _web(given: argparse.Namespace) -> int:
    from app.operations.doors import load_settings, serve_web  # noqa: PLC0415 (as above)

    settings = load_settings()
    said = {name: getattr(given, name) for name in ("host", "port") if getattr(given, name) is not None}
    serve_web(settings.model_copy(update=said))


def _worker(given: argparse.Namespace) -> int:
    from app.operations.doors import load_settings, run_worker  # noqa: PLC0415 (as above)

    del given
    run_worker(load_settings())
    return 0


def _scheduler(given: argparse.Namespace) -> int:
    from app.operations.doors import load_settings, run_scheduler  # noqa: PLC0415 (as above)

    del given
    run_scheduler(load_settings())
    return 0


def _migrate(given: argparse.Namespace) -> int:
    from app.operations import embedded, migrations  # noqa: PLC0415 (as above)
    from app.operations.doors import load_settings  # noqa: PLC0415 (as above)

    if given.data is not None:
        embedded.prepare(given.data).apply()
    migrations.migrate(load_settings().database_url)
    return 0


def _doctor(given: argparse.Namespace) -> int:
    from app.operations import embedded  # noqa: PLC0415 (as above)
    from app.operations.keeping import examine_settings  # noqa: PLC0415 (as above)

    made = embedded.prepare(_data_dir(given), create=False)
    made.apply()
    findings = examine_settings(own_queue=made.queue is not None)
    for finding in findings:
        print(f"{finding.verdict.value:5}  {finding.part:12}  {finding.says}")
    return int(any(finding.verdict.value == "wrong" for finding in findings))


def _rotate_keys(given: argparse.Namespace) -> int:
    from app.operations.keeping import rotate_keys  # noqa: PLC0415 (as above)

    said, code = rotate_keys(_data_dir(given))
    print(said)
    return code


def _account(given: argparse.Namespace) -> int:
    from app.operations.keeping import set_account  # noqa: PLC0415 (as above)

    if sys.stdin.isatty():
        password = getpass.getpass("Password (12 characters or more): ")
        if getpass.getpass("Once more: ") != password:
            print("These were not the same.", file=sys.stderr)
            return 1
    else:
        password = sys.stdin.readline().rstrip("\n")
    print(set_account(_data_dir(given), given.email, given.name, password))
    return 0


def _quote(given: argparse.Namespace) -> int:
    from app.operations.quoting import quote_file  # noqa: PLC0415 (as above)

    print(quote_file(given.file))
    return 0


def _data_dir(given: argparse.Namespace) -> Path:
    return Path(given.data or os.environ.get("HELLOWORD_DATA_DIR") or "var")


_COMMANDS = {
    "up": _up,
    "web": _web,
    "worker": _worker,
    "scheduler": _scheduler,
    "migrate": _migrate,
    "doctor": _doctor,
    "account": _account,
    "quote": _quote,
    "rotate-keys": _rotate_keys,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="helloword", description="Returns for merchants who sell abroad.")
    parser.add_argument("--version", action="version", version=f"helloword {_version()}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    words = {
        "up": "run web, worker and scheduler on this machine; without settings, everything is kept in one folder",
        "web": "run the web server only",
        "worker": "run one worker only",
        "scheduler": "run the scheduler only (one of it)",
        "migrate": "bring the database's schema up to date",
        "account": "let a person sign in, or give them a new password (asked for, or one line on stdin)",
        "doctor": "check every part and say what is wrong",
        "quote": "work out the refunds of a file of orders and steps, to the cent (JSON in, JSON out)",
        "rotate-keys": "encrypt the stores' credentials anew under the newest key",
    }
    for name, says in words.items():
        command = commands.add_parser(name, help=says, description=says)
        if name in {"up", "doctor", "account", "rotate-keys", "migrate"}:
            command.add_argument("--data", type=Path, metavar="DIR", help="where what is not configured is kept (var)")
        if name == "quote":
            command.add_argument(
                "file", type=Path, help="a JSON array of cases, each an order as charged and its steps"
            )
        if name == "account":
            command.add_argument("email", help="what the person signs in with")
            command.add_argument("--name", default="", help="what colleagues read in the timeline")
        if name in {"up", "web"}:
            command.add_argument("--host", help="address to listen on (127.0.0.1)")
            command.add_argument("--port", type=int, help="port to listen on (8000)")
    return parser


def _version() -> str:
    try:
        return version("helloword")
    except PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(main())
