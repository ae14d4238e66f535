"""A return's history as staff read it: what happened, when, by whom, with the amounts and the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.core.kit.money import Money
from app.core.kit.texts import Voice
from app.core.messaging.history import SYSTEM
from app.core.returns import words
from app.web.admin.shown import DISPOSITIONS, GRADES

if TYPE_CHECKING:
    from app.core.messaging.models import HistoryEntry
    from app.core.returns.models import Return


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry. ``at`` in the store's zone, ``iso`` for the machine; ``notes`` are lines below it."""

    at: str
    iso: str
    who: str
    what: str
    notes: tuple[str, ...]
    is_bad: bool


def moments(
    entries: Sequence[HistoryEntry], returned: Return, names: Mapping[str, str], voice: Voice, tz: str
) -> list[Moment]:
    """Newest first. "Graded" is told with the inspection it belongs to."""
    graded = {entry.at: entry for entry in entries if entry.event == "graded"}
    told = []
    for entry in reversed(entries):
        if entry.event == "graded" and any(e.event == "inspect" and e.at == entry.at for e in entries):
            continue
        notes = _notes(entry, returned, voice)
        if entry.event == "inspect" and entry.at in graded:
            notes = _notes(graded[entry.at], returned, voice)
        told.append(
            Moment(
                at=voice.datetime(entry.at, tz),
                iso=entry.at.isoformat(),
                who=names.get(entry.actor) or _who(entry, voice),
                what=words.history_sentence(voice, entry),
                notes=tuple(note for note in notes if note),
                is_bad=entry.event in {"fail", "lose", "label_failed", "restock_failed"},
            )
        )
    return told


def _who(entry: HistoryEntry, voice: Voice) -> str:
    if entry.actor == SYSTEM and entry.machine != "decision":
        return voice.gettext("By itself")
    return words.actor_name(voice, entry.actor)


def _notes(entry: HistoryEntry, returned: Return, voice: Voice) -> list[str]:
    data: Mapping[str, Any] = entry.data or {}
    if entry.event == "requested" and data.get("amount"):
        money = voice.money(Money(data["amount"]["minor"], data["amount"]["currency"]))
        units = voice.ngettext("%(num)s item", "%(num)s items", int(data.get("units", 1)))
        return [voice.gettext("%(items)s, %(amount)s shown to the shopper", items=units, amount=money)]
    if entry.event == "graded":
        return [_graded(unit, voice) for unit in data.get("units", ())]
    if entry.event == "refund":
        ref = voice.gettext("Store's number: %(ref)s", ref=data["refund_ref"]) if data.get("refund_ref") else ""
        return [ref, voice.gettext("To be paid out by hand") if data.get("by_hand") else ""]
    if entry.event == "fail":
        return [words.refund_failure(voice, entry.reason or "")]
    if entry.machine == "decision" and entry.actor == SYSTEM:
        codes = (entry.reason or "").split(", ")
        said = [r for r in returned.reasons if r["code"] in codes]
        return list(dict.fromkeys(words.verdict_sentence(voice, r["code"], r["values"]) for r in said))
    return [entry.reason or ""]


def _graded(unit: Mapping[str, str], voice: Voice) -> str:
    grade, disposition = GRADES[unit["grade"]], DISPOSITIONS[unit["disposition"]]
    return f"{unit['sku']}: {voice.gettext(grade)} → {voice.gettext(disposition)}"
