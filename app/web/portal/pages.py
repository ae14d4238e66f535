"""From "which order?" to "here is your return": find, code, items, review, confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from flask import Blueprint, g, request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.container import Container
from app.core.kit.errors import DomainError
from app.core.merchants import repository as merchants
from app.core.orders import repository as orders
from app.core.orders.errors import QuantityOverLeft
from app.core.returns import repository, service
from app.core.returns.access import service as access
from app.core.returns.access.service import Refused
from app.core.returns.eligibility import service as eligibility
from app.core.returns.errors import ReturnUnknown
from app.core.returns.evidence.service import MAX_PHOTOS
from app.core.returns.policy import service as policies
from app.core.returns.policy.rules import Outcome, outcomes_offered
from app.core.returns.reasons.rules import GROUPS, REASONS, in_group
from app.core.returns.refunds.rules import QuantityExceedsRefundable
from app.core.returns.service import Preview
from app.web.errors import sentence
from app.web.portal import forms, uploads
from app.web.portal.forms import Draft, Problem
from app.web.portal.passes import Passes
from app.web.portal.place import onward, place, reading, show
from app.web.portal.status import status_page

if TYPE_CHECKING:
    from app.core.orders.models import Order

RESEND_SECONDS = 30
"""A second code is not sent before; mail needs a moment."""
MAX_TYPED = 254


class Pages:
    """The steps. Each reads what the one before proved, and shows itself again with all that was typed."""

    def __init__(self, container: Container) -> None:
        self._container = container
        self._secret = container.settings.secret_key.get_secret_value()
        self._passes = Passes(self._secret, container.clock)

    # --- which order ---------------------------------------------------------------------------------------------

    def find(self) -> Response:
        """Order number and e-mail; whatever is typed, the answer is the page that asks for the code."""
        number, email = _typed("number"), _typed("email")
        if request.method == "GET":  # the store's own pages may link here with the number of the order
            number = request.args.get("number", "").strip()[:MAX_TYPED]
            return show(self._container, "find.html", number=number, email="", problems={})
        problems = {}
        if not number.strip("# "):
            problems["number"] = g.voice.gettext("Please enter your order number.")
        if not _looks_like_email(email):
            problems["email"] = g.voice.gettext("Please enter the e-mail address of the order, like name@example.com.")
        if problems:
            return show(self._container, "find.html", status=422, number=number, email=email, problems=problems)
        store, now = place().store, self._container.clock.now()
        again = request.form.get("again", "")
        if again:
            challenge_id, age = self._passes.challenge(again, store.id)
            if age < RESEND_SECONDS:
                wait = g.voice.gettext("A code was sent just now. Please give the mail a moment to arrive.")
                return self._code_page(again, number, email, notice=wait)
        with self._container.database.write() as session:
            locale = g.voice.locale
            challenge_id = access.ask(session, store.id, number, email, locale, self._secret.encode(), now=now)
        notice = g.voice.gettext("We have sent a new code. The one before still works for a while.") if again else ""
        return self._code_page(self._passes.for_challenge(store.id, challenge_id), number, email, notice=notice)

    def code(self) -> Response:
        """Six digits. A wrong code and an order that does not exist are one answer."""
        if request.method == "GET":
            return onward()
        store, number, email = place().store, _typed("number"), _typed("email")
        challenge_pass = request.form.get("t", "")
        challenge_id, _ = self._passes.challenge(challenge_pass, store.id)
        typed = request.form.get("code", "")[:40]
        if len([ch for ch in typed if ch.isdigit()]) != 6:  # noqa: PLR2004 (six digits; not counted as a try)
            words = g.voice.gettext("The code has six digits. Please look at the mail again.")
            return self._code_page(challenge_pass, number, email, typed=typed, problem=words, status=422)
        now = self._container.clock.now()
        with self._container.database.write() as session:
            answer = access.prove(session, store.id, challenge_id, typed, now=now)
        if isinstance(answer, Refused):
            return self._code_page(
                challenge_pass, number, email, typed=typed, problem=_refused(answer.attempts_left), status=422
            )
        order_pass = self._passes.for_order(store.id, answer.order_id, challenge_id)
        return self._order_page(order_pass) if place().embedded else onward("order", t=order_pass)

    def order(self) -> Response:
        """What has been returned of this order; straight on to the items where there is nothing yet."""
        return self._order_page(_pass())

    def _code_page(
        self,
        challenge_pass: str,
        number: str,
        email: str,
        *,
        typed: str = "",
        problem: str = "",
        notice: str = "",
        status: int = 200,
    ) -> Response:
        return show(
            self._container,
            "code.html",
            status=status,
            challenge_pass=challenge_pass,
            number=number,
            email=email,
            typed=typed,
            problem=problem,
            notice=notice,
        )

    def _order_page(self, order_pass: str) -> Response:
        with reading(self._container) as session:
            order = self._order(session, order_pass)
            made = repository.of_order(session, order.store_id, order.id)
            eligible = eligibility.of_order(session, order, now=self._container.clock.now())
        if not made:
            return self._items_page(order_pass, order, forms.new_draft(order, eligible))
        more = any(line.left and not line.never for line in eligible.lines.values())
        return show(self._container, "order.html", order=order, made=made, more=more, order_pass=order_pass)

    # --- what comes back -----------------------------------------------------------------------------------------

    def items(self) -> Response:
        """Choose; a form without problems goes on to the review."""
        order_pass = _pass()
        with reading(self._container) as session:
            order = self._order(session, order_pass)
            eligible = eligibility.of_order(session, order, now=self._container.clock.now())
            known = None
            if request.method == "POST":
                known = repository.by_submit_key(session, order.store_id, request.form.get("k", ""))
        if request.method == "GET":
            return self._items_page(order_pass, order, forms.new_draft(order, eligible))
        if known is not None and known.order_id == order.id:
            return self._arrived(known.access_key)
        draft = forms.read(request.form, order)
        uploads.take(self._container, draft, place().store.id)
        if request.form.get("edit"):
            return self._items_page(order_pass, order, draft)
        forms.judge(draft, g.voice)
        if draft.problems:
            return self._items_page(order_pass, order, draft, status=422)
        return self._review(order_pass, order, draft)

    def confirm(self) -> Response:
        """Make the return, once; when something has changed since the review, show that instead."""
        if request.method == "GET":
            return onward()
        order_pass = _pass()
        with reading(self._container) as session:
            order = self._order(session, order_pass)
        draft = forms.read(request.form, order)
        try:
            made = self._submit(order_pass, draft)
        except IntegrityError:  # the same form, sent twice at the same moment: the other one made it
            made = self._submit(order_pass, draft)
        except DomainError as error:
            with reading(self._container) as session:
                order = self._order(session, order_pass)
            return self._items_again(order_pass, order, forms.read(request.form, order), error)
        if isinstance(made, Preview):
            words = g.voice.gettext("Something has changed since you looked. Please check again before you confirm.")
            return self._review(order_pass, order, draft, notice=words)
        return self._arrived(made)

    def _submit(self, order_pass: str, draft: Draft) -> str | Preview:
        """The access key of the return, or the preview where it is not what was shown."""
        now = self._container.clock.now()
        with self._container.database.write() as session:
            order = self._order(session, order_pass)
            store = merchants.store(session, order.store_id)
            known = repository.by_submit_key(session, store.id, draft.submit_key)
            if known is None:
                wished = forms.wish(draft, g.voice.locale)
                seen = service.preview(session, order, wished, now=now)
                if request.form.get("seen") != _fingerprint(seen):
                    return seen
                known = service.submit(session, store, order, wished, now=now)
            if known.order_id != order.id:
                raise ReturnUnknown
            return known.access_key

    def _review(self, order_pass: str, order: Order, draft: Draft, notice: str = "") -> Response:
        with reading(self._container) as session:
            try:
                seen = service.preview(
                    session, order, forms.wish(draft, g.voice.locale), now=self._container.clock.now()
                )
            except DomainError as error:
                return self._items_again(order_pass, order, draft, error)
            photos = repository.draft_photos(session, order.store_id, draft.submit_key)
        outcome = seen.judgement.outcome
        verdicts = [
            (verdict.code, verdict.line_id, verdict.values)
            for verdict in seen.judgement.verdicts
            if verdict.outcome is outcome
        ]
        if outcome is Outcome.APPROVE and place().store.return_address is None:
            outcome, verdicts = Outcome.REVIEW, [("return_address_missing", None, {})]
        return show(
            self._container,
            "review.html",
            order=order,
            draft=draft,
            seen=seen,
            seen_fingerprint=_fingerprint(seen),
            outcome=outcome.value,
            verdicts=verdicts,
            titles={str(line.id): line.title for line in order.lines},
            photo_count=len(photos),
            order_pass=order_pass,
            notice=notice,
        )

    def _items_again(self, order_pass: str, order: Order, draft: Draft, error: DomainError) -> Response:
        draft.problems.clear()
        forms.judge(draft, g.voice)
        if not draft.problems:
            words = sentence(g.voice, error.code)
            if isinstance(error, QuantityOverLeft | QuantityExceedsRefundable):
                words = g.voice.gettext("The order has changed meanwhile: fewer of these can still come back.")
            draft.problems.append(Problem(error.field or "", words))
        return self._items_page(order_pass, order, draft, status=409)

    def _items_page(self, order_pass: str, order: Order, draft: Draft, status: int = 200) -> Response:
        store_id = order.store_id
        with reading(self._container) as session:
            eligible = eligibility.of_order(session, order, now=self._container.clock.now())
            drafts = repository.draft_photos(session, store_id, draft.submit_key)
            _, policy = policies.in_force(session, store_id)
        photos: dict[UUID, list[tuple[UUID, str]]] = {}
        for photo in drafts:
            address = place().file(f"photo/{self._passes.for_photo(store_id, photo.id)}")
            photos.setdefault(photo.order_line_id, []).append((photo.id, address))
        return show(
            self._container,
            "items.html",
            status=status,
            order=order,
            draft=draft,
            eligible=eligible,
            photos=photos,
            max_photos=MAX_PHOTOS,
            outcomes=outcomes_offered(policy),
            policy=policy,
            order_pass=order_pass,
            groups=[(group, in_group(group)) for group in GROUPS],
            questions=forms.QUESTIONS.values(),
            reasons_of={
                code: [r.code for r in REASONS if code in {q.code for q in r.questions}] for code in forms.QUESTIONS
            },
        )

    def _arrived(self, access_key: str) -> Response:
        if place().embedded:
            return status_page(self._container, access_key, fresh=True)
        return onward(f"status/{access_key}", new="1")

    def _order(self, session: Session, order_pass: str) -> Order:
        store_id = place().store.id
        return orders.get(session, store_id, self._passes.order(order_pass, store_id).order_id)


def register(blueprint: Blueprint, container: Container) -> None:
    """The steps' addresses. ``find`` and ``code`` are rate-limited by endpoint (``app.web.limits``)."""
    pages = Pages(container)
    both = ["GET", "POST"]
    # Without a redirect for a slash too few: a storefront's proxy would lead the shopper out of the store.
    blueprint.add_url_rule("/", "find", pages.find, methods=both, strict_slashes=False)
    blueprint.add_url_rule("/code", "code", pages.code, methods=both)
    blueprint.add_url_rule("/order", "order", pages.order)
    blueprint.add_url_rule("/items", "items", pages.items, methods=both)
    blueprint.add_url_rule("/confirm", "confirm", pages.confirm, methods=both)


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()[:MAX_TYPED]


def _pass() -> str:
    return request.form.get("t") or request.args.get("t", "")


def _looks_like_email(text: str) -> bool:
    name, _, host = text.rpartition("@")
    return bool(name) and "." in host.strip(".") and not any(ch.isspace() for ch in text)


def _refused(left: int) -> str:
    if left == 0:
        return str(g.voice.gettext("This code can no longer be used. Please ask for a new one."))
    return str(
        g.voice.ngettext(
            "This is not the right code. You can try %(num)s more time.",
            "This is not the right code. You can try %(num)s more times.",
            left,
        )
    )


def _fingerprint(seen: Preview) -> str:
    """What the shopper is shown, in short: when it differs on confirming, it is shown again."""
    quoted = seen.quote
    return f"{quoted.total.minor}+{quoted.bonus.minor}{quoted.currency}{seen.judgement.outcome.value}"
