"""One return, for whoever holds its link: where it stands, the label, and a way to cancel it."""

from __future__ import annotations

from flask import Blueprint, g, request
from werkzeug.wrappers import Response

from app.container import Container
from app.core.kit.errors import DomainError
from app.core.labels import repository as labels
from app.core.labels.addresses import address_lines
from app.core.messaging import history
from app.core.messaging.history import SHOPPER
from app.core.orders.ports import Address
from app.core.returns import repository, service
from app.core.returns.policy import service as policies
from app.core.returns.refunds.states import RefundStatus
from app.core.returns.rules import Decision, Parcel, Settlement, can_withdraw
from app.core.returns.words import FOR_STAFF_ONLY
from app.web.errors import sentence
from app.web.portal.place import onward, place, reading, show


def register(blueprint: Blueprint, container: Container) -> None:
    """The status page and the withdrawal with its question."""

    @blueprint.get("/status/<access_key>")
    def status(access_key: str) -> Response:
        return status_page(container, access_key, fresh=bool(request.args.get("new")))

    @blueprint.route("/status/<access_key>/withdraw", methods=["GET", "POST"])
    def withdraw(access_key: str) -> Response:
        store_id = place().store.id
        if request.method == "GET":
            with reading(container) as session:
                returned = repository.by_access_key(session, store_id, access_key)
            if not can_withdraw(returned.decision, returned.parcel, returned.settlement):
                return status_page(container, access_key)
            return show(container, "withdraw.html", returned=returned)
        try:
            with container.database.write() as session:
                found = repository.by_access_key(session, store_id, access_key)
                returned = repository.get(session, store_id, found.id, lock=True)
                service.withdraw(session, returned, actor=SHOPPER, now=container.clock.now())
        except DomainError as error:
            if error.code not in {"too_late", "transition_forbidden"}:
                raise
            with reading(container) as session:
                already = repository.by_access_key(session, store_id, access_key).decision.value == "withdrawn"
            # A second click on "cancel" is no problem to tell anybody about.
            problem = "" if already else sentence(g.voice, "too_late")
            return status_page(container, access_key, problem=problem, status=200 if already else 409)
        return status_page(container, access_key) if place().embedded else onward(f"status/{access_key}")


def status_page(
    container: Container, access_key: str, *, fresh: bool = False, problem: str = "", status: int = 200
) -> Response:
    """Everything a shopper wants to know of a return. Raises ReturnUnknown."""
    store = place().store
    with reading(container) as session:
        returned = repository.by_access_key(session, store.id, access_key)
        timeline = [
            entry
            for entry in history.of(session, store.id, returned.id)
            if entry.machine is not None or entry.event not in FOR_STAFF_ONLY
        ]
        papers = [row for row in labels.of_return(session, store.id, returned.id) if row.voided_at is None]
        policy = policies.decided_by(session, store.id, returned.policy_version)
    refunds = [refund for refund in returned.refunds if refund.status is not RefundStatus.FAILED]
    address = Address.from_dict(store.return_address) if store.return_address else None
    return show(
        container,
        "status.html",
        status=status,
        returned=returned,
        timeline=timeline,
        label=papers[0] if papers else None,
        address_lines=address_lines(address, posted_in=returned.country) if address else [],
        refund=refunds[-1] if refunds else None,
        owed=returned.refunds[-1].amount if returned.refunds else returned.quoted,
        reached=_reached(returned.decision, returned.parcel, returned.settlement),
        policy=policy,
        may_withdraw=can_withdraw(returned.decision, returned.parcel, returned.settlement),
        declined_because=[r for r in returned.reasons if r["outcome"] == "decline"],
        review_because=[r for r in returned.reasons if r["outcome"] == "review"],
        titles={str(line.order_line_id): line.order_line.title for line in returned.lines},
        fresh=fresh,
        problem=problem,
    )


def _reached(decision: Decision, parcel: Parcel, settlement: Settlement) -> int:
    """How many of the steps approved, on its way, arrived, refunded are behind it; 0 where they do not tell its story
    (not granted, label expired, parcel lost, or paid before anything was sent).
    """
    if decision is not Decision.APPROVED:
        return 0
    if settlement is not Settlement.NONE and parcel not in {Parcel.RECEIVED, Parcel.INSPECTED}:
        return 0
    if settlement in {Settlement.REFUNDED, Settlement.CREDITED}:
        return 4
    return {
        Parcel.NONE: 1,
        Parcel.LABELLED: 1,
        Parcel.IN_TRANSIT: 2,
        Parcel.RECEIVED: 3,
        Parcel.INSPECTED: 3 if settlement is not Settlement.NONE else 0,
    }.get(parcel, 0)
