"""Ring for rows that were left behind: a ring that was lost, a worker that died, a back-off that is over."""

from __future__ import annotations

from app.container import Container
from app.core.messaging import inbox, outbox


def sweep(container: Container) -> bool:
    """Whether anything waits; then the bell has been rung."""
    now = container.clock.now()
    with container.database.read() as session:
        waiting = inbox.oldest_waiting(session, now) is not None or outbox.oldest_waiting(session, now) is not None
    if waiting:
        container.bell.ring()
    return waiting
