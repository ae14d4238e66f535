"""State machines as literal tables, and the one function that moves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.core.kit.errors import DomainError, Kind


class ForbiddenTransition(DomainError):
    """The event does not apply in the present state (a second click, a late worker, a stale page)."""

    code = "transition_forbidden"
    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Machine:
    """``table[state][event]`` is the next state; what is not in it cannot happen."""

    name: str
    table: Mapping[StrEnum, Mapping[StrEnum, StrEnum]]


@dataclass(frozen=True, slots=True)
class Change:
    """One move of one machine; ``messaging.history.record`` writes it in the same transaction."""

    machine: str
    from_state: str
    event: str
    to_state: str


def advance(machine: Machine, state: StrEnum, event: StrEnum) -> Change:
    """The move that ``event`` makes from ``state``. Raises ForbiddenTransition if there is none."""
    following = machine.table.get(state, {}).get(event)
    if following is None:
        raise ForbiddenTransition(machine=machine.name, state=str(state), event=str(event))
    return Change(machine.name, str(state), str(event), str(following))
