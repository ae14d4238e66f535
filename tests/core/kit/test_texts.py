"""Texts: which language, and whether money, dates and broken translations come out right."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, StrictUndefined

from app.core.kit.money import Money
from app.core.kit.texts import Texts, install_texts, placeholders_agree, shipped_texts

ROOT = Path(__file__).resolve().parents[3]

GERMAN = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

msgid "Hello %(name)s"
msgstr "Hallo %(name)s"

msgid "Order %(number)s"
msgstr "Bestellung %(nummer)s"

msgid "Total %(sum)s"
msgstr "Summe %(sum)"

#, fuzzy
msgid "Guessed"
msgstr "Geraten"

msgid "Untranslated"
msgstr ""

msgid "%(num)s article"
msgid_plural "%(num)s articles"
msgstr[0] "ein Artikel"
msgstr[1] "%(num)s Artikel"

msgctxt "verb"
msgid "Return"
msgstr "Zurückgeben"

msgid "Keep <b>%(percent)s</b> %%"
msgstr "Behalten Sie <b>%(percent)s</b> %%"
"""

HEBREW = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\n"

msgid "Hello %(name)s"
msgstr "שלום %(name)s"
"""


@pytest.fixture
def texts(tmp_path: Path) -> Texts:
    for tag, content in {"de": GERMAN, "he": HEBREW, "zh-Hans": HEBREW, "pt-BR": HEBREW, "pt-PT": HEBREW}.items():
        folder = tmp_path / tag / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "messages.po").write_text(content, encoding="utf-8")
    return Texts(tmp_path)


@pytest.mark.parametrize(
    ("wanted", "tag"),
    [
        ("zh-CN", "zh-Hans"),
        ("zh_Hans_CN", "zh-Hans"),
        ("zh", "zh-Hans"),
        ("zh-SG", "zh-Hans"),
        ("zh-TW", "en"),
        ("zh-TW,zh;q=0.9", "zh-Hans"),
        ("de-AT", "de"),
        ("de_DE_formal", "de"),
        ("de_CH.UTF-8", "de"),
        ("iw-IL", "he"),
        ("pt-PT", "pt-PT"),
        ("pt-AO", "pt-BR"),
        ("fr", "en"),
        ("fr-CH, de;q=0.5, en;q=0.3", "de"),
        ("en;q=0.3, de;q=0.5", "de"),
        ("de;q=0", "en"),
        (["ja", "de"], "de"),
        ("", "en"),
        ("*", "en"),
        ("../../etc/passwd", "en"),
    ],
)
def test_the_nearest_language_is_chosen_and_english_when_there_is_none(
    texts: Texts, wanted: str | list[str], tag: str
) -> None:
    assert texts.negotiate(wanted) == tag


@given(st.text())
def test_whatever_a_browser_sends_a_language_comes_out(wanted: str) -> None:
    assert shipped_texts().for_locale(wanted).locale in shipped_texts().available


def test_english_german_and_simplified_chinese_are_shipped() -> None:
    assert shipped_texts().available[:3] == ("en", "de", "zh-Hans")


def test_the_direction_is_the_languages_own(texts: Texts) -> None:
    assert [texts.for_locale(tag).direction for tag in ("he", "de", "en")] == ["rtl", "ltr", "ltr"]


def test_values_are_put_into_the_translation(texts: Texts) -> None:
    assert texts.for_locale("de").gettext("Hello %(name)s", name="Zoë") == "Hallo Zoë"


def test_a_value_that_looks_like_a_placeholder_stays_as_it_is(texts: Texts) -> None:
    assert texts.for_locale("de").gettext("Hello %(name)s", name="100 %(name)s %d") == "Hallo 100 %(name)s %d"


def test_a_missing_value_is_left_standing_rather_than_raising(texts: Texts) -> None:
    assert texts.for_locale("de").gettext("Hello %(name)s", other="x") == "Hallo %(name)s"


@pytest.mark.parametrize("msgid", ["Order %(number)s", "Total %(sum)s"])
def test_a_translation_that_lost_a_placeholder_falls_back_to_english(texts: Texts, msgid: str) -> None:
    assert texts.for_locale("de").gettext(msgid, number=7, sum=7) == msgid.partition("%")[0] + "7"


@pytest.mark.parametrize("msgid", ["Guessed", "Untranslated", "Nobody knows"])
def test_a_message_without_a_sure_translation_is_english(texts: Texts, msgid: str) -> None:
    assert texts.for_locale("de").gettext(msgid) == msgid


def test_plural_forms_may_leave_out_the_number_for_one(texts: Texts) -> None:
    voice = texts.for_locale("de")
    said = [voice.ngettext("%(num)s article", "%(num)s articles", number) for number in (1, 2, 1200)]
    assert said == ["ein Artikel", "2 Artikel", "1.200 Artikel"]


def test_a_context_keeps_two_meanings_apart(texts: Texts) -> None:
    voice = texts.for_locale("de")
    assert (voice.pgettext("verb", "Return"), voice.pgettext("noun", "Return")) == ("Zurückgeben", "Return")


@pytest.mark.parametrize(
    ("amount", "locale", "shown"),
    [
        (Money(123456789, "EUR"), "en", "€1,234,567.89"),
        (Money(123456789, "EUR"), "de", "1.234.567,89\u00a0€"),
        (Money(7990, "EUR"), "de-AT", "€\u00a079,90"),
        (Money(1234567, "JPY"), "en", "¥1,234,567"),
        (Money(1234567, "JPY"), "de", "1.234.567\u00a0¥"),
        (Money(10005, "KWD"), "en", "KWD\u00a010.005"),
        (Money(10005, "KWD"), "de", "10,005\u00a0KWD"),
        (Money(123, "HUF"), "de", "1,23\u00a0HUF"),  # a bank rounds it away; we do not
        (Money(5, "IQD"), "en", "IQD\u00a00.005"),  # CLDR would show none of its three decimals
        (Money(-5, "EUR"), "en", "-€0.05"),
        (Money(4990, "USD"), "zh-CN", "US$49.90"),
        (Money(4990, "CNY"), "zh-CN", "¥49.90"),
        (Money(10**20 + 1, "EUR"), "de", "1.000.000.000.000.000.000,01\u00a0€"),  # no float could hold it
    ],
)
def test_money_shows_exactly_the_iso_decimals(texts: Texts, amount: Money, locale: str, shown: str) -> None:
    assert texts.for_locale(locale).money(amount) == shown


@given(st.integers(-(10**12), 10**12), st.sampled_from(["EUR", "JPY", "KWD", "HUF", "IQD", "USD"]))
def test_the_digits_of_money_read_back_to_the_same_amount(minor: int, currency: str) -> None:
    shown = shipped_texts().for_locale("en").money(Money(minor, currency))
    digits = "".join(character for character in shown if character in "0123456789.")
    assert Money.parse(digits, currency).minor == abs(minor)


@pytest.mark.parametrize(
    ("locale", "day"),
    [("en", "November 5, 2026"), ("en-GB", "5 November 2026"), ("de", "5. November 2026"), ("zh-CN", "2026年11月5日")],
)
def test_a_day_cannot_be_misread(texts: Texts, locale: str, day: str) -> None:
    assert texts.for_locale(locale).date(date(2026, 11, 5)) == day


def test_an_instant_is_shown_in_the_zone_asked_for(texts: Texts) -> None:
    late = datetime(2026, 11, 5, 23, 30, tzinfo=UTC)
    voice = texts.for_locale("de")
    assert voice.datetime(late, "Europe/Berlin") == "06.11.2026, 00:30"
    assert voice.date(late, "Europe/Berlin") == "6. November 2026"


def test_an_unknown_zone_means_utc(texts: Texts) -> None:
    assert (
        texts.for_locale("de").datetime(datetime(2026, 11, 5, 23, 30, tzinfo=UTC), "Mars/Base") == "05.11.2026, 23:30"
    )


def test_countries_numbers_and_lists_are_the_readers(texts: Texts) -> None:
    voice = texts.for_locale("de")
    assert voice.country("jp") == "Japan"
    assert voice.country("QX") == "QX"
    assert voice.number(Decimal("12345.600")) == "12.345,6"
    assert voice.list_of(["Hemd", "Hose", "Hut"]) == "Hemd, Hose und Hut"


def test_templates_speak_the_voice_of_the_moment(texts: Texts) -> None:
    voices = [texts.for_locale("de")]
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    install_texts(environment, lambda: voices[-1])
    template = environment.from_string(
        "{{ _('Hello %(name)s', name=name) }}|{{ ngettext('%(num)s article', '%(num)s articles', 2) }}"
        "|{% trans percent=5 %}Keep\n   <b>{{ percent }}</b> %{% endtrans %}"
    )
    assert template.render(name="<i>") == "Hallo &lt;i&gt;|2 Artikel|Behalten Sie <b>5</b> %"
    voices.append(texts.for_locale("en"))
    assert template.render(name="<i>") == "Hello &lt;i&gt;|2 articles|Keep <b>5</b> %"


@pytest.mark.parametrize(
    ("source", "translation", "agree"),
    [
        ("%(a)s", "%(a)s!", True),
        ("%(a)s", "%(b)s", False),
        ("%(a)s", "", False),
        ("%(a)s", "%(a)s %", False),
        ("%(a)s", "%(a)s %%", True),
        ("no value", "100 %", True),
        ("no value", "%(a)s", False),
        (("one", "%(num)s"), ("%(num)s",), True),
        (("one", "%(num)s"), ("one",), False),
    ],
)
def test_placeholders_are_compared(
    source: str | tuple[str, ...], translation: str | tuple[str, ...], agree: bool
) -> None:
    assert placeholders_agree(source, translation) is agree


def test_the_shipped_catalogues_are_complete() -> None:
    judged = subprocess.run(
        [sys.executable, str(ROOT / "bin" / "texts.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert judged.stderr == ""
    assert judged.returncode == 0
