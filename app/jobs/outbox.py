"""Carry out what the core has intended: claim, call with no transaction open, record the answer.

    claim (commit) -> find, where the last try may have worked -> call -> record result and follow-up (commit)

A worker that dies after the call leaves a lease that runs out; the row then counts as unknown and is looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy.orm import Session

from app.container import Container
from app.core.kit.errors import ProviderError
from app.core.messaging import outbox

if TYPE_CHECKING:
    from app.core.messaging.models import OutboxMessage

log = structlog.get_logger()

BATCH = 32
LANES_AT_ONCE = 4
"""Vendor calls are slow and wait for the network; more at once would press a store's rate limit."""

Result = dict[str, Any]


def _nothing_done(
    session: Session, container: Container, message: OutboxMessage, result: Result, now: datetime
) -> None:
    """No follow-up."""


def _nothing_dead(session: Session, container: Container, message: OutboxMessage, error: str, now: datetime) -> None:
    """No follow-up; the row itself is shown to staff."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One kind of outbox row. ``find`` gives the result of an earlier try, None where there was none."""

    call: Callable[[Container, OutboxMessage], Result]
    find: Callable[[Container, OutboxMessage], Result | None] | None = None
    done: Callable[[Session, Container, OutboxMessage, Result, datetime], None] = _nothing_done
    dead: Callable[[Session, Container, OutboxMessage, str, datetime], None] = _nothing_dead


def drain_outbox(container: Container, effects: Mapping[str, Effect]) -> int:
    """Run until nothing more may run now; gives how many rows were finished or put off."""
    handled = 0
    with ThreadPoolExecutor(LANES_AT_ONCE, thread_name_prefix="lane") as pool:
        while True:
            with container.database.write() as session:
                claimed = outbox.claim(session, container.clock.now(), BATCH)
            if not claimed:
                return handled
            list(pool.map(lambda message: run(container, effects, message), claimed))
            handled += len(claimed)


def run(container: Container, effects: Mapping[str, Effect], message: OutboxMessage) -> None:
    """Carry out one claimed row and record what came of it."""
    effect = effects.get(message.kind)
    if effect is None:
        _give_up(container, None, message, f"nothing knows how to do {message.kind}")
        return
    try:
        result = effect.find(container, message) if message.must_find and effect.find is not None else None
        if result is None:
            result = effect.call(container, message)
    except ProviderError as error:
        _refused(container, effect, message, error)
    except Exception as error:
        log.exception("effect_crashed", kind=message.kind, outbox_id=str(message.id))
        unknown = ProviderError("helloword", type(error).__name__, outcome_unknown=True)
        _refused(container, effect, message, unknown)
    else:
        _record(container, effect, message, result)


def _record(container: Container, effect: Effect, message: OutboxMessage, result: Result) -> None:
    now = container.clock.now()
    with container.database.write() as session:
        row = outbox.held(session, message.store_id, message.id, message.lease_token)
        if row is None:  # the lease ran out: whoever holds it now finds the effect by its key and records it
            log.warning("lease_lost", kind=message.kind, outbox_id=str(message.id))
            return
        effect.done(session, container, row, result, now)
        outbox.finished(row, result, now)


def _refused(container: Container, effect: Effect, message: OutboxMessage, error: ProviderError) -> None:
    now = container.clock.now()
    log.warning("effect_refused", kind=message.kind, outbox_id=str(message.id), error=error.message, code=error.code)
    if error.retryable:
        with container.database.write() as session:
            row = outbox.held(session, message.store_id, message.id, message.lease_token)
            if row is None:
                return
            unknown = error.outcome_unknown or message.must_find
            if outbox.postponed(row, error.message, now, unknown=unknown, retry_after=error.retry_after):
                return
            if unknown:  # out of tries, and it may have worked: nothing is taken back, a person asks for another look
                outbox.died(row, error.message, now)
                return
    _give_up(container, effect, message, error.message)


def _give_up(container: Container, effect: Effect | None, message: OutboxMessage, why: str) -> None:
    now = container.clock.now()
    with container.database.write() as session:
        row = outbox.held(session, message.store_id, message.id, message.lease_token)
        if row is None:
            return
        if effect is not None:
            effect.dead(session, container, row, why, now)
        outbox.died(row, why, now)
