from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.core.kit.money import Money
from app.core.returns.policy.rules import (
    LineFacts,
    Outcome,
    Policy,
    PolicyInvalid,
    RequestFacts,
    WishedOutcome,
    decide,
    outcomes_offered,
    window_end,
)
from app.core.returns.reasons.rules import REASONS, AnswerInvalid, ReasonUnknown, check
from tests.builders import NOW

LINE = LineFacts("1", 1, "too_small", photos=0, tags=(), shipped=True)
FACTS = RequestFacts(
    lines=(LINE,),
    placed_at=NOW - timedelta(days=12),
    shipped_at=NOW - timedelta(days=10),
    delivered_at=NOW - timedelta(days=5),
    value=Money(7990, "EUR"),
)


def facts(**line: Any) -> RequestFacts:
    return replace(FACTS, lines=(replace(LINE, **line),))


def test_inside_the_window_a_return_is_approved() -> None:
    judgement = decide(FACTS, Policy(), NOW)
    assert (judgement.outcome, judgement.codes) == (Outcome.APPROVE, ("within_window",))


def test_the_last_moment_of_the_window_still_counts_and_the_next_does_not() -> None:
    end = window_end(FACTS, Policy())
    assert end == NOW + timedelta(days=25)
    assert decide(FACTS, Policy(), end).outcome is Outcome.APPROVE
    late = decide(FACTS, Policy(), end + timedelta(microseconds=1))
    assert (late.outcome, late.codes) == (Outcome.DECLINE, ("window_closed",))


def test_while_the_delivery_date_is_unknown_the_window_counts_from_shipping_with_transit_days() -> None:
    unknown = replace(FACTS, delivered_at=None)
    assert window_end(unknown, Policy(window_days=14, transit_days=7)) == NOW + timedelta(days=11)
    unshipped = replace(unknown, shipped_at=None)
    assert window_end(unshipped, Policy(window_days=14, transit_days=7)) == NOW + timedelta(days=9)


def test_a_fault_after_the_window_is_looked_at_by_a_person_and_never_declined() -> None:
    judgement = decide(facts(reason="defective", photos=1), Policy(), NOW + timedelta(days=300))
    assert judgement.outcome is Outcome.REVIEW
    assert "window_closed_fault" in judgement.codes


def test_final_sale_is_declined_for_a_change_of_mind_and_reviewed_for_a_fault() -> None:
    assert decide(facts(tags=("Final-Sale",)), Policy(), NOW).codes == ("final_sale",)
    assert decide(facts(tags=("final-sale",), reason="wrong_item", photos=1), Policy(), NOW).outcome is Outcome.REVIEW


def test_a_defect_on_a_photo_passes_at_once_and_without_one_waits() -> None:
    assert decide(facts(reason="damaged_in_transit", photos=1), Policy(), NOW).outcome is Outcome.APPROVE
    assert decide(facts(reason="damaged_in_transit"), Policy(), NOW).codes == ("defect_without_photo",)


def test_goods_that_have_not_left_wait_for_a_person() -> None:
    assert decide(facts(shipped=False), Policy(), NOW).codes == ("not_shipped_yet",)


def test_a_gift_card_does_not_come_back() -> None:
    assert decide(facts(gift_card=True), Policy(), NOW).codes == ("not_returnable_kind",)


def test_above_the_limit_a_person_looks() -> None:
    assert decide(FACTS, Policy(review_over_minor=7989), NOW).codes == ("value_over_limit",)
    assert decide(FACTS, Policy(review_over_minor=7990), NOW).outcome is Outcome.APPROVE


def test_a_decline_weighs_more_than_a_review_and_both_are_kept() -> None:
    judgement = decide(facts(shipped=False, tags=("final-sale",)), Policy(), NOW)
    assert judgement.outcome is Outcome.DECLINE
    assert {v.code for v in judgement.verdicts} == {"final_sale", "not_shipped_yet", "within_window"}


@pytest.mark.parametrize(
    "changes", [{"window_days": 0}, {"label_expires_days": 1}, {"transit_days": 500}, {"review_over_minor": -1}]
)
def test_a_setting_that_no_policy_can_have_is_refused(changes: dict[str, int]) -> None:
    with pytest.raises(PolicyInvalid):
        Policy(**changes)  # type: ignore[arg-type]


def test_a_required_question_must_be_answered_with_what_is_offered() -> None:
    assert check("defective", {"seen_when": "in_use", "stray": "x"})[1] == {"seen_when": "in_use"}
    for answers in ({}, {"seen_when": "yesterday"}):
        with pytest.raises(AnswerInvalid):
            check("defective", answers)


def test_a_group_is_no_reason() -> None:
    for code in ("fit", "", "nonsense"):
        with pytest.raises(ReasonUnknown):
            check(code, {})


def test_reason_codes_are_unique() -> None:
    assert len({reason.code for reason in REASONS}) == len(REASONS)


def test_another_size_is_arranged_by_a_person_and_a_decline_still_wins() -> None:
    wished = replace(FACTS, wished=WishedOutcome.EXCHANGE)
    judgement = decide(wished, Policy(), NOW)
    assert (judgement.outcome, judgement.codes[0]) == (Outcome.REVIEW, "exchange_wished")
    assert decide(wished, Policy(), NOW + timedelta(days=300)).outcome is Outcome.DECLINE


def test_a_store_may_offer_no_exchanges() -> None:
    assert outcomes_offered(Policy()) == (WishedOutcome.REFUND, WishedOutcome.EXCHANGE)
    assert outcomes_offered(Policy(exchanges=False)) == (WishedOutcome.REFUND,)


def test_an_article_that_the_store_has_not_described_is_looked_at_by_a_person() -> None:
    judgement = decide(facts(tags=None), Policy(), NOW)
    assert (judgement.outcome, judgement.codes[0]) == (Outcome.REVIEW, "article_unknown")
    assert decide(facts(tags=None), Policy(), NOW + timedelta(days=300)).outcome is Outcome.DECLINE
