"""One return: what is known of it, and the buttons to deal with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask import Response as FlaskResponse
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.container import Container
from app.core.kit.errors import DomainError
from app.core.kit.money import AmountMalformed, Money
from app.core.kit.texts import N_
from app.core.labels import repository as labels
from app.core.merchants import repository as merchants
from app.core.messaging import history, outbox
from app.core.returns import repository, words
from app.core.returns.errors import InspectionIncomplete, ReasonNeeded
from app.core.returns.policy import service as policies
from app.core.returns.receiving.rules import Disposition, Grade, usual_disposition
from app.core.returns.refunds.rules import AmountInvalid
from app.core.returns.refunds.service import CREDIT_ISSUE, REFUND_ISSUE
from app.core.returns.rules import Settlement
from app.web.admin.changes import VERBS, change, inspect
from app.web.admin.session import not_warehouse, staff
from app.web.admin.shown import DISPOSITIONS, GRADES, INSTRUMENTS, Shown, state_of
from app.web.admin.timeline import moments
from app.web.errors import sentence


def register(blueprint: Blueprint, container: Container) -> None:
    """Detail, decisions, receiving, inspection, files."""

    @blueprint.app_context_processor
    def _words() -> dict[str, Any]:
        return {"words": words, "money": Money}

    @blueprint.get("/returns/<uuid:return_id>")
    def detail(return_id: UUID) -> str:
        with container.database.read() as db:
            return _detail(db, return_id)

    @blueprint.post("/returns/<uuid:return_id>/<any(approve,decline,receive,retry,amount):verb>")
    def act(return_id: UUID, verb: str) -> Response | tuple[str, int]:
        if verb != "receive":
            not_warehouse()
        try:
            change(container, return_id, VERBS[verb])
        except (ReasonNeeded, AmountMalformed, AmountInvalid) as error:
            with container.database.read() as db:
                return _detail(db, return_id, problem=error), 422
        return redirect(url_for("admin.detail", return_id=return_id))

    @blueprint.post("/returns/<uuid:return_id>/effects/<uuid:outbox_id>/again")
    def again(return_id: UUID, outbox_id: UUID) -> Response:
        not_warehouse()
        with container.database.write() as db:
            repository.get(db, staff().store.id, return_id)
            outbox.retry(db, staff().store.id, outbox_id, container.clock.now())
        flash(g.voice.gettext("We are looking again. This page shows what came of it in a moment."), "good")
        return redirect(url_for("admin.detail", return_id=return_id))

    @blueprint.post("/returns/<uuid:return_id>/inspect", endpoint="inspect")
    def inspected(return_id: UUID) -> Response | tuple[str, int]:
        try:
            change(container, return_id, inspect, tell=False)
        except InspectionIncomplete as error:
            with container.database.read() as db:
                return _detail(db, return_id, problem=error), 422
        return redirect(url_for("admin.detail", return_id=return_id))

    @blueprint.get("/returns/<uuid:return_id>/files/<path:name>")
    def file(return_id: UUID, name: str) -> FlaskResponse:
        with container.database.read() as db:
            returned = repository.get(db, staff().store.id, return_id)
            known = {f"photo-{p.id}": (p.file_key, p.content_type) for line in returned.lines for p in line.photos}
            for label in labels.of_return(db, staff().store.id, return_id):
                known |= {f"label-{label.id}-{f['name']}": (f["key"], f["type"]) for f in label.files}
        key, content_type = known.get(name, ("", ""))
        content = container.files.get(key) if key else None
        if content is None:
            abort(404)
        return FlaskResponse(content, mimetype=content_type, headers={"Cache-Control": "private, max-age=3600"})

    def _detail(db: Session, return_id: UUID, problem: DomainError | None = None) -> str:
        store = staff().store
        returned = repository.get(db, store.id, return_id)
        entries = history.of(db, store.id, return_id)
        people = [UUID(e.actor.removeprefix("staff:")) for e in entries if e.actor.startswith("staff:")]
        names = {f"staff:{key}": name for key, name in merchants.names(db, people).items()}
        stuck = [
            effect
            for effect in outbox.dead_in_lane(db, store.id, returned.lane)
            if effect.payload.get("return_id") == str(returned.id)
        ]
        tone, state = state_of(returned.decision, returned.parcel, returned.settlement)
        if returned.settlement is Settlement.PENDING and any(
            effect.kind in {REFUND_ISSUE, CREDIT_ISSUE} for effect in stuck
        ):
            tone, state = "bad", N_("Refund not confirmed")
        policy = policies.decided_by(db, store.id, returned.policy_version)
        return render_template(
            "admin/detail.html",
            returned=returned,
            tone=tone,
            state=g.voice.gettext(state),
            shown=Shown(g.voice, store.timezone),
            policy=policy,
            moments=moments(entries, returned, names, g.voice, store.timezone),
            stuck=stuck,
            labels=labels.of_return(db, store.id, return_id),
            grades={grade.value: g.voice.gettext(GRADES[grade.value]) for grade in Grade},
            dispositions={d.value: g.voice.gettext(DISPOSITIONS[d.value]) for d in Disposition},
            instruments={code: g.voice.gettext(name) for code, name in INSTRUMENTS.items()},
            usual={grade.value: usual_disposition(grade).value for grade in Grade},
            problem=problem,
            problem_text=_problem_text(problem) if problem else "",
            form=request.form,
        )


def _problem_text(problem: DomainError) -> str:
    if isinstance(problem, InspectionIncomplete) and problem.field and problem.field.startswith("unit-"):
        unit = problem.field.removeprefix("unit-")
        if request.form.get(f"grade-{unit}"):
            return str(g.voice.gettext("Only what is as new can go back into stock. Please choose something else."))
    return sentence(g.voice, problem.code)
