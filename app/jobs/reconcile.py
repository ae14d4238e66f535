"""Pull what changed in a store since last time: finds what no webhook told us, and is the first import as well."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from app.container import Container
from app.core.kit.errors import ProviderError
from app.core.merchants import repository as merchants
from app.core.orders import service as orders
from app.jobs.reading import connect

log = structlog.get_logger()

FIRST_IMPORT = timedelta(days=60)
"""How far back the first pull goes: what a platform gives without a special permission."""
OVERLAP = timedelta(minutes=10)
"""Looked at again each time, for clocks that differ and changes that were written late."""


def reconcile(container: Container, store_id: UUID) -> int:
    """Record every order of one store that changed since the last pull; gives how many were looked at.

    Progress is kept page by page, so a pull that is killed goes on where it was.
    """
    started = container.clock.now()
    with container.database.read() as session:
        reconciled_to = merchants.store(session, store_id).reconciled_to
    since = (reconciled_to - OVERLAP) if reconciled_to else started - FIRST_IMPORT
    source = connect(container, store_id)
    seen, cursor = 0, None
    while True:
        page = source.changed_since(since, cursor)
        newest: datetime | None = None
        with container.database.write() as session:
            for snapshot in page.orders:
                orders.record(session, store_id, snapshot, now=container.clock.now())
                newest = snapshot.updated_at
            store = merchants.store(session, store_id)
            store.reconciled_to = started if page.next_cursor is None else max(newest or since, since)
        seen += len(page.orders)
        cursor = page.next_cursor
        if cursor is None:
            return seen


def reconcile_all(container: Container) -> dict[str, int]:
    """Every connected store; one that cannot be reached does not keep the others waiting."""
    with container.database.read() as session:
        store_ids = [store.id for store in merchants.connected(session)]
    counts = {}
    for store_id in store_ids:
        try:
            counts[str(store_id)] = reconcile(container, store_id)
        except ProviderError as error:
            log.warning("reconcile_failed", store_id=str(store_id), error=error.message)
    return counts
