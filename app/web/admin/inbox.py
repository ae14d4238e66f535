"""The inbox: what needs a person now, the queues, search, and approving several at once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from app.container import Container
from app.core.inventory.service import STOCK_MOVE
from app.core.kit.errors import DomainError
from app.core.labels.service import LABEL_BUY
from app.core.returns import repository
from app.core.returns.refunds.service import REFUND_ISSUE
from app.core.returns.repository import Queue
from app.core.returns.waiting import repository as waiting
from app.web.admin.changes import VERBS, change
from app.web.admin.session import not_warehouse, staff
from app.web.admin.shown import Shown
from app.web.errors import sentence

MAX_BULK = 100
STUCK_KINDS = (REFUND_ISSUE, STOCK_MOVE, LABEL_BUY)
MOVED_ON = frozenset({"transition_forbidden", "stale", "return_unknown"})
"""Refusals that mean: somebody else was quicker."""


@dataclass(frozen=True, slots=True)
class Task:
    """One kind of work: how much of it, and for how many days the oldest has been waiting (None: nothing waits)."""

    queue: Queue
    count: int
    days: int | None


def register(blueprint: Blueprint, container: Container) -> None:
    """Inbox, scanner field, bulk approval."""

    @blueprint.get("/")
    def inbox() -> str:
        queue = _queue(request.args.get("queue"))
        search, country = request.args.get("q", "").strip()[:120], request.args.get("country", "")[:2].upper()
        store, after = staff().store, as_uuid(request.args.get("after"))
        with container.database.read() as db:
            page = repository.page(db, store.id, queue, search=search, country=country, after=after)
            counts = repository.count_by_queue(db, store.id)
            countries = repository.countries(db, store.id)
            oldest = waiting.oldest(db, store.id)
            stuck = waiting.stuck(db, store.id, STUCK_KINDS)
            shown = Shown(g.voice, store.timezone)
            rows = [shown.row(returned) for returned in page.returns]
        now = container.clock.now()
        return render_template(
            "admin/inbox.html",
            rows=rows,
            next_cursor=page.next_cursor,
            after=after,
            counts=counts,
            queue=queue,
            queues=tuple(Queue),
            tasks=(
                Task(Queue.REVIEW, counts[Queue.REVIEW], _days(oldest.decision, now)),
                Task(Queue.ARRIVED, counts[Queue.ARRIVED], _days(oldest.inspection, now)),
                Task(Queue.PROBLEM, counts[Queue.PROBLEM], _days(oldest.problem, now)),
            ),
            stuck=stuck,
            may_approve=staff().may_decide and any(row.can_approve for row in rows),
            search=search,
            country=country,
            countries=sorted((shown.country(code), code) for code in countries if code),
        )

    @blueprint.get("/scan")
    def scan() -> Response:
        typed = request.args.get("rma", "")
        with container.database.read() as db:
            found = repository.by_rma(db, staff().store.id, typed)
        if found is None:
            flash(g.voice.gettext("No return has the number %(rma)s.", rma=typed[:40]), "bad")
            return redirect(url_for("admin.inbox"))
        return redirect(url_for("admin.detail", return_id=found.id))

    @blueprint.post("/bulk")
    def bulk() -> Response:
        not_warehouse()
        chosen = [as_uuid(text) for text in request.form.getlist("return_id")[:MAX_BULK]]
        done, refused = 0, Counter[str]()
        for return_id in filter(None, chosen):
            try:
                change(container, return_id, VERBS["approve"], tell=False)
                done += 1
            except StaleDataError:
                refused["stale"] += 1
            except DomainError as error:
                refused[error.code] += 1
        _report(done, refused)
        here = {name: request.form.get(name, "") for name in ("queue", "q", "country", "after")}
        return redirect(url_for("admin.inbox", **{name: value for name, value in here.items() if value}))  # type: ignore[arg-type]


def _report(done: int, refused: Counter[str]) -> None:
    voice = g.voice
    if not done and not refused:
        flash(voice.gettext("Please choose at least one return first."), "bad")
    if done:
        flash(
            voice.ngettext(
                "%(num)s return approved. Its label is on its way to the shopper.",
                "%(num)s returns approved. Their labels are on their way to the shoppers.",
                done,
            ),
            "good",
        )
    moved_on = sum(count for code, count in refused.items() if code in MOVED_ON)
    if moved_on:
        flash(
            voice.ngettext(
                "%(num)s return was left alone: its state has changed.",
                "%(num)s returns were left alone: their state has changed.",
                moved_on,
            ),
            "bad",
        )
    for code, count in refused.items():
        if code not in MOVED_ON:
            left = voice.ngettext("%(num)s return was not approved.", "%(num)s returns were not approved.", count)
            flash(f"{left} {sentence(voice, code)}", "bad")


def _days(since: datetime | None, now: datetime) -> int | None:
    return None if since is None else max(0, (now - since).days)


def _queue(text: str | None) -> Queue:
    try:
        return Queue(text or Queue.NEEDS_YOU)
    except ValueError:
        return Queue.NEEDS_YOU


def as_uuid(text: str | None) -> UUID | None:
    """The id that was typed or clicked, None for anything else."""
    try:
        return UUID(text or "")
    except ValueError:
        return None
