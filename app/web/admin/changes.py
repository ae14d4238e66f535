"""What staff can do to a return: one unit of work each, with the form of the request at hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from flask import flash, g, request
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.container import Container
from app.core.kit.errors import DomainError
from app.core.kit.money import AmountMalformed, Money
from app.core.merchants import repository as merchants
from app.core.returns import repository, service
from app.core.returns.errors import InspectionIncomplete, ReasonNeeded, ReturnUnknown
from app.core.returns.policy import service as policies
from app.core.returns.receiving import service as receiving
from app.core.returns.receiving.rules import Disposition, Grade, usual_disposition
from app.core.returns.refunds import service as refunds
from app.core.returns.refunds.rules import AmountInvalid
from app.web.admin.session import staff
from app.web.errors import sentence

if TYPE_CHECKING:
    from app.core.merchants.models import Store
    from app.core.returns.models import Return

Verb = Callable[[Session, "Store", "Return", str, datetime], None]


def change(container: Container, return_id: UUID, verb: Verb, *, tell: bool = True) -> None:
    """One unit of work on one return. With ``tell`` a refusal becomes a notice on the page that follows; a reason
    that is missing, or an amount that is none, is raised all the same, because it belongs beside its field.
    """
    try:
        with container.database.write() as db:
            store = merchants.store(db, staff().store.id)
            returned = repository.get(db, store.id, return_id, lock=True)
            verb(db, store, returned, staff().actor, container.clock.now())
    except (ReturnUnknown, ReasonNeeded, AmountMalformed, AmountInvalid):
        raise
    except StaleDataError:
        if not tell:
            raise
        flash(sentence(g.voice, "stale"), "bad")
    except DomainError as error:
        if not tell:
            raise
        flash(sentence(g.voice, error.code), "bad")


def _approve(db: Session, store: Store, returned: Return, actor: str, now: datetime) -> None:
    service.approve(db, store, returned, actor=actor, now=now, reason=request.form.get("reason", ""))


def _decline(db: Session, store: Store, returned: Return, actor: str, now: datetime) -> None:
    del store
    service.decline(db, returned, actor=actor, now=now, reason=request.form.get("reason", ""))


def _receive(db: Session, store: Store, returned: Return, actor: str, now: datetime) -> None:
    receiving.receive(db, store, returned, actor=actor, now=now)


def _retry(db: Session, store: Store, returned: Return, actor: str, now: datetime) -> None:
    policy = policies.decided_by(db, store.id, returned.policy_version)
    refunds.retry(db, returned, policy, actor=actor, now=now)


def _amount(db: Session, store: Store, returned: Return, actor: str, now: datetime) -> None:
    """Staff give another amount than the rules. A comma counts as the decimal point. Raises AmountMalformed."""
    typed = request.form.get("amount", "").strip().replace(",", ".")
    amount = Money.parse(typed, returned.currency)
    policy = policies.decided_by(db, store.id, returned.policy_version)
    refunds.settle_amount(
        db, returned, amount, policy, actor=actor, reason=request.form.get("amount_reason", ""), now=now
    )


def inspect(db: Session, store: Store, returned: Return, actor: str, now: datetime) -> None:
    """Grade every unit as the form says; a disposition left open is the usual one. Raises InspectionIncomplete."""
    graded = []
    for line in returned.lines:
        for unit in range(line.quantity):
            name = f"{line.id}-{unit}"
            try:
                grade = Grade(request.form.get(f"grade-{name}", ""))
                wished = request.form.get(f"disposition-{name}", "")
                disposition = Disposition(wished) if wished else usual_disposition(grade)
            except ValueError as error:
                raise InspectionIncomplete(field=f"grade-{name}") from error
            if grade is Grade.MISSING:
                disposition = Disposition.NONE
            note = request.form.get(f"note-{name}", "")
            graded.append(receiving.GradedUnit(line.id, unit, grade, disposition, note))
    receiving.inspect(db, store, returned, graded, actor=actor, now=now)


VERBS: dict[str, Verb] = {
    "approve": _approve,
    "decline": _decline,
    "receive": _receive,
    "retry": _retry,
    "amount": _amount,
}
