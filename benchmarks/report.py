"""What a benchmark says: a value, what it is held against in the same run, and the ratio that counts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Measurement:
    """``value`` and ``against`` were measured in one run on one machine; only ``ratio`` travels between machines.

    ``goal`` is the least ratio (``at_most``: the greatest); None when the number is only to be known. ``against_what``
    names the other side in words.
    """

    name: str
    value: float
    unit: str
    against: float
    against_what: str
    goal: float | None = None
    at_most: bool = False

    @property
    def ratio(self) -> float:
        """``value`` over ``against``."""
        return self.value / self.against

    @property
    def goal_text(self) -> str:
        """The goal with its direction; empty when there is none."""
        if self.goal is None:
            return ""
        return f"{'<=' if self.at_most else '>='} {self.goal:g}"

    @property
    def met(self) -> bool:
        """Whether the goal is reached (also when there is none)."""
        if self.goal is None:
            return True
        return self.ratio <= self.goal if self.at_most else self.ratio >= self.goal


def median_versus(
    name: str,
    rounds: Sequence[tuple[float, float]],
    unit: str,
    what: str,
    goal: float | None = None,
    *,
    at_most: bool = False,
) -> Measurement:
    """Of rounds of (value, against), the one with the median ratio."""
    value, against = sorted(rounds, key=lambda pair: pair[0] / pair[1])[len(rounds) // 2]
    return Measurement(name, value, unit, against, what, goal, at_most)


def table(measurements: Sequence[Measurement]) -> str:
    """For a person."""
    rows = [("what", "measured", "unit", "against", "which is", "ratio", "goal", "")]
    rows += [
        (
            m.name,
            f"{m.value:,.5g}",
            m.unit,
            f"{m.against:,.5g}",
            m.against_what,
            f"{m.ratio:.3g}",
            m.goal_text,
            "" if m.goal is None else "met" if m.met else "MISSED",
        )
        for m in measurements
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def write_json(measurements: Sequence[Measurement], path: Path) -> None:
    """``{name: {value, unit, against, ratio, goal, at_most}}``: ``goal`` is what ``ratio`` must reach, or with
    ``at_most`` must not pass; null when there is none.
    """
    kept = {
        m.name: {
            "value": m.value,
            "unit": m.unit,
            "against": m.against,
            "ratio": m.ratio,
            "goal": m.goal,
            "at_most": m.at_most,
        }
        for m in measurements
    }
    path.write_text(json.dumps(kept, indent=2) + "\n")
