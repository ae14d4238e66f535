"""Why things come back: a tree of two levels, with the follow-up questions that make an answer useful.

Codes are stable and stored; words are in ``core/returns/words.py``. ``fault`` says whose doing it is when the answer
is true: a shopper's change of mind, or the merchant's (damaged, wrong, not as described), which the law treats apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.core.kit.errors import DomainError


class ReasonUnknown(DomainError):
    """No such reason, or a group where one of its reasons is wanted."""

    code = "reason_unknown"


class AnswerInvalid(DomainError):
    """A follow-up question without an answer, or with one that is not offered."""

    code = "answer_invalid"


class Fault(StrEnum):
    """Whose doing a reason is."""

    SHOPPER = "shopper"
    MERCHANT = "merchant"


@dataclass(frozen=True, slots=True)
class Question:
    """A follow-up question; ``choices`` are codes, empty for free text. ``optional`` may stay unanswered."""

    code: str
    choices: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason a shopper can choose. ``photo`` asks for a picture."""

    code: str
    group: str
    fault: Fault
    questions: tuple[Question, ...] = ()
    photo: bool = False


_WHERE_TIGHT = Question(
    "where_tight", ("chest", "waist", "hips", "length", "shoulders", "feet", "other"), optional=True
)
_SIZE_WORN = Question("usual_size", optional=True)
_SEEN_WHEN = Question("seen_when", ("on_opening", "in_use"))
_PACKAGING = Question("packaging", ("intact", "damaged"), optional=True)
_DIFFERS = Question("differs_in", ("colour", "material", "shape", "function", "other"))

REASONS: tuple[Reason, ...] = (
    Reason("too_small", "fit", Fault.SHOPPER, (_WHERE_TIGHT, _SIZE_WORN)),
    Reason("too_large", "fit", Fault.SHOPPER, (_WHERE_TIGHT, _SIZE_WORN)),
    Reason("style_not_liked", "preference", Fault.SHOPPER),
    Reason("changed_mind", "preference", Fault.SHOPPER),
    Reason("ordered_several", "preference", Fault.SHOPPER),
    Reason("arrived_too_late", "delivery", Fault.MERCHANT),
    Reason("not_as_described", "product", Fault.MERCHANT, (_DIFFERS,)),
    Reason("quality_poor", "product", Fault.MERCHANT),
    Reason("defective", "fault", Fault.MERCHANT, (_SEEN_WHEN,), photo=True),
    Reason("damaged_in_transit", "fault", Fault.MERCHANT, (_PACKAGING,), photo=True),
    Reason("wrong_item", "fault", Fault.MERCHANT, photo=True),
    Reason("parts_missing", "fault", Fault.MERCHANT, photo=True),
)
BY_CODE: Mapping[str, Reason] = {reason.code: reason for reason in REASONS}
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(reason.group for reason in REASONS))
DEFECTS = frozenset({"defective", "damaged_in_transit", "wrong_item", "parts_missing"})


def in_group(group: str) -> tuple[Reason, ...]:
    """The reasons of one group, in the order they are offered."""
    return tuple(reason for reason in REASONS if reason.group == group)


def check(code: str, answers: Mapping[str, str]) -> tuple[Reason, dict[str, str]]:
    """The reason with the answers that belong to it; other answers are dropped.

    Raises ReasonUnknown, AnswerInvalid.
    """
    reason = BY_CODE.get(code)
    if reason is None:
        raise ReasonUnknown(reason=code)
    kept: dict[str, str] = {}
    for question in reason.questions:
        answer = answers.get(question.code, "").strip()[:200]
        if not answer:
            if question.optional:
                continue
            raise AnswerInvalid(question=question.code)
        if question.choices and answer not in question.choices:
            raise AnswerInvalid(question=question.code)
        kept[question.code] = answer
    return reason, kept
