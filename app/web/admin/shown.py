"""How a return looks to staff: states, dates and amounts in the reader's voice, each formatted once a page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date

from app.core.kit.money import Money
from app.core.kit.texts import N_, Voice
from app.core.returns import words
from app.core.returns.rules import Decision, Parcel, Settlement

if TYPE_CHECKING:
    from app.core.returns.models import Return, ReturnLine

LINES_AT_MOST = 3
"""So many lines of a return stand in a row of the inbox."""

State = tuple[str, str]
"""(tone, msgid); a tone is a class of ``admin.css``: act, bad, busy, good, quiet."""

_PARCELS: dict[Parcel, State] = {
    Parcel.NONE: ("busy", N_("Label being made")),
    Parcel.LABELLED: ("busy", N_("Waiting for the parcel")),
    Parcel.IN_TRANSIT: ("busy", N_("On its way")),
    Parcel.EXPIRED: ("quiet", N_("Label expired")),
    Parcel.INSPECTED: ("quiet", N_("Nothing to refund")),
    Parcel.CANCELLED: ("quiet", N_("Cancelled")),
}
_SETTLEMENTS: dict[Settlement, State] = {
    Settlement.PENDING: ("busy", N_("Refund under way")),
    Settlement.REFUNDED: ("good", N_("Refunded")),
    Settlement.CREDITED: ("good", N_("Store credit given")),
    Settlement.EXCHANGED: ("good", N_("Exchanged")),
}
GRADES = {
    "new": N_("As new"),
    "opened": N_("Opened, as new"),
    "minor_fault": N_("Minor fault"),
    "damaged": N_("Damaged"),
    "wrong_item": N_("Another article"),
    "missing": N_("Missing"),
}
DISPOSITIONS = {
    "restock": N_("Back into stock"),
    "b_stock": N_("B-stock"),
    "refurbish": N_("Refurbish"),
    "return_to_vendor": N_("Return to supplier"),
    "donate": N_("Donate"),
    "recycle": N_("Recycle"),
    "send_back": N_("Send back to shopper"),
    "none": N_("Nothing"),
}

INSTRUMENTS = {
    "card": N_("Card"),
    "paypal": N_("PayPal"),
    "bank": N_("Bank transfer"),
    "cod": N_("Cash on delivery"),
    "gift_card": N_("Gift card"),
    "store_credit": N_("Store credit"),
    "other": N_("As it was paid"),
}


def state_of(decision: Decision, parcel: Parcel, settlement: Settlement) -> State:
    """The one thing about the three machines that staff want to know: what to do, else how far it is."""
    if decision is Decision.DECLINED:
        return "quiet", N_("Declined")
    if decision is Decision.WITHDRAWN:
        return "quiet", N_("Cancelled by the shopper")
    if decision in {Decision.REVIEW, Decision.PENDING}:
        return "act", N_("To decide")
    if settlement is Settlement.FAILED:
        return "bad", N_("Refund failed")
    if parcel is Parcel.LOST:
        return "bad", N_("Parcel lost")
    if parcel is Parcel.RECEIVED:
        return "act", N_("To inspect")
    return _SETTLEMENTS.get(settlement) or _PARCELS.get(parcel) or ("quiet", "")


@dataclass(frozen=True, slots=True)
class Row:
    """A return in the inbox, all of it in words. ``more``: how many lines are not shown."""

    id: str
    rma: str
    order: str
    asked: str
    shopper: str
    country: str
    lines: tuple[tuple[str, str, str], ...]
    more: int
    wishes: str
    tone: str
    state: str
    amount: str
    can_approve: bool


class Shown:
    """One page's memory: a date, a country or a reason that comes up fifty times is formatted once."""

    def __init__(self, voice: Voice, tz: str) -> None:
        """``tz``: the store's; an unknown name means UTC."""
        self.voice = voice
        self._zone = _zone(tz)
        self._dates: dict[date, str] = {}
        self._said: dict[tuple[str, str], str] = {}

    def date(self, at: datetime) -> str:
        """The day in the store's zone, short: ``17 Nov 2026``."""
        day = at.astimezone(self._zone).date()
        if day not in self._dates:
            self._dates[day] = format_date(day, format="medium", locale=self.voice.formats)
        return self._dates[day]

    def money(self, amount: Money) -> str:
        """An amount as the voice says it."""
        return self.voice.money(amount)

    def country(self, code: str) -> str:
        """The country's name; an empty text for none."""
        if not code:
            return ""
        return self._remember("country", code) or self._keep("country", code, self.voice.country(code))

    def reason(self, code: str) -> str:
        """A shopper's reason."""
        return self._remember("reason", code) or self._keep("reason", code, words.reason_name(self.voice, code))

    def say(self, msgid: str) -> str:
        """A text of a table above."""
        return self._remember("", msgid) or self._keep("", msgid, self.voice.gettext(msgid))

    def row(self, returned: Return) -> Row:
        """A return as the inbox shows it."""
        tone, msgid = state_of(returned.decision, returned.parcel, returned.settlement)
        return Row(
            id=str(returned.id),
            rma=returned.rma,
            order=self.voice.gettext("Order %(number)s", number=returned.order_number),
            asked=self.date(returned.created_at),
            shopper=returned.shopper_name or returned.email,
            country=self.country(returned.country),
            lines=tuple(self._line(line) for line in returned.lines[:LINES_AT_MOST]),
            more=max(0, len(returned.lines) - LINES_AT_MOST),
            wishes=returned.outcome_wished if returned.outcome_wished != "refund" else "",
            tone=tone,
            state=self.say(msgid),
            amount=self.money(returned.quoted),
            can_approve=returned.decision is Decision.REVIEW,
        )

    def _line(self, line: ReturnLine) -> tuple[str, str, str]:
        sold = line.order_line
        return f"{line.quantity} × {sold.title}", sold.options_text, self.reason(line.reason)  # noqa: RUF001

    def _remember(self, kind: str, key: str) -> str:
        return self._said.get((kind, key), "")

    def _keep(self, kind: str, key: str, text: str) -> str:
        self._said[kind, key] = text
        return text


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
