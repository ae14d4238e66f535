"""The words of each notice: what happened, what to do now, and what happens to the money and when.

A notice is data (``core.returns.ports.Notice``); here it becomes a Letter in the shopper's language. Values that a
kind can do without may be missing; one that it cannot raises NoticeIncomplete, because half a mail is worse than a
late one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from app.core.kit.money import Money
from app.core.kit.texts import Texts, Voice
from app.core.returns.ports import Notice
from app.core.returns.words import refund_to, verdict_sentence
from app.providers.mail.letters import Action, Block, Code, Facts, Letter, Listing, Paragraph, web_address

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class NoticeIncomplete(Exception):
    """A notice of an unknown kind, or without a value that its sentences need: a defect of the sender."""


class Values:
    """The values of one notice, read as what they are meant to be, in one voice."""

    def __init__(self, notice: Notice, voice: Voice) -> None:
        """Nothing is read before it is asked for."""
        self.notice = notice
        self.voice = voice
        self.store = line(notice.store_name)

    def __getitem__(self, name: str) -> Any:
        value = self.notice.values.get(name)
        if value is None:
            msg = f"{self.notice.kind} without {name}"
            raise NoticeIncomplete(msg)
        return value

    def get(self, name: str) -> Any:
        """The value, None if there is none."""
        return self.notice.values.get(name)

    def text(self, name: str) -> str:
        """A text of one line."""
        return line(self[name])

    def money(self, name: str) -> str:
        """An amount in words and digits."""
        return self.voice.money(amount(self[name]))

    def say(self, msgid: str, **values: str) -> Paragraph:
        """A paragraph in words (``bin/texts`` finds ``say`` as it finds ``gettext``)."""
        return Paragraph(self.voice.gettext(msgid, **{**self.ours, **values}))

    @property
    def ours(self) -> dict[str, str]:
        """The values that nearly every sentence may name."""
        return {"rma": self.text("rma"), "number": self.text("order_number"), "store": self.store}


def line(value: object) -> str:
    """``value`` as one line: a title with a line break in it must not break a mail, nor turn its direction."""
    return " ".join(filter(None, _INVISIBLE.sub(" ", str(value)).split(" ")))  # a no-break space stays one


def amount(value: object) -> Money:
    """Money from its JSON form. Raises NoticeIncomplete."""
    if isinstance(value, Mapping) and type(value.get("minor")) is int and isinstance(value.get("currency"), str):
        return Money(value["minor"], value["currency"])
    msg = f"no amount: {value!r}"
    raise NoticeIncomplete(msg)


def compose(notice: Notice, texts: Texts) -> tuple[Letter, Voice]:
    """The letter for ``notice`` and the voice it speaks in. Raises NoticeIncomplete."""
    kind = KINDS.get(notice.kind)
    if kind is None:
        msg = f"unknown kind of notice: {notice.kind}"
        raise NoticeIncomplete(msg)
    voice = texts.for_locale(notice.locale)
    values = Values(notice, voice)
    subject, heading, blocks = kind(values, voice)
    footer = voice.gettext(
        "You get this mail because a return was asked for at %(store)s for order %(number)s.",
        store=values.store,
        number=values.text("order_number"),
    )
    letter = Letter(
        subject=line(subject),
        heading=heading,
        blocks=tuple(blocks),
        footer=footer,
        store_name=values.store,
        colour=notice.brand.get("colour", ""),
        unbroken=line(values.get("rma") or ""),
    )
    return letter, voice


# --- the kinds -----------------------------------------------------------------------------------------------------

_Words = tuple[str, str, list[Block]]


def _access_code(v: Values, voice: Voice) -> _Words:
    code, number = v.text("code"), v.text("order_number")
    minutes = int(v["minutes_valid"])
    blocks: list[Block] = [
        Paragraph(
            voice.gettext(
                "With this code you open your order %(number)s at %(store)s and start your return:",
                number=number,
                store=v.store,
            )
        ),
        Code(code),
        Paragraph(
            voice.ngettext(
                "It works once and for %(num)s minute.", "It works once and for %(num)s minutes.", minutes
            )
        ),
        Paragraph(
            voice.gettext(
                "You did not ask for it? Then there is nothing to do: without the code nobody sees your order. "
                "Please give it to nobody."
            ),
            small=True,
        ),
    ]  # fmt: skip
    return (
        voice.gettext("Your code: %(code)s", code=code),
        voice.gettext("Your code for order %(number)s", number=number),
        blocks,
    )


def _return_received(v: Values, voice: Voice) -> _Words:
    blocks: list[Block] = [
        v.say("Thank you. Your request for order %(number)s has arrived, and a person at %(store)s looks at it."),
        *_items(v, voice.gettext("You asked to return")),
        v.say(
            "Please keep the items until you hear from us; you need not send anything yet. "
            "No money moves before the decision, and we write to you as soon as there is one."
        ),
        *_status(v, voice),
    ]
    subject = voice.gettext("We have your return request %(rma)s", **v.ours)
    return subject, voice.gettext("We have your request"), blocks


def _return_approved(v: Values, voice: Voice) -> _Words:
    rows = [_money_row(voice, v.money("refund"), v.get("refund_to"))]
    if v.get("send_by"):
        rows.append((voice.gettext("Hand in the parcel by"), voice.date(_day(v["send_by"]))))
    steps = [
        voice.gettext("Put everything into a sturdy box, with its tags."),
        voice.gettext("Hand the parcel in with tracking, and keep the receipt until your money is back."),
    ]
    if v.notice.attachments:
        steps[0:0] = [voice.gettext("Print the attached file: address label, packing slip and a short guide.")]
        steps[2:2] = [voice.gettext("Lay the packing slip inside and stick the label on the outside.")]
        # The only label there is so far. One that is paid for will say so in the notice.
        if not v.get("postage_paid"):
            steps[3:3] = [voice.gettext("The label carries no postage: choose a carrier and pay there.")]
    blocks: list[Block] = [
        v.say("%(store)s has approved your return for order %(number)s."),
        *_items(v, voice.gettext("Please send back")),
        Facts(tuple(rows)),
        _when_money_comes(v),
        Listing(voice.gettext("How to send it back"), tuple(steps), style="numbered"),
        Listing(voice.gettext("Send the parcel to"), tuple(_address(v, voice)), style="plain"),
        *_status(v, voice),
    ]
    subject = (
        voice.gettext("Return %(rma)s is approved: your label is here", **v.ours)
        if v.notice.attachments
        else voice.gettext("Return %(rma)s is approved", **v.ours)
    )
    return subject, voice.gettext("Your return is approved"), blocks


def _when_money_comes(v: Values) -> Paragraph:
    """``refund_when`` is the store's trigger: approval, receipt or inspection (also when it is not given)."""
    trigger = v.get("refund_when")
    if trigger == "approval":
        return v.say("The money is sent now, before the parcel arrives. We write to you as soon as it has gone.")
    if trigger == "receipt":
        return v.say("The money is sent as soon as the parcel has arrived. We write to you when it has gone.")
    return v.say(
        "The money is sent once the parcel has arrived and the items are checked. We write to you when it has gone."
    )


def _return_declined(v: Values, voice: Voice) -> _Words:
    reasons = tuple(dict.fromkeys(_reason(voice, reason) for reason in v["reasons"]))
    blocks: list[Block] = [
        v.say("%(store)s has looked at your request for order %(number)s. It cannot be accepted."),
        *([Listing(voice.gettext("Why"), reasons)] if reasons else []),
        v.say("Please keep the items and do not send them. Nothing is refunded, and your order stays as it is."),
        *_objection(v),
        *_status(v, voice),
    ]
    subject = voice.gettext("About your return request %(rma)s", **v.ours)
    return subject, voice.gettext("Your return cannot be accepted"), blocks


def _return_withdrawn(v: Values, voice: Voice) -> _Words:
    blocks: list[Block] = [
        v.say("As you asked, return %(rma)s for order %(number)s is cancelled. You keep the items."),
        v.say("Nothing is refunded. If you have a label, please do not use it any more."),
        v.say("You can ask for a new return as long as the return period runs."),
    ]
    return voice.gettext("Return %(rma)s is cancelled", **v.ours), voice.gettext("Your return is cancelled"), blocks


def _return_expired(v: Values, voice: Voice) -> _Words:
    blocks: list[Block] = [
        v.say("No parcel reached %(store)s in time, so return %(rma)s for order %(number)s is closed."),
        v.say("Nothing is refunded. If you have a label, please do not use it any more."),
    ]
    if v.notice.reply_to:
        blocks.append(
            v.say(
                "Is your parcel on its way already? Reply to this mail with the tracking number, and we put it right."
            )
        )
    return voice.gettext("Return %(rma)s has expired", **v.ours), voice.gettext("Your return has expired"), blocks


def _parcel_received(v: Values, voice: Voice) -> _Words:
    if v.get("refund_when") in {"approval", "receipt"}:
        money = v.say("Your money does not wait for the check: we write to you as soon as it has gone.")
    else:
        money = v.say("Next the items are checked. Then your money is sent, and we write to you with the amount.")
    blocks: list[Block] = [
        v.say("Your parcel for return %(rma)s (order %(number)s) has arrived at %(store)s. Thank you."),
        money,
        *_status(v, voice),
    ]
    return (
        voice.gettext("Your parcel has arrived (%(rma)s)", **v.ours),
        voice.gettext("Your parcel has arrived"),
        blocks,
    )


def _refund_issued(v: Values, voice: Voice) -> _Words:
    money = v.money("amount")
    rows = [_money_row(voice, money, v.get("parts"))]
    if v.get("by_hand"):
        heading = voice.gettext("You get back %(amount)s", amount=money)
        told = v.say(
            "%(store)s has booked your refund of %(amount)s for return %(rma)s (order %(number)s) and pays it out to "
            "you directly, because the way you paid cannot be reversed by itself.",
            amount=money,
        )
    else:
        heading = voice.gettext("%(amount)s is on its way to you", amount=money)
        told = v.say("%(store)s has sent back %(amount)s for return %(rma)s (order %(number)s).", amount=money)
    blocks: list[Block] = [told, Facts(tuple(rows))]
    days = v.get("days_hint")
    if isinstance(days, int) and days > 0:
        blocks.append(
            Paragraph(
                voice.ngettext(
                    "It can take up to %(num)s day until you see it in your account.",
                    "It can take up to %(num)s days until you see it in your account.",
                    days,
                )
            )
        )
    blocks += _status(v, voice)
    return f"{heading} ({v.text('rma')})", heading, blocks


def _credit_issued(v: Values, voice: Voice) -> _Words:
    money = v.money("amount")
    heading = voice.gettext("You have %(amount)s to spend", amount=money)
    blocks: list[Block] = [
        v.say("%(store)s has given you %(amount)s of store credit for return %(rma)s (order %(number)s).", amount=money)
    ]
    if v.get("bonus") and amount(v["bonus"]):
        blocks.append(v.say("%(bonus)s of it is a thank-you on top.", bonus=v.money("bonus")))
    if v.get("credit_code"):
        blocks += [
            v.say("Type this code at the checkout. It belongs to you: please keep it to yourself."),
            Code(v.text("credit_code")),
        ]
    else:
        blocks.append(v.say("You find it at the checkout when you are signed in."))
    blocks += _status(v, voice)
    return f"{heading} ({v.text('rma')})", heading, blocks


def _return_inspected_less(v: Values, voice: Voice) -> _Words:
    less = amount(v["amount"])
    explained: list[Block] = []
    if v.get("explanation"):
        explained = [Listing(voice.gettext("What was found"), (v.text("explanation"),), style="plain")]
    if less:
        heading = voice.gettext("You get back %(amount)s", amount=voice.money(less))
        first = v.say(
            "The items of return %(rma)s (order %(number)s) have been checked. Not everything could be accepted as "
            "it came back, so you get %(amount)s, less than first shown to you.",
            amount=voice.money(less),
        )
        then = v.say("The money is being sent. We write to you when it has gone.")
    else:
        heading = voice.gettext("Nothing can be refunded")
        first = v.say(
            "The items of return %(rma)s (order %(number)s) have been checked. They could not be accepted as they "
            "came back, so no money is sent."
        )
        then = v.say("Please tell us if we should send the items back to you.")
    blocks = [first, *explained, then, *_objection(v), *_status(v, voice)]
    return voice.gettext("Return %(rma)s: the check is done", **v.ours), heading, blocks


KINDS: Mapping[str, Callable[[Values, Voice], _Words]] = {
    "access_code": _access_code,
    "return_received": _return_received,
    "return_approved": _return_approved,
    "return_declined": _return_declined,
    "return_withdrawn": _return_withdrawn,
    "return_expired": _return_expired,
    "parcel_received": _parcel_received,
    "refund_issued": _refund_issued,
    "credit_issued": _credit_issued,
    "return_inspected_less": _return_inspected_less,
}


# --- parts of several kinds ----------------------------------------------------------------------------------------


def _items(v: Values, title: str) -> list[Block]:
    lines: list[str] = []
    for item in v.get("items") or ():
        options = f" ({line(item['options'])})" if item.get("options") else ""
        lines.append(f"{v.voice.number(int(item['quantity']))} × {line(item['title'])}{options}")  # noqa: RUF001
    return [Listing(title, tuple(lines))] if lines else []


def _status(v: Values, voice: Voice) -> list[Block]:
    url = web_address(v.get("status_url"))
    return [Action(voice.gettext("See your return"), url)] if url else []


def _objection(v: Values) -> list[Block]:
    """The way to a person (and the law stays the law, whatever a shop decides)."""
    if not v.notice.reply_to:
        return []
    return [
        v.say(
            "Do you see it differently? Reply to this mail, and a person looks at it again. "
            "The rights that the law gives you stay as they are."
        )
    ]


def _money_row(voice: Voice, total: str, parts: Sequence[Mapping[str, Any]] | None) -> tuple[str, str]:
    """``You get back: €79.90 to your card``; of several parts the total stands before them."""
    ways = [refund_to(voice, amount(part.get("amount")), str(part.get("instrument", ""))) for part in parts or ()]
    shown = total if not ways else ways[0] if len(ways) == 1 else f"{total} ({voice.list_of(ways)})"
    return voice.gettext("You get back"), shown


def _address(v: Values, voice: Voice) -> list[str]:
    lines = [line(part) for part in v["address_lines"]]
    country = v.get("address_country")
    return [*lines, voice.country(str(country))] if country else lines


def _reason(voice: Voice, reason: object) -> str:
    """A sentence: given as text, or as a code with its values."""
    if isinstance(reason, Mapping):
        return line(verdict_sentence(voice, str(reason["code"]), reason.get("values") or {}))
    return line(reason)


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        msg = f"no date: {value!r}"
        raise NoticeIncomplete(msg) from error
