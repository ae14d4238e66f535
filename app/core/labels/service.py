"""Keep what a carrier has sold, and ask for labels to be voided."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.kit.ids import new_id
from app.core.labels import repository
from app.core.labels.models import Label
from app.core.messaging import outbox

LABEL_BUY = "label.buy"
LABEL_VOID = "label.void"


def keep(
    session: Session,
    store_id: UUID,
    return_id: UUID,
    outbox_id: UUID,
    bought: dict[str, object],
    *,
    now: datetime,
) -> Label:
    """Keep a bought label. ``bought``: carrier, ref, tracking_number, cost_minor, cost_currency, files."""
    label = Label(store_id=store_id, id=new_id(), return_id=return_id, outbox_id=outbox_id, created_at=now, **bought)
    session.add(label)
    return label


def void_all(session: Session, store_id: UUID, return_id: UUID, *, lane: str, now: datetime) -> int:
    """Ask the carrier to take unused labels of a return back; gives how many."""
    unused = [label for label in repository.of_return(session, store_id, return_id) if label.voided_at is None]
    for label in unused:
        label.voided_at = now
        outbox.put(
            session,
            store_id,
            LABEL_VOID,
            {"label_id": str(label.id), "carrier": label.carrier, "ref": label.ref},
            lane=lane,
            now=now,
            once_key=f"{LABEL_VOID}:{label.id}",
        )
    return len(unused)
