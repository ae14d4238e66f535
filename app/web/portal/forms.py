"""What a shopper typed on the items page: kept as typed, judged field by field, carried on in hidden inputs."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from werkzeug.datastructures import MultiDict

from app.core.kit.texts import Voice
from app.core.returns.eligibility.service import OrderEligibility
from app.core.returns.policy.rules import WishedOutcome
from app.core.returns.reasons.rules import REASONS, AnswerInvalid, Question, ReasonUnknown, check
from app.core.returns.service import Wish, WishedLine
from app.web.errors import sentence

if TYPE_CHECKING:
    from app.core.orders.models import Order, OrderLine

MAX_NOTE = 1000
_KEY = re.compile(r"[A-Za-z0-9_-]{24,64}\Z")

QUESTIONS: Mapping[str, Question] = {question.code: question for reason in REASONS for question in reason.questions}
"""Every follow-up question once: a line's form holds them all and shows those of the chosen reason."""


@dataclass(slots=True)
class Problem:
    """What is wrong with one field (``""``: with the whole form), in the reader's words; ``about`` names the item."""

    field: str
    words: str
    about: str = ""


@dataclass(slots=True)
class Entry:
    """One line as typed."""

    line: OrderLine
    chosen: bool = False
    quantity: str = "1"
    reason: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    note: str = ""


@dataclass(slots=True)
class Draft:
    """The whole form. ``submit_key`` was made when it was first shown; ``outcome`` as typed, ``""``: not asked."""

    submit_key: str
    entries: dict[UUID, Entry]
    outcome: str = ""
    problems: list[Problem] = field(default_factory=list)

    @property
    def chosen(self) -> list[Entry]:
        """The lines that come back, in the order's own order."""
        return [entry for entry in self.entries.values() if entry.chosen]

    def problem(self, name: str) -> str | None:
        """What is wrong with a field."""
        return next((problem.words for problem in self.problems if problem.field == name), None)

    def hidden(self) -> Iterator[tuple[str, str]]:
        """The form again, as names and values for hidden inputs."""
        yield "k", self.submit_key
        if self.outcome:
            yield "outcome", self.outcome
        for entry in self.chosen:
            line_id = entry.line.id
            yield "line", str(line_id)
            yield f"quantity-{line_id}", entry.quantity
            yield f"reason-{line_id}", entry.reason
            yield f"note-{line_id}", entry.note
            for question, answer in entry.answers.items():
                yield f"answer-{line_id}-{question}", answer


def new_draft(order: Order, eligible: OrderEligibility) -> Draft:
    """An untouched form; where only one thing can come back at all, it is chosen already."""
    entries = {line.id: Entry(line) for line in order.lines}
    able = [line_id for line_id, entry in eligible.lines.items() if entry.left and not entry.never]
    if len(able) == 1:
        entries[able[0]].chosen = True
    return Draft(secrets.token_urlsafe(24), entries)


def read(form: MultiDict[str, str], order: Order) -> Draft:
    """The form as sent. A key that is none of ours is replaced; lines of other orders are not seen."""
    key = form.get("k", "")
    chosen = set(form.getlist("line"))
    entries = {}
    for line in order.lines:
        entries[line.id] = Entry(
            line=line,
            chosen=str(line.id) in chosen,
            quantity=form.get(f"quantity-{line.id}", "1").strip()[:6],
            reason=form.get(f"reason-{line.id}", "")[:40],
            answers={
                code: answer for code in QUESTIONS if (answer := form.get(f"answer-{line.id}-{code}", "").strip()[:200])
            },
            note=form.get(f"note-{line.id}", "").replace("\r\n", "\n")[:MAX_NOTE],
        )
    return Draft(key if _KEY.match(key) else secrets.token_urlsafe(24), entries, form.get("outcome", "")[:20])


def judge(draft: Draft, voice: Voice) -> None:
    """Write what is wrong into ``draft.problems``, all of it at once, each beside its field."""
    if not draft.chosen:
        draft.problems.append(Problem("line", sentence(voice, "nothing_chosen")))
    if draft.outcome and draft.outcome not in set(WishedOutcome):
        draft.problems.append(Problem("outcome", sentence(voice, "outcome_not_offered")))
    for entry in draft.chosen:
        draft.problems.extend(_line_problems(entry, voice))


def _line_problems(entry: Entry, voice: Voice) -> Sequence[Problem]:
    line, problems = entry.line, []
    count = _whole(entry.quantity)
    if count < 1:
        problems.append(Problem(f"quantity-{line.id}", sentence(voice, "quantity_invalid"), line.title))
    elif count > line.returnable:
        problems.append(Problem(f"quantity-{line.id}", over_left(voice, line.returnable), line.title))
    try:
        check(entry.reason, entry.answers)
    except ReasonUnknown:
        problems.append(Problem(f"reason-{line.id}", sentence(voice, "reason_unknown"), line.title))
    except AnswerInvalid as error:
        name = f"answer-{line.id}-{error.details['question']}"
        problems.append(Problem(name, sentence(voice, "answer_invalid"), line.title))
    return problems


def over_left(voice: Voice, left: int) -> str:
    """More units than can still come back."""
    if left == 0:
        return voice.gettext("All of these have been returned or refunded already.")
    return voice.ngettext(
        "Only %(num)s of these can still come back.", "Only %(num)s of these can still come back.", left
    )


def wish(draft: Draft, locale: str) -> Wish:
    """The request in the core's terms, of a form without problems."""
    return Wish(
        lines=tuple(WishedLine(e.line.id, _whole(e.quantity), e.reason, dict(e.answers), e.note) for e in draft.chosen),
        locale=locale,
        submit_key=draft.submit_key,
        outcome=WishedOutcome(draft.outcome or WishedOutcome.REFUND),
    )


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
