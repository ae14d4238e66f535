"""What a person reads: translated sentences, and money, dates, numbers and names in the reader's own way.

Catalogues are ``app/locale/<BCP 47 tag>/LC_MESSAGES/messages.po``; English needs none, its sentences are the message
ids. There is no compile step: a catalogue is read once, when first wanted. Adding a language is adding that file.

Values are put in with ``%(name)s`` and nothing else. In Python a message without values is given back as it stands;
a Jinja template always formats, so there (and wherever values are given) a literal per cent sign is written ``%%``.
A translation whose placeholders differ from its source is dropped when its catalogue is read, so that what a
translator mistyped shows as English and never as an error page. ``bin/texts --check`` finds these before.
"""

from __future__ import annotations

import copy
import gettext as gnu
import io
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_time, get_datetime_format
from babel.lists import format_list
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import NumberPattern, format_decimal

from app.core.kit.currency import exponent

if TYPE_CHECKING:
    from jinja2 import Environment

    from app.core.kit.money import Money

SOURCE = "en"
CATALOGUES = Path(__file__).resolve().parents[2] / "locale"

_PLACEHOLDER = re.compile(r"%%|%\((\w+)\)s")
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?(?:[-_.@].*)?")
_CODE_BEFORE_DIGIT = re.compile(r"(?<=[A-Z])(?=\d)")  # CLDR's currency spacing, which Babel leaves out: KWD 1.500
_HEADER_LIMIT = 1000  # an Accept-Language header is a visitor's input
# Withdrawn codes that platforms and browsers still send.
_WITHDRAWN = {"iw": "he", "in": "id", "ji": "yi", "no": "nb", "tl": "fil"}


def N_(msgid: str) -> str:  # noqa: N802 (gettext's own name, which extraction looks for)
    """Mark a message for the catalogues where it stands; translate it later, where it is shown."""
    return msgid


def placeholders(text: str) -> frozenset[str]:
    """The names of the values that ``text`` wants."""
    return frozenset(name for name in _PLACEHOLDER.findall(text) if name)


def placeholders_agree(source: str | Sequence[str], translation: str | Sequence[str]) -> bool:
    """Whether a translation wants the same values as its source.

    All forms of a plural but the last, which is used for most numbers, may leave out ``%(num)s`` ("one article").
    Any ``%`` that is neither ``%(name)s`` nor ``%%`` in a message with placeholders is a disagreement too.
    """
    sources = (source,) if isinstance(source, str) else tuple(source)
    forms = (translation,) if isinstance(translation, str) else tuple(translation)
    wanted = [placeholders(text) for text in sources]
    least, most = frozenset.intersection(*wanted), frozenset.union(*wanted)
    if len(sources) > 1:
        least -= {"num"}
    if most and any("%" in _PLACEHOLDER.sub("", form) for form in forms):
        return False
    given = [placeholders(form) for form in forms]
    return all(least <= names <= most for names in given) and given[-1] == wanted[-1]


def translated_forms(message: Message) -> tuple[str, ...]:
    """Every form of the translation, one if the message has no plural; empty unless all of them have words."""
    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
    return forms if all(forms) else ()


class Voice:
    """One reader's language. Nothing here raises for a missing value or translation."""

    def __init__(self, locale: str, formats: Locale, catalogue: gnu.NullTranslations) -> None:
        """``locale`` is the catalogue's BCP 47 tag, ``formats`` says how dates and numbers look (``de_AT``)."""
        self.locale = locale
        self.formats = formats
        self.catalogue = catalogue

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """Which way the language runs."""
        return "rtl" if self.formats.text_direction == "rtl" else "ltr"

    def gettext(self, msgid: str, /, **values: Any) -> str:
        """The sentence ``msgid`` with ``values`` in it."""
        return _fill(self.catalogue.gettext(msgid), values)

    def ngettext(self, singular: str, plural: str, num: int, /, **values: Any) -> str:
        """The sentence for ``num`` of something; ``%(num)s`` is the number, in the reader's digits' grouping."""
        text = self.catalogue.ngettext(singular, plural, num)
        return _fill(text, {"num": self.number(num), **values})

    def pgettext(self, context: str, msgid: str, /, **values: Any) -> str:
        """The sentence ``msgid`` as meant in ``context`` (two uses of one English word)."""
        return _fill(self.catalogue.pgettext(context, msgid), values)

    def npgettext(self, context: str, singular: str, plural: str, num: int, /, **values: Any) -> str:
        """``ngettext`` in a ``context``."""
        text = self.catalogue.npgettext(context, singular, plural, num)
        return _fill(text, {"num": self.number(num), **values})

    def money(self, amount: Money) -> str:
        """The exact amount with exactly the currency's ISO 4217 decimals (Babel's own rounding is not used)."""
        pattern = _money_pattern(self.formats, exponent(amount.currency))
        text = str(pattern.apply(amount.amount, self.formats, currency=amount.currency, currency_digits=False))
        return _CODE_BEFORE_DIGIT.sub("\u00a0", text)

    def number(self, value: int | Decimal) -> str:
        """A number with the reader's separators; no decimal is rounded away."""
        return format_decimal(value, locale=self.formats, decimal_quantization=False)

    def date(self, value: date, tz: str | tzinfo = UTC) -> str:
        """A day, spelled so that nobody reads the month as the day. An aware datetime is taken in ``tz``."""
        if isinstance(value, datetime) and value.tzinfo is not None:
            value = value.astimezone(_zone(tz))
        return format_date(value, format="long", locale=self.formats)

    def datetime(self, value: datetime, tz: str | tzinfo = UTC) -> str:
        """An aware instant to the minute, in ``tz`` (a name such as ``Europe/Berlin``; an unknown one means UTC)."""
        zone = _zone(tz)
        day = format_date(value.astimezone(zone), format="medium", locale=self.formats)
        minute = format_time(value, format="short", tzinfo=zone, locale=self.formats)
        joined = str(get_datetime_format("medium", locale=self.formats))
        return joined.replace("'", "").replace("{0}", minute).replace("{1}", day)

    def country(self, code: str) -> str:
        """The country's name, or the code as given if it is none."""
        return str(self.formats.territories.get(code.upper(), code))

    def list_of(self, items: Sequence[str]) -> str:
        """``a, b and c``."""
        return format_list(list(items), locale=self.formats)


class Texts:
    """The catalogues below one folder."""

    def __init__(self, root: Path = CATALOGUES) -> None:
        """No catalogue is read before it is wanted."""
        self._root = root
        found = sorted(path.parent.parent.name for path in root.glob("*/LC_MESSAGES/messages.po"))
        self.available: tuple[str, ...] = (SOURCE, *(tag for tag in found if tag != SOURCE))
        self._catalogues: dict[str, gnu.NullTranslations] = {}
        self._voices: dict[tuple[str, str], Voice] = {}

    def negotiate(self, wanted: str | Sequence[str]) -> str:
        """The best of ``available`` for a tag, an Accept-Language header, or several of them, best first.

        Tags may be BCP 47 (``zh-CN``) or a platform's (``de_DE_formal``). Language and script must fit: ``zh-TW`` is
        not answered with ``zh-Hans``. English if nothing fits.
        """
        return self._choose(wanted)[0]

    def for_locale(self, locale: str | Sequence[str]) -> Voice:
        """The voice for ``locale``, negotiated; its dates and numbers are the region's where one is named."""
        tag, formats = self._choose(locale)
        key = (tag, str(formats))
        voice = self._voices.get(key)
        if voice is None:
            voice = self._voices[key] = Voice(tag, formats, self._catalogue(tag))
        return voice

    def _choose(self, wanted: str | Sequence[str]) -> tuple[str, Locale]:
        for language, script, region in _wishes(wanted):
            fitting = [tag for tag in self.available if _split(tag)[:2] == (language, script)]
            if fitting:
                exact = [tag for tag in fitting if _split(tag)[2] == region]
                tag = (exact or fitting)[0]
                return tag, _formats(tag, region)
        return SOURCE, _formats(SOURCE, "")

    def _catalogue(self, tag: str) -> gnu.NullTranslations:
        known = self._catalogues.get(tag)
        if known is None:
            path = self._root / tag / "LC_MESSAGES" / "messages.po"
            known = self._catalogues[tag] = read_catalogue(path, tag) if path.exists() else gnu.NullTranslations()
        return known


@cache
def shipped_texts() -> Texts:
    """The product's own catalogues, the same object every time."""
    return Texts()


def read_catalogue(path: Path, tag: str) -> gnu.GNUTranslations:
    """The catalogue as ready translations, without fuzzy entries and without those that lost a placeholder."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=str(Locale.parse(tag, sep="-")))
    kept = Catalog(locale=catalogue.locale)
    for message in catalogue:
        forms = translated_forms(message)
        if message.id and forms and not message.fuzzy and placeholders_agree(message.id, forms):
            kept.add(message.id, message.string, context=message.context)
    compiled = io.BytesIO()
    write_mo(compiled, kept)
    compiled.seek(0)
    return gnu.GNUTranslations(compiled)


def install_texts(environment: Environment, voice: Callable[[], Voice]) -> None:
    """Give a Jinja environment ``_``, ``ngettext``, ``pgettext`` and ``{% trans %}`` in the voice of the moment.

    White space in a ``{% trans %}`` block is joined, as it is when the messages are extracted.
    """
    environment.policies["ext.i18n.trimmed"] = True
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the extension adds it
        # ruff: noqa: PLW0108 (the voice is asked each time: it changes from reader to reader)
        gettext=lambda msgid: voice().catalogue.gettext(msgid),
        ngettext=lambda one, many, num: voice().catalogue.ngettext(one, many, num),
        pgettext=lambda context, msgid: voice().catalogue.pgettext(context, msgid),
        npgettext=lambda context, one, many, num: voice().catalogue.npgettext(context, one, many, num),
        newstyle=True,
    )


def _fill(text: str, values: Mapping[str, Any]) -> str:
    if not values:
        return text

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "%"
        return str(values[name]) if name in values else match[0]

    return _PLACEHOLDER.sub(value, text)


@lru_cache(maxsize=1024)
def _money_pattern(formats: Locale, decimals: int) -> NumberPattern:
    pattern: NumberPattern = copy.copy(formats.currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    return pattern


@lru_cache(maxsize=1024)
def _zone(tz: str | tzinfo) -> tzinfo:
    if isinstance(tz, tzinfo):
        return tz
    try:
        return ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _wishes(wanted: str | Sequence[str]) -> list[tuple[str, str, str]]:
    """(language, script, region) of each wish, best first."""
    headers = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    wishes: list[tuple[str, str, str]] = []
    for header in headers:
        weighed: list[tuple[Decimal, tuple[str, str, str]]] = []
        for part in header[:_HEADER_LIMIT].split(","):
            tag, _, parameter = part.partition(";")
            weight = _weight(parameter)
            parts = _split(tag.strip())
            if weight > 0 and parts[0]:
                weighed.append((weight, parts))
        weighed.sort(key=lambda pair: -pair[0])  # stable: equal weights stay in the order given
        wishes.extend(parts for _, parts in weighed)
    return wishes


def _weight(parameter: str) -> Decimal:
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return Decimal(1)
    return Decimal(value.strip()) if re.fullmatch(r"\s*[01](\.\d{0,3})?\s*", value) else Decimal(0)


@lru_cache(maxsize=2048)
def _split(tag: str) -> tuple[str, str, str]:
    """(language, script, region) of a tag, the script filled in from CLDR's likely one; empty texts for no tag."""
    match = _TAG.fullmatch(tag)
    if match is None:
        return "", "", ""
    language, script, region = (match[1].lower(), (match[2] or "").title(), (match[3] or "").upper())
    language = _WITHDRAWN.get(language, language)
    if not script:
        likely = get_global("likely_subtags")
        full = likely.get(f"{language}_{region}") or likely.get(language) or ""
        script = full.split("_")[1] if full.count("_") == 2 else ""  # noqa: PLR2004 (language, script, region)
    return language, script, region


@lru_cache(maxsize=2048)
def _formats(tag: str, region: str) -> Locale:
    """The locale for dates and numbers: the catalogue's language in the reader's region, if CLDR has that."""
    language, script, own_region = _split(tag)
    for parts in ((language, script, region), (language, "", region), (language, script, own_region)):
        try:
            if parts[2]:
                return Locale.parse("_".join(filter(None, parts)))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(tag, sep="-")
