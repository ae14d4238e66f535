"""Every query about labels."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.labels.models import Label


def of_return(session: Session, store_id: UUID, return_id: UUID) -> Sequence[Label]:
    """All labels of a return, newest first."""
    return session.scalars(
        select(Label).where(Label.store_id == store_id, Label.return_id == return_id).order_by(Label.id.desc())
    ).all()


def current(session: Session, store_id: UUID, return_id: UUID) -> Label | None:
    """The newest label that is not voided."""
    return next((label for label in of_return(session, store_id, return_id) if label.voided_at is None), None)


def get(session: Session, store_id: UUID, label_id: UUID) -> Label | None:
    """The label with this id."""
    return session.get(Label, (store_id, label_id))
