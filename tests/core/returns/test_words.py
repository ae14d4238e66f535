"""Every stable code of a return has words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from app.core.kit.money import Money
from app.core.kit.texts import Voice, placeholders, shipped_texts
from app.core.returns import words
from app.core.returns.policy.rules import LineFacts, Policy, RequestFacts, WishedOutcome, decide
from app.core.returns.reasons.rules import GROUPS, REASONS
from app.core.returns.rules import MACHINES, Decision, Parcel, Settlement

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CORE = Path(words.__file__).parents[1]
RULES = Path(words.__file__).parent / "policy" / "rules.py"


@dataclass
class Entry:
    machine: str | None
    event: str
    data: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def english() -> Voice:
    return shipped_texts().for_locale("en")


def test_every_reason_and_its_group_have_words(english: Voice) -> None:
    assert set(words.REASONS) == {reason.code for reason in REASONS}
    assert set(words.REASON_GROUPS) == set(GROUPS)
    assert words.reason_name(english, "too_small") == "Too small"
    assert words.reason_group_name(english, "fit") == "It does not fit"


def test_every_question_and_every_choice_have_words(english: Voice) -> None:
    questions = {question for reason in REASONS for question in reason.questions}
    assert set(words.QUESTIONS) == {question.code for question in questions}
    assert set(words.CHOICES) == {(q.code, choice) for q in questions for choice in q.choices}
    assert words.choice_name(english, "seen_when", "in_use") == "Later, when using it"


def test_a_free_answer_stays_as_typed(english: Voice) -> None:
    assert words.choice_name(english, "usual_size", "EU 38 100%") == "EU 38 100%"


def test_every_code_in_the_rules_has_a_sentence() -> None:
    codes = set(re.findall(r'Verdict\("([a-z_]+)"', RULES.read_text(encoding="utf-8")))
    assert len(codes) > 5
    assert codes | {"return_address_missing", "declined_by_staff"} == set(words.VERDICTS)


def test_every_verdict_the_rules_give_fills_its_sentence(english: Voice) -> None:
    policy = Policy(review_over_minor=100)
    seen = set()
    for reason, photos, tags, shipped, gift, age, wished in product(
        [r.code for r in REASONS],
        (0, 1),
        ((), ("final-sale",), None),
        (True, False),
        (True, False),
        (1, 400),
        WishedOutcome,
    ):
        line = LineFacts("1", 1, reason, photos, tags, shipped, gift_card=gift)
        placed = NOW - timedelta(days=age)
        facts = RequestFacts((line,), placed, placed, placed, Money(5000, "EUR"), wished)
        for verdict in decide(facts, policy, NOW).verdicts:
            seen.add(verdict.code)
            said = words.verdict_sentence(english, verdict.code, verdict.values)
            assert "%(" not in said
            assert said.endswith(".")
    assert seen == set(words.VERDICTS) - {"return_address_missing", "declined_by_staff"}


def test_a_date_is_written_out_and_a_staff_answer_is_quoted(english: Voice) -> None:
    assert words.verdict_sentence(english, "window_closed", {"date": "2026-11-02"}) == (
        "The return period ended on November 2, 2026."
    )
    assert words.verdict_sentence(english, "declined_by_staff", {"reason": "Worn, 100% sure"}) == (
        "The store's answer: Worn, 100% sure"
    )


def test_every_outcome_has_a_name(english: Voice) -> None:
    assert set(words.OUTCOMES) == set(WishedOutcome)
    assert words.outcome_name(english, WishedOutcome.EXCHANGE) == "Another size or colour"


def test_every_state_has_a_name(english: Voice) -> None:
    assert set(words.DECISIONS) == set(Decision)
    assert set(words.PARCELS) == set(Parcel)
    assert set(words.SETTLEMENTS) == set(Settlement)
    assert words.decision_name(english, Decision.REVIEW) == "Being looked at"
    assert words.parcel_name(english, Parcel.IN_TRANSIT) == "On its way"
    assert words.settlement_name(english, Settlement.REFUNDED) == "Refunded"


def test_every_move_of_the_machines_has_a_sentence() -> None:
    moves = {(name, event) for name, machine in MACHINES.items() for row in machine.table.values() for event in row}
    assert moves <= set(words.EVENTS)
    assert {key for key in words.EVENTS if key[0]} <= moves


def test_every_event_that_is_recorded_of_a_return_has_a_sentence() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8")
        for path in CORE.parent.rglob("*.py")
        if "history.record" in path.read_text("utf-8")
    )
    told = set(re.findall(r'"return",\s*[\w.]+,\s*"([a-z_]+)"', sources))
    assert {"requested", "graded", "label_failed"} <= told
    assert {(None, event) for event in told} <= set(words.EVENTS)


def test_an_amount_in_history_is_shown_to_the_cent(english: Voice) -> None:
    entry = Entry("settlement", "refund", {"amount": {"minor": 7990, "currency": "EUR"}})
    assert words.history_sentence(english, entry) == "€79.90 was refunded."


def test_a_row_of_a_newer_version_shows_as_itself(english: Voice) -> None:
    assert words.history_sentence(english, Entry(None, "hub_reached")) == "hub reached"
    assert words.reason_name(english, "too_shiny") == "too shiny"
    assert words.verdict_sentence(english, "new_code", {}) == "new_code"


def test_where_the_money_goes_is_said_in_one_phrase(english: Voice) -> None:
    assert words.refund_to(english, Money(7990, "EUR"), "card") == "€79.90 to your card"
    assert words.instrument_name(english, "crypto") == "the way you paid"


def test_no_event_sentence_wants_a_value_but_the_amount() -> None:
    assert {name for text in words.EVENTS.values() for name in placeholders(text)} == {"amount"}
