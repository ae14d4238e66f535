# ruff: noqa: RUF001 (the signs meant)
"""The words: every kind in every language is whole, says what happens to the money, and escapes what it is given."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from app.core.kit.texts import Texts, shipped_texts
from app.core.returns.ports import Notice
from app.providers.mail.letters import html, text, web_address
from app.providers.mail.notices import KINDS, NoticeIncomplete, compose, line
from tests.providers.mail.postbox import LABEL, VALUES, make_notice

LOCALES = ("en", "de", "zh-CN")
VOID = {"meta", "br", "hr", "img", "link"}


def as_text(notice: Notice) -> str:
    """The plain part, in lines."""
    return text(*compose(notice, shipped_texts()))


def as_html(notice: Notice) -> str:
    """The HTML part."""
    return html(*compose(notice, shipped_texts()))


def subject(notice: Notice) -> str:
    """The subject."""
    return compose(notice, shipped_texts())[0].subject


class Page(HTMLParser):
    """Reads a page: open tags must be closed, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.words += " "
        self.attributes.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.words += data


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_in_every_language_is_whole(kind: str, locale: str) -> None:
    notice = make_notice(kind, locale)
    whole = subject(notice) + as_text(notice) + Page(as_html(notice)).words
    assert re.findall(r"%\(|%s|\{\{|None|\bnan\b", whole) == []
    assert "Nordlicht" in whole
    assert "#1001" in whole


@pytest.mark.parametrize("locale", LOCALES[1:])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_is_translated(kind: str, locale: str) -> None:
    english, other = make_notice(kind), make_notice(kind, locale)
    assert subject(english) != subject(other)
    shared = set(as_text(english).splitlines()) & set(as_text(other).splitlines())
    told = {"Nordlicht", "-- ", "", "    493027", "    TAKE-WHAT-YOU-LIKE", "The cardigan has a stain on the sleeve."}
    addresses = {"  Nordlicht Returns", "  Lagerstraße 12", "  20357 Hamburg", VALUES[kind].get("status_url", "")}
    items = {"- 1 × Linen shirt (Size M, Blue)", "- 2 × Merino cardigan"}
    assert {row for row in shared if not row.startswith("  The cardigan")} <= told | addresses | items


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_text_part_says_all_that_the_html_part_says(kind: str) -> None:
    notice = make_notice(kind, attachments=(LABEL,))

    def words(shown: str) -> set[str]:
        return set(re.findall(r"[\w€.,#%-]+", shown.replace(":", " ")))

    assert words(Page(as_html(notice)).words) - words(as_text(notice)) == set()


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("access_code", "It works once and for 15 minutes."),
        ("return_received", "No money moves before the decision, and we write to you as soon as there is one."),
        ("return_approved", "You get back: €79.90 (€60.00 to your card and €19.90 to your gift card)"),
        ("return_approved", "Hand in the parcel by: December 5, 2026"),
        ("return_approved", "The money is sent once the parcel has arrived and the items are checked."),
        ("return_declined", "- The return period ended on October 30, 2026."),
        ("return_declined", "Nothing is refunded, and your order stays as it is."),
        ("return_declined", "Reply to this mail, and a person looks at it again."),
        ("return_withdrawn", "Nothing is refunded."),
        ("return_expired", "Nothing is refunded."),
        ("parcel_received", "Then your money is sent, and we write to you with the amount."),
        ("refund_issued", "Nordlicht has sent back €79.90 for return R-7KMQ-93XH (order #1001)."),
        ("refund_issued", "It can take up to 10 days until you see it in your account."),
        ("return_inspected_less", "so you get €79.90, less than first shown to you."),
        ("return_inspected_less", "The cardigan has a stain on the sleeve."),
    ],
)
def test_each_kind_says_what_happens_to_the_money_and_when(kind: str, sentence: str) -> None:
    assert sentence in as_text(make_notice(kind))


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (
            "return_approved",
            "Sie erhalten zurück: 79,90\u00a0€ (60,00\u00a0€ auf Ihre Karte und 19,90\u00a0€ auf Ihre Geschenkkarte)",
        ),
        ("return_approved", "Paket abgeben bis: 5. Dezember 2026"),
        ("return_declined", "- Die Rückgabefrist ist am 30. Oktober 2026 abgelaufen."),
        (
            "refund_issued",
            "Nordlicht hat 79,90\u00a0€ für die Rücksendung R-7KMQ-93XH (Bestellung #1001) zurückgezahlt.",
        ),
        ("return_expired", "Es wird nichts erstattet."),
    ],
)
def test_the_money_is_told_in_german(kind: str, sentence: str) -> None:
    assert sentence in as_text(make_notice(kind, "de-DE"))


def test_the_money_is_told_in_chinese() -> None:
    assert "Nordlicht 已为退货 R-7KMQ-93XH（订单 #1001）退还 €79.90。" in as_text(make_notice("refund_issued", "zh-CN"))


@pytest.mark.parametrize(
    ("trigger", "sentence"),
    [
        ("approval", "The money is sent now, before the parcel arrives."),
        ("receipt", "The money is sent as soon as the parcel has arrived."),
        ("inspection", "The money is sent once the parcel has arrived and the items are checked."),
    ],
)
def test_an_approval_says_when_this_store_pays(trigger: str, sentence: str) -> None:
    assert sentence in as_text(make_notice("return_approved", values={"refund_when": trigger}))


def test_a_refund_by_hand_is_not_promised_to_arrive_by_itself() -> None:
    shown = as_text(make_notice("refund_issued", values={"by_hand": True}))
    assert "pays it out to you directly" in shown
    assert "on its way" not in shown


def test_nothing_to_refund_after_inspection_says_so_and_names_no_amount() -> None:
    shown = as_text(make_notice("return_inspected_less", values={"amount": {"minor": 0, "currency": "EUR"}}))
    assert "so no money is sent." in shown
    assert "€" not in shown


def test_yen_and_dinar_keep_their_own_decimals() -> None:
    yen = make_notice("refund_issued", values={"amount": {"minor": 7990, "currency": "JPY"}, "parts": []})
    dinar = make_notice("refund_issued", values={"amount": {"minor": 7990, "currency": "KWD"}, "parts": []})
    assert subject(yen) == "¥7,990 is on its way to you (R-7KMQ-93XH)"
    assert subject(dinar) == "KWD\u00a07.990 is on its way to you (R-7KMQ-93XH)"


def test_with_a_label_attached_the_shopper_is_told_to_print_it() -> None:
    assert "Print the attached file" in as_text(make_notice("return_approved", attachments=(LABEL,)))
    assert "Print" not in as_text(make_notice("return_approved"))


def test_a_label_without_postage_says_so_and_one_that_is_paid_for_does_not() -> None:
    words = "The label carries no postage: choose a carrier and pay there."
    assert words in as_text(make_notice("return_approved", attachments=(LABEL,)))
    assert words not in as_text(make_notice("return_approved", attachments=(LABEL,), values={"postage_paid": True}))


def test_without_an_address_to_reply_to_no_reply_is_asked_for() -> None:
    assert "Reply to this mail" not in as_text(make_notice("return_declined", reply_to=None))


def test_a_reason_in_the_stores_own_words_is_shown_as_text() -> None:
    told = [{"code": "declined_by_staff", "values": {"reason": "Worn <b>often</b> & washed"}}]
    notice = make_notice("return_declined", values={"reasons": told})
    assert "- The store's answer: Worn <b>often</b> & washed" in as_text(notice)
    assert "Worn &lt;b&gt;often&lt;/b&gt; &amp; washed" in as_html(notice)


def test_the_return_number_is_never_broken_over_two_lines_and_stays_escaped() -> None:
    page = as_html(make_notice("refund_issued", values={"rma": "R-<7>"}))
    assert 'for return <span style="white-space:nowrap">R-&lt;7&gt;</span> (order #1001)' in page


def test_markup_in_a_title_stays_text() -> None:
    items = [{"title": "<script>alert(1)</script>", "options": '"><img src=x>', "quantity": 1}]
    page = Page(as_html(make_notice("return_received", values={"items": items})))
    assert "<script>alert(1)</script>" in page.words
    assert not {"script", "img"} & set(page.seen)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_html_part_needs_no_table_no_picture_and_fetches_nothing(kind: str) -> None:
    page = as_html(make_notice(kind))
    read = Page(page)
    assert not {"table", "img", "script", "link", "form", "iframe"} & set(read.seen)
    fetched = [value for _, attributes in read.attributes for name, value in attributes.items() if name == "src"]
    assert fetched == []
    assert "url(" not in page
    assert "@import" not in page


def test_language_and_direction_stand_on_the_page() -> None:
    tag, attributes = Page(as_html(make_notice("parcel_received", "de-AT"))).attributes[0]
    assert (tag, attributes) == ("html", {"lang": "de", "dir": "ltr"})


def test_a_right_to_left_language_turns_the_page(tmp_path: Any) -> None:
    folder = tmp_path / "he" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n')
    page = html(*compose(make_notice("return_approved", "he"), Texts(tmp_path)))
    assert 'dir="rtl"' in page
    assert "text-align:right" in page
    assert "padding-right:22px" in page


def test_the_stores_colour_is_used_where_it_can_be_read() -> None:
    assert "background:#0b6e4f;color:#ffffff" in as_html(make_notice("parcel_received"))
    assert "#ffee00" not in as_html(make_notice("parcel_received", brand={"colour": "#ffee00"}))
    assert "background:#000000;color:#ffffff" in as_html(make_notice("parcel_received", brand={}))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "https://", "http://[", "https://x y", None, 7]
)
def test_a_link_that_is_no_web_address_is_left_out(url: object) -> None:
    assert web_address(url) == ""
    assert "See your return" not in as_html(make_notice("parcel_received", values={"status_url": url}))


def test_a_title_with_line_breaks_stays_one_line() -> None:
    assert line("a\r\n b\u2028c\u202ed\ud800") == "a b c d"


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        ("access_code", "code"),
        ("return_approved", "refund"),
        ("refund_issued", "amount"),
        ("return_declined", "reasons"),
    ],
)
def test_half_a_mail_is_not_written(kind: str, missing: str) -> None:
    with pytest.raises(NoticeIncomplete, match=missing):
        compose(make_notice(kind, values={missing: None}), shipped_texts())


@pytest.mark.parametrize(
    "amount", [79.9, "79.90", {"minor": 79.9, "currency": "EUR"}, {"minor": True, "currency": "EUR"}]
)
def test_an_amount_that_is_no_exact_money_is_refused(amount: object) -> None:
    with pytest.raises(NoticeIncomplete, match="no amount"):
        compose(make_notice("refund_issued", values={"amount": amount}), shipped_texts())


def test_a_kind_that_nobody_knows_is_refused() -> None:
    with pytest.raises(NoticeIncomplete, match="unknown kind"):
        compose(Notice("k", "gossip", "a@b.example", "en", "S", None, {}, {}), shipped_texts())
