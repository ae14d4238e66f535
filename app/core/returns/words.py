"""The words for every stable code of a return: reasons, questions, verdicts, states, payments, history.

Codes are stored, words are not: each function takes the reader's voice. A code that has no words (a newer version's
row read by an older process) shows as itself, never as an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from app.core.kit.money import Money
from app.core.kit.texts import N_, Voice

REASON_GROUPS: Mapping[str, str] = {
    "fit": N_("It does not fit"),
    "preference": N_("I do not want it after all"),
    "delivery": N_("The delivery"),
    "product": N_("It is not what I expected"),
    "fault": N_("Something is wrong with it"),
}
REASONS: Mapping[str, str] = {
    "too_small": N_("Too small"),
    "too_large": N_("Too large"),
    "style_not_liked": N_("I do not like how it looks"),
    "changed_mind": N_("I have changed my mind"),
    "ordered_several": N_("I ordered several to choose from"),
    "arrived_too_late": N_("It arrived too late"),
    "not_as_described": N_("Not as described or shown"),
    "quality_poor": N_("The quality is not good enough"),
    "defective": N_("It does not work or is faulty"),
    "damaged_in_transit": N_("It arrived damaged"),
    "wrong_item": N_("I was sent the wrong item"),
    "parts_missing": N_("Something is missing"),
}
QUESTIONS: Mapping[str, str] = {
    "where_tight": N_("Where does it not fit?"),
    "usual_size": N_("Which size do you usually wear?"),
    "seen_when": N_("When did you notice it?"),
    "packaging": N_("How did the outer packaging look?"),
    "differs_in": N_("What is different?"),
}
CHOICES: Mapping[tuple[str, str], str] = {
    ("where_tight", "chest"): N_("Chest"),
    ("where_tight", "waist"): N_("Waist"),
    ("where_tight", "hips"): N_("Hips"),
    ("where_tight", "length"): N_("Length"),
    ("where_tight", "shoulders"): N_("Shoulders"),
    ("where_tight", "feet"): N_("Feet"),
    ("where_tight", "other"): N_("Somewhere else"),
    ("seen_when", "on_opening"): N_("When I opened the parcel"),
    ("seen_when", "in_use"): N_("Later, when using it"),
    ("packaging", "intact"): N_("It was undamaged"),
    ("packaging", "damaged"): N_("It was damaged"),
    ("differs_in", "colour"): N_("The colour"),
    ("differs_in", "material"): N_("The material"),
    ("differs_in", "shape"): N_("The shape or size"),
    ("differs_in", "function"): N_("What it does"),
    ("differs_in", "other"): N_("Something else"),
}
VERDICTS: Mapping[str, str] = {
    "within_window": N_("The request is within the return period, which ends on %(date)s."),
    "window_closed": N_("The return period ended on %(date)s."),
    "window_closed_fault": N_(
        "The return period ended on %(date)s, but something is wrong with the item, so a person looks at it."
    ),
    "final_sale": N_("It was sold as final sale, so it can only come back if something is wrong with it."),
    "final_sale_fault": N_("It was sold as final sale, but something is wrong with it, so a person looks at it."),
    "not_shipped_yet": N_("It has not been sent yet, so a person checks whether it can still be cancelled."),
    "not_returnable_kind": N_("Gift cards, downloads and services cannot be sent back."),
    "defect_shown": N_("The photo shows what is wrong."),
    "defect_without_photo": N_("There is no photo of what is wrong, so a person looks at it."),
    "value_over_limit": N_("The amount is high enough for a person to look at it first."),
    "exchange_wished": N_("You would like another size or colour, so a person sees what can be done."),
    "article_unknown": N_("The store has yet to say what kind of article this is, so a person looks at it."),
    "return_address_missing": N_("The store has yet to name the address for the parcel, so a person looks at it."),
    "declined_by_staff": N_("The store's answer: %(reason)s"),
}
OUTCOMES: Mapping[str, str] = {
    "refund": N_("My money back"),
    "exchange": N_("Another size or colour"),
    "store_credit": N_("Store credit"),
    "keep": N_("Keep it for part of the money"),
}
CHARGES: Mapping[str, str] = {
    "return_fee": N_("Return fee"),
    "claw_back": N_("Free items that you keep"),
    "adjusted": N_("Adjusted by the store"),
}
DECISIONS: Mapping[str, str] = {
    "pending": N_("New"),
    "review": N_("Being looked at"),
    "approved": N_("Approved"),
    "declined": N_("Declined"),
    "withdrawn": N_("Cancelled"),
}
PARCELS: Mapping[str, str] = {
    "none": N_("Not sent yet"),
    "labelled": N_("Label ready"),
    "in_transit": N_("On its way"),
    "received": N_("Arrived"),
    "inspected": N_("Checked"),
    "lost": N_("Lost"),
    "expired": N_("Label expired"),
    "cancelled": N_("Cancelled"),
}
SETTLEMENTS: Mapping[str, str] = {
    "none": N_("No refund yet"),
    "pending": N_("Refund under way"),
    "refunded": N_("Refunded"),
    "credited": N_("Store credit given"),
    "exchanged": N_("Exchanged"),
    "failed": N_("Refund did not go through"),
}
INSTRUMENTS: Mapping[str, str] = {
    "card": N_("your card"),
    "paypal": N_("your PayPal account"),
    "bank": N_("your bank account"),
    "cod": N_("you, paid out by the store (you paid on delivery)"),
    "gift_card": N_("your gift card"),
    "store_credit": N_("your store credit"),
    "other": N_("the way you paid"),
}
EVENTS: Mapping[tuple[str | None, str], str] = {
    (None, "requested"): N_("The return was requested."),
    ("decision", "approve"): N_("The return was approved."),
    ("decision", "decline"): N_("The return was declined."),
    ("decision", "escalate"): N_("A person at the store looks at the request."),
    ("decision", "withdraw"): N_("The shopper cancelled the return."),
    ("parcel", "label"): N_("The return label is ready."),
    ("parcel", "scan"): N_("The parcel is on its way."),
    ("parcel", "receive"): N_("The parcel has arrived."),
    ("parcel", "inspect"): N_("The items were checked."),
    ("parcel", "lose"): N_("The parcel was reported lost."),
    ("parcel", "expire"): N_("The label was not used in time."),
    ("parcel", "cancel"): N_("The label is no longer valid."),
    ("settlement", "start"): N_("The refund of %(amount)s was started."),
    ("settlement", "refund"): N_("%(amount)s was refunded."),
    ("settlement", "credit"): N_("%(amount)s of store credit was given."),
    ("settlement", "exchange"): N_("The exchange was made."),
    ("settlement", "fail"): N_("The refund did not go through. The store has been told."),
    (None, "graded"): N_("Every item was graded."),
    (None, "nothing_to_refund"): N_("There was nothing to refund in the parcel."),
    (None, "label_failed"): N_("The label could not be made. The store has been told."),
    (None, "restocked"): N_("The items are back in stock."),
    (None, "stock_not_counted"): N_("The store keeps no count of these items."),
    (None, "restock_failed"): N_("The items could not be put back in stock."),
    (None, "mail_failed"): N_("A mail to the shopper could not be sent."),
}
REFUND_FAILURES: Mapping[str, str] = {
    "refund_declined_later": N_(
        "The store had booked the refund, but the payment provider did not send the money after all."
    ),
    "refund_short": N_(
        "The store had booked the refund, but the payment provider sent only a part of the money. "
        "Please pay out the rest from your store."
    ),
    "refund_gone": N_(
        "The refund is no longer in the store. Please check with your payment provider whether its money went out "
        "before you refund again."
    ),
}
NOTICES: Mapping[str, str] = {
    "return_received": N_("Mail sent: the request has arrived."),
    "return_approved": N_("Mail sent: approved, with the label."),
    "return_declined": N_("Mail sent: declined, with the reasons."),
    "return_withdrawn": N_("Mail sent: cancelled."),
    "return_expired": N_("Mail sent: the label was not used in time."),
    "parcel_received": N_("Mail sent: the parcel has arrived."),
    "return_inspected_less": N_("Mail sent: less is refunded than was shown."),
    "refund_issued": N_("Mail sent: the money is on its way."),
    "credit_issued": N_("Mail sent: the store credit is there."),
}
FOR_STAFF_ONLY = frozenset(
    {"graded", "restocked", "stock_not_counted", "restock_failed", "label_failed", "told", "mail_failed"}
)
"""Events that say nothing to a shopper."""


class Fact(Protocol):
    """What is needed of a history row."""

    machine: Any
    event: Any
    data: Any


def reason_group_name(voice: Voice, group: str) -> str:
    """The heading above a group of reasons."""
    return _say(voice, REASON_GROUPS, group)


def outcome_name(voice: Voice, code: str) -> str:
    """What the shopper wishes for, in their own words."""
    return _say(voice, OUTCOMES, code)


def charge_name(voice: Voice, code: str) -> str:
    """What is kept back, and for what."""
    return _say(voice, CHARGES, code)


def reason_name(voice: Voice, code: str) -> str:
    """A reason as the shopper reads it."""
    return _say(voice, REASONS, code)


def question_text(voice: Voice, code: str) -> str:
    """A follow-up question."""
    return _say(voice, QUESTIONS, code)


def choice_name(voice: Voice, question: str, choice: str) -> str:
    """An answer to a follow-up question; free text stays as it was typed."""
    msgid = CHOICES.get((question, choice))
    return voice.gettext(msgid) if msgid is not None else choice


def verdict_sentence(voice: Voice, code: str, values: Mapping[str, str]) -> str:
    """What a rule says. ``values`` as in ``policy.rules.Verdict`` (``date`` is an ISO text)."""
    shown: dict[str, str] = dict(values)
    if "date" in shown:
        shown["date"] = voice.date(date.fromisoformat(shown["date"]))
    return voice.gettext(VERDICTS.get(code, code), **shown)


def decision_name(voice: Voice, decision: str) -> str:
    """Whether it is granted, in a word or two."""
    return _say(voice, DECISIONS, decision)


def parcel_name(voice: Voice, parcel: str) -> str:
    """Where the goods are, in a word or two."""
    return _say(voice, PARCELS, parcel)


def settlement_name(voice: Voice, settlement: str) -> str:
    """Where the money is, in a word or two."""
    return _say(voice, SETTLEMENTS, settlement)


def instrument_name(voice: Voice, instrument: str) -> str:
    """Where money goes back to, as it follows "to"."""
    return voice.gettext(INSTRUMENTS.get(instrument, INSTRUMENTS["other"]))


def refund_to(voice: Voice, amount: Money, instrument: str) -> str:
    """``€79.90 to your card``."""
    return voice.gettext(
        "%(amount)s to %(instrument)s", amount=voice.money(amount), instrument=instrument_name(voice, instrument)
    )


def refund_failure(voice: Voice, why: str) -> str:
    """Why a refund failed, for staff: a code of ours in their language, the store's own words as they are."""
    return voice.gettext(REFUND_FAILURES[why]) if why in REFUND_FAILURES else why


def history_sentence(voice: Voice, entry: Fact) -> str:
    """What happened, in plain words, fit for a shopper's eyes: no staff note and no vendor's error text."""
    if entry.event == "told":
        return _say(voice, NOTICES, str((entry.data or {}).get("mail", "")))
    msgid = EVENTS.get((entry.machine, entry.event))
    if msgid is None:
        return str(entry.event).replace("_", " ")
    amount = (entry.data or {}).get("amount")
    if "%(amount)s" not in msgid:
        return voice.gettext(msgid)
    if not amount:
        return settlement_name(voice, "pending" if entry.event == "start" else "refunded")
    return voice.gettext(msgid, amount=voice.money(Money(amount["minor"], amount["currency"])))


def actor_name(voice: Voice, actor: str) -> str:
    """Who did it, where no name is known."""
    names = {
        "shopper": voice.gettext("The shopper"),
        "system": voice.gettext("By the rules"),
        "store": voice.gettext("The store's platform"),
    }
    return names.get(actor, voice.gettext("Staff"))


def _say(voice: Voice, table: Mapping[str, str], code: str) -> str:
    msgid = table.get(code)
    return voice.gettext(msgid) if msgid is not None else code.replace("_", " ")
