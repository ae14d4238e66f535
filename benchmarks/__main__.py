"""``python -m benchmarks [NAME…] [--json FILE]``: ratios and server times of one run, as a table."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import pages


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``goal`` is what the value must be at most."""

    value: float
    unit: str
    against: str
    ratio: float
    goal: float


SUITES = {"pages": pages.measure}


def main() -> None:
    """Run the named suites, all of them without a name."""
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="which ones; all when none is named")
    parser.add_argument("--json", type=Path, help="write the table to this file as well")
    options = parser.parse_args()
    rows: dict[str, Row] = {}
    for name in options.names or SUITES:
        for key, (value, unit, against, ratio, goal) in SUITES[name]().items():
            rows[key] = Row(value, unit, against, ratio, goal)
    width = max(len(name) for name in rows)
    for name, row in rows.items():
        print(f"{name:<{width}}  {row.value:8.2f} {row.unit:<4} {row.ratio:6.2f} x {row.against}  (goal {row.goal})")
    if options.json:
        options.json.write_text(json.dumps({name: asdict(row) for name, row in rows.items()}, indent=1))


if __name__ == "__main__":
    main()
