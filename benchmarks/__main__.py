"""Measure: ``python -m benchmarks [NAME...] [--json FILE]``. Names: see ``--help``. Non-zero when a goal is missed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from benchmarks.drain import drain
from benchmarks.intake import intake_postgres, intake_sqlite
from benchmarks.pages import memory, pages
from benchmarks.quotes import quotes
from benchmarks.report import Measurement, table, write_json

BENCHMARKS: Mapping[str, Callable[[], Iterator[Measurement]]] = {
    "intake-sqlite": intake_sqlite,
    "intake-postgres": intake_postgres,
    "drain": drain,
    "pages": pages,
    "memory": memory,
    "quotes": quotes,
}


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="bin/bench", description="Ratios of things measured in one run, here.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS) + " (all when none is named)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write them there")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.names if name not in BENCHMARKS]:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    found: list[Measurement] = []
    for name in arguments.names or BENCHMARKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        found += BENCHMARKS[name]()
    print(table(found))
    if arguments.json:
        write_json(found, arguments.json)
    return 0 if all(measurement.met for measurement in found) else 1


if __name__ == "__main__":
    sys.exit(main())
