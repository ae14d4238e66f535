"""What a mail consists of, whatever it looks like: a few kinds of block, in order, rendered as HTML and as text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from app.core.kit.texts import Voice
from app.providers.contrast import ink_on, readable


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or more. ``small`` for what only some readers need."""

    text: str
    small: bool = False
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Code:
    """Something to type in elsewhere."""

    text: str
    kind: Literal["code"] = "code"


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and their values."""

    rows: tuple[tuple[str, str], ...]
    kind: Literal["facts"] = "facts"


@dataclass(frozen=True, slots=True)
class Listing:
    """A heading with lines under it; ``numbered`` when they are steps, ``plain`` for an address."""

    title: str
    lines: tuple[str, ...]
    style: Literal["bullets", "numbered", "plain"] = "bullets"
    kind: Literal["listing"] = "listing"


@dataclass(frozen=True, slots=True)
class Action:
    """The one thing to press."""

    label: str
    url: str
    kind: Literal["action"] = "action"


Block = Paragraph | Code | Facts | Listing | Action


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail in words. ``footer`` says why the reader gets it."""

    subject: str
    heading: str
    blocks: tuple[Block, ...]
    footer: str
    store_name: str
    colour: object = ""
    unbroken: str = ""
    """A number that no line may break in two, wherever it stands (an RMA has hyphens)."""


def html(letter: Letter, voice: Voice) -> str:
    """The mail as an HTML page that a mail program shows without fetching anything."""
    accent = readable(letter.colour)
    template = _templates().get_template("letter.html")
    whole = partial(_whole, number=letter.unbroken)
    return template.render(letter=letter, voice=voice, accent=accent, ink=ink_on(accent), whole=whole)


def text(letter: Letter, voice: Voice) -> str:
    """The same mail as plain text, complete by itself."""
    return _templates().get_template("letter.txt").render(letter=letter, voice=voice).strip() + "\n"


def _whole(words: str, number: str) -> Markup:
    shown = escape(words)
    if not number:
        return shown
    return Markup('<span style="white-space:nowrap">{}</span>').format(number).join(shown.split(escape(number)))


def web_address(value: object) -> str:
    """``value`` if it is an http(s) address that a mail may link to, else an empty text."""
    if not isinstance(value, str) or any(character.isspace() for character in value):
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme in {"http", "https"} and parts.hostname else ""


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
