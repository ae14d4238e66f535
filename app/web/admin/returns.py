"""The inbox and one return: what needs a person, and the buttons to deal with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, abort, flash, g, redirect, render_template, request, url_for
from flask import Response as FlaskResponse
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from app.container import Container
from app.core.kit.errors import DomainError
from app.core.labels import repository as labels
from app.core.merchants import repository as merchants
from app.core.messaging import history, outbox
from app.core.returns import repository, service, words
from app.core.returns.errors import InspectionIncomplete, ReturnUnknown
from app.core.returns.policy import service as policies
from app.core.returns.receiving import service as receiving
from app.core.returns.receiving.rules import Disposition, Grade, usual_disposition
from app.core.returns.refunds import service as refunds
from app.core.returns.repository import Queue
from app.web.admin.session import not_warehouse, staff
from app.web.errors import sentence

if TYPE_CHECKING:
    from app.core.merchants.models import Store
    from app.core.returns.models import Return

MAX_BULK = 100


def register(blueprint: Blueprint, container: Container) -> None:
    """Inbox, detail, decisions, receiving, inspection, files."""

    @blueprint.app_context_processor
    def _words() -> dict[str, Any]:
        return {"words": words}

    @blueprint.get("/")
    def inbox() -> str:
        queue = _queue(request.args.get("queue"))
        search, country = request.args.get("q", "").strip()[:120], request.args.get("country", "")[:2].upper()
        with container.database.read() as db:
            page = repository.page(
                db, staff().store.id, queue, search=search, country=country, after=_uuid(request.args.get("after"))
            )
            counts = repository.count_by_queue(db, staff().store.id)
            countries = repository.countries(db, staff().store.id)
        return render_template(
            "admin/inbox.html",
            page=page,
            counts=counts,
            queue=queue,
            queues=tuple(Queue),
            search=search,
            country=country,
            countries=countries,
        )

    @blueprint.get("/scan")
    def scan() -> Response:
        typed = request.args.get("rma", "")
        with container.database.read() as db:
            found = repository.by_rma(db, staff().store.id, typed)
        if found is None:
            flash(g.voice.gettext("No return has the number %(rma)s.", rma=typed), "bad")
            return redirect(url_for("admin.inbox"))
        return redirect(url_for("admin.detail", return_id=found.id))

    @blueprint.get("/returns/<uuid:return_id>")
    def detail(return_id: UUID) -> str:
        with container.database.read() as db:
            return _detail(db, return_id)

    @blueprint.post("/returns/<uuid:return_id>/<any(approve,decline,receive,retry):verb>")
    def act(return_id: UUID, verb: str) -> Response:
        if verb != "receive":
            not_warehouse()
        _change(container, return_id, VERBS[verb])
        return redirect(url_for("admin.detail", return_id=return_id))

    @blueprint.post("/returns/<uuid:return_id>/effects/<uuid:outbox_id>/again")
    def again(return_id: UUID, outbox_id: UUID) -> Response:
        not_warehouse()
        with container.database.write() as db:
            repository.get(db, staff().store.id, return_id)
            outbox.retry(db, staff().store.id, outbox_id, container.clock.now())
        return redirect(url_for("admin.detail", return_id=return_id))

    @blueprint.post("/returns/<uuid:return_id>/inspect")
    def inspect(return_id: UUID) -> Response | tuple[str, int]:
        try:
            _change(container, return_id, _inspect, tell=False)
        except InspectionIncomplete as error:
            with container.database.read() as db:
                return _detail(db, return_id, problem=error), 422
        return redirect(url_for("admin.detail", return_id=return_id))

    @blueprint.post("/bulk")
    def bulk() -> Response:
        not_warehouse()
        done = failed = 0
        for text in request.form.getlist("return_id")[:MAX_BULK]:
            chosen = _uuid(text)
            if chosen is None:
                continue
            try:
                _change(container, chosen, VERBS["approve"], tell=False)
                done += 1
            except (DomainError, StaleDataError):
                failed += 1
        if done:
            flash(g.voice.ngettext("%(num)s return approved.", "%(num)s returns approved.", done, num=done), "good")
        if failed:
            flash(
                g.voice.ngettext(
                    "%(num)s return was left alone: its state has changed.",
                    "%(num)s returns were left alone: their state has changed.",
                    failed,
                    num=failed,
                ),
                "bad",
            )
        return redirect(url_for("admin.inbox", queue=request.form.get("queue", "")))

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
        store_id = staff().store.id
        returned = repository.get(db, store_id, return_id)
        timeline = history.of(db, store_id, return_id)
        people = [UUID(e.actor.removeprefix("staff:")) for e in timeline if e.actor.startswith("staff:")]
        return render_template(
            "admin/detail.html",
            returned=returned,
            timeline=timeline,
            names={f"staff:{key}": name for key, name in merchants.names(db, people).items()},
            stuck=outbox.dead_in_lane(db, store_id, returned.lane),
            labels=labels.of_return(db, store_id, return_id),
            grades=tuple(Grade),
            dispositions=tuple(d for d in Disposition if d is not Disposition.NONE),
            usual=usual_disposition,
            problem=problem,
            problem_text=sentence(g.voice, problem.code) if problem else None,
            form=request.form,
        )


Verb = Callable[[Session, "Store", "Return", str, Any], None]


def _change(container: Container, return_id: UUID, verb: Verb, *, tell: bool = True) -> None:
    """One unit of work on one return. With ``tell`` a refusal becomes a notice on the page that follows."""
    try:
        with container.database.write() as db:
            store = merchants.store(db, staff().store.id)
            returned = repository.get(db, store.id, return_id, lock=True)
            verb(db, store, returned, staff().actor, container.clock.now())
    except ReturnUnknown:
        raise
    except StaleDataError:
        if not tell:
            raise
        flash(sentence(g.voice, "stale"), "bad")
    except DomainError as error:
        if not tell:
            raise
        flash(sentence(g.voice, error.code), "bad")


def _approve(db: Session, store: Store, returned: Return, actor: str, now: Any) -> None:
    service.approve(db, store, returned, actor=actor, now=now, reason=request.form.get("reason", ""))


def _decline(db: Session, store: Store, returned: Return, actor: str, now: Any) -> None:
    del store
    service.decline(db, returned, actor=actor, now=now, reason=request.form.get("reason", ""))


def _receive(db: Session, store: Store, returned: Return, actor: str, now: Any) -> None:
    receiving.receive(db, store, returned, actor=actor, now=now)


def _retry(db: Session, store: Store, returned: Return, actor: str, now: Any) -> None:
    _, policy = policies.in_force(db, store.id)
    refunds.retry(db, returned, policy, actor=actor, now=now)


def _inspect(db: Session, store: Store, returned: Return, actor: str, now: Any) -> None:
    graded = []
    for line in returned.lines:
        for unit in range(line.quantity):
            name = f"{line.id}-{unit}"
            try:
                grade = Grade(request.form.get(f"grade-{name}", ""))
                wished = request.form.get(f"disposition-{name}", "")
                disposition = Disposition.NONE if grade is Grade.MISSING else Disposition(wished)
            except ValueError as error:
                raise InspectionIncomplete(field=f"grade-{name}") from error
            note = request.form.get(f"note-{name}", "")
            graded.append(receiving.GradedUnit(line.id, unit, grade, disposition, note))
    receiving.inspect(db, store, returned, graded, actor=actor, now=now)


VERBS: dict[str, Verb] = {"approve": _approve, "decline": _decline, "receive": _receive, "retry": _retry}


def _queue(text: str | None) -> Queue:
    try:
        return Queue(text or Queue.NEEDS_YOU)
    except ValueError:
        return Queue.NEEDS_YOU


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
