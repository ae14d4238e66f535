"""What happened to a return, told as a table: the product's history, the mails that arrived, the files it wrote."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.container import Container
from app.core.kit.money import Money
from app.core.kit.texts import Voice
from app.core.labels import repository as labels
from app.core.messaging import history
from app.core.returns import repository as returns
from app.core.returns import words
from demo.mailbox import Mail

WITHIN = timedelta(microseconds=999_999)
"""A mail is dated to the second; what led to it comes first."""
HEADINGS = ("when", "what happened", "who", "amount", "written")


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the table."""

    at: datetime
    what: str
    who: str
    amount: str = ""
    written: str = ""


def of_return(container: Container, mail: Mail, store_id: UUID, rma: str) -> list[Event]:
    """Everything about one return, oldest first. Raises LookupError when there is no such return."""
    voice = container.texts.for_locale("en")
    with container.database.read() as session:
        found = returns.by_rma(session, store_id, rma)
        if found is None:
            raise LookupError(rma)
        events = [*_facts(session, voice, store_id, found.id), *_files(session, store_id, found.id)]
        reader = found.email
    for letter in reversed(mail.letters(reader)):
        at = letter.message["Date"].datetime + WITHIN
        if rma in letter.subject or rma in letter.text:
            names = ", ".join(name for name, _, _ in letter.attachments)
            events.append(Event(at, f"Mail: {letter.subject}", "to the shopper", written=names))
    return sorted(events, key=lambda one: one.at)


def _facts(session: Session, voice: Voice, store_id: UUID, return_id: UUID) -> Iterator[Event]:
    for entry in history.of(session, store_id, return_id):
        amount = (entry.data or {}).get("amount")
        shown = voice.money(Money(amount["minor"], amount["currency"])) if amount else ""
        yield Event(entry.at, words.history_sentence(voice, entry), words.actor_name(voice, entry.actor), shown)


def _files(session: Session, store_id: UUID, return_id: UUID) -> Iterator[Event]:
    for label in labels.of_return(session, store_id, return_id):
        for file in label.files:
            yield Event(label.created_at, "Label printed to PDF", "Helloword", written=_short(file["key"]))
    returned = returns.get(session, store_id, return_id)
    for line in returned.lines:
        for photo in line.photos:
            what = f"Photo kept ({photo.width} x {photo.height}, without its metadata)"
            yield Event(photo.created_at, what, "The shopper", written=_short(photo.file_key))


def _short(key: str) -> str:
    """A file's kind and name; between them stand a store's and a label's ids."""
    parts = key.split("/")
    return f"{parts[1]}/.../{parts[-1]}" if len(parts) > 2 else key  # noqa: PLR2004 (store, kind, name)


def table(events: Sequence[Event]) -> str:
    """The events as text, in UTC."""
    rows = [HEADINGS, *((f"{e.at:%H:%M:%S}", e.what, e.who, e.amount, e.written) for e in events)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join((lines[0], "  ".join("-" * width for width in widths), *lines[1:]))


def _width(text: str) -> int:
    """Columns on a terminal: letters of East Asia take two."""
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
