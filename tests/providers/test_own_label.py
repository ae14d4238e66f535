# ruff: noqa: RUF001 (Chinese has its own commas)
"""The papers of a return: what is on them, that they can be scanned, and that nothing runs off the page."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from app.core.kit.money import Money
from app.core.kit.texts import Texts
from app.core.labels.ports import ParcelItem, ReturnShipment
from app.core.orders.ports import Address
from app.providers.own_label import OwnLabel
from app.providers.own_label_fonts import runs, width
from app.providers.own_label_sheet import Style, wrap

Picture = Callable[[bytes, int], Image.Image]
A4_WIDTH = 595.28


def pdf(shipment: ReturnShipment) -> bytes:
    return OwnLabel().buy_label(shipment).files[0].content


def pages(shipment: ReturnShipment) -> list[str]:
    """The text of each page; white space as one space."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf(shipment))).pages]


def places(shipment: ReturnShipment) -> list[tuple[int, float, float, str]]:
    """``placed`` of a shipment's papers."""
    return placed(pdf(shipment))


def placed(content: bytes) -> list[tuple[int, float, float, str]]:
    """(page, x, y, text) of every piece of text, in points from the lower left."""
    found: list[tuple[int, float, float, str]] = []
    for number, page in enumerate(PdfReader(io.BytesIO(content)).pages):

        def visit(text: str, cm: list[float], tm: list[float], *_: object, number: int = number) -> None:
            if text.strip():
                found.append((number, tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5], text.strip()))

        page.extract_text(visitor_text=visit)
    return found


def many(count: int) -> tuple[ParcelItem, ...]:
    return tuple(
        ParcelItem(
            title=f"Article number {number} with a title that goes on until it needs more than one line",
            options="Size M, Blue",
            sku=f"SKU-{number:03}",
            quantity=1,
            unit_value=Money(1999, "EUR"),
            reason="Changed my mind",
        )
        for number in range(count)
    )


def test_nothing_is_bought(shipment: ReturnShipment) -> None:
    bought = OwnLabel().buy_label(shipment)
    assert (bought.carrier, bought.ref, bought.tracking_number, bought.cost) == ("own_label", "R-7KMQ-93XH", "", None)
    assert [(file.name, file.content_type) for file in bought.files] == [("R-7KMQ-93XH.pdf", "application/pdf")]


def test_there_is_no_label_to_find_and_every_label_can_be_voided(shipment: ReturnShipment) -> None:
    carrier = OwnLabel()
    carrier.buy_label(shipment)
    assert carrier.find_label(shipment.key) is None
    assert carrier.void_label("R-7KMQ-93XH") is True


def test_the_same_shipment_gives_the_same_bytes(from_tokyo: ReturnShipment) -> None:
    assert pdf(from_tokyo) == pdf(from_tokyo)


def test_another_shipment_gives_other_bytes(shipment: ReturnShipment) -> None:
    assert pdf(shipment) != pdf(replace(shipment, rma="R-AAAA-3333"))


def test_a_label_with_forty_items_is_made_in_less_than_300_ms(shipment: ReturnShipment) -> None:
    long = replace(shipment, items=many(40))
    pdf(long)  # fonts are read once a process
    seconds: list[float] = []
    for _ in range(5):
        begin = time.perf_counter()
        pdf(long)
        seconds.append(time.perf_counter() - begin)
    assert min(seconds) < 0.3


@pytest.mark.parametrize("locale", ["en", "de", "zh-CN"])
def test_both_codes_read_back_as_the_rma(shipment: ReturnShipment, picture: Picture, locale: str) -> None:
    codes = zxingcpp.read_barcodes(picture(pdf(replace(shipment, locale=locale)), 0))
    read = sorted((str(code.format).replace(" ", ""), code.text) for code in codes)
    assert [text for _, text in read] == ["R-7KMQ-93XH", "R-7KMQ-93XH"]
    assert [name for name, _ in read] == ["Code128", "QRCode"]


def test_the_codes_can_be_read_from_a_black_and_white_fax(shipment: ReturnShipment, picture: Picture) -> None:
    page = picture(pdf(shipment), 0).convert("L").resize((827, 1169)).point(lambda value: 255 if value > 127 else 0)
    assert {code.text for code in zxingcpp.read_barcodes(page)} == {"R-7KMQ-93XH"}


def test_the_label_names_both_ends_and_their_countries(shipment: ReturnShipment) -> None:
    first = pages(shipment)[0]
    assert "From Alice Smith 1200 W Olympic Blvd Apt 4 Los Angeles CA 90015 UNITED STATES" in first
    assert "To Nordlicht Returns Nordlicht Textil GmbH Lagerstraße 12, Tor 3 20357 Hamburg GERMANY" in first


def test_a_domestic_label_names_no_country(domestic: ReturnShipment) -> None:
    first = pages(domestic)[0]
    assert "10119 Berlin" in first
    assert "GERMANY" not in first


def test_a_japanese_address_stands_as_written_on_a_german_label(from_tokyo: ReturnShipment) -> None:
    first = pages(from_tokyo)[0]
    assert "Absender 〒150-0001 東京都渋谷区 神宮前1丁目2-3 原宿ハイツ 405 山田 太郎 JAPAN" in first


def test_the_packing_slip_lists_every_item_with_its_value(shipment: ReturnShipment) -> None:
    first = pages(shipment)[0]
    assert "1 Linen shirt Föhr Size M, Blue · LIN-FOHR-M-BL Too small 6205.90 PT €79.90" in first
    assert "2 Merino cardigan Size L · MER-CARD-L Damaged 6110.11 CN €258.00" in first
    assert "3 items · goods weigh 1,390 g" in first
    assert "€337.90" in first


def test_values_in_two_currencies_are_not_added_up(domestic: ReturnShipment) -> None:
    yen = replace(domestic.items[0], unit_value=Money(1200, "JPY"))
    assert "258,00 € + 1.200 ¥" in pages(replace(domestic, items=(domestic.items[1], yen)))[0]


def test_a_parcel_through_customs_says_returned_goods(shipment: ReturnShipment) -> None:
    assert "For customs: returned goods" in pages(shipment)[0]
    assert "HS code" in pages(shipment)[0]


@pytest.mark.parametrize("country", ["DE", "FR"])
def test_a_parcel_inside_the_customs_union_says_nothing_of_customs(shipment: ReturnShipment, country: str) -> None:
    inside = replace(shipment, sender=replace(shipment.sender, country=country))
    assert "customs" not in " ".join(pages(inside))
    assert "HS code" not in pages(inside)[0]


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        (
            "en",
            [
                "How to send it back",
                "Hand the parcel in by December 5, 2026 at the latest.",
                "What happens to your money",
                "Keep it until your money is back.",
                "Write to help@nordlicht.example and name R-7KMQ-93XH.",
            ],
        ),
        (
            "de",
            [
                "So schicken Sie es zurück",
                "Geben Sie das Paket spätestens am 5. Dezember 2026 ab.",
                "Was mit Ihrem Geld geschieht",
                "Behalten Sie ihn, bis Ihr Geld zurück ist.",
            ],
        ),
        ("zh-Hans", ["如何寄回", "2026年12月5日", "您的退款如何处理", "有疑问"]),
    ],
)
def test_the_last_page_explains_in_the_shoppers_language(
    shipment: ReturnShipment, locale: str, expected: list[str]
) -> None:
    last = pages(replace(shipment, locale=locale))[-1]
    assert [sentence for sentence in expected if sentence not in last] == []


def test_the_label_does_not_pretend_to_be_prepaid(shipment: ReturnShipment) -> None:
    assert "The label carries no postage" in pages(shipment)[-1]
    assert "Place for the postage" in pages(shipment)[0]


def test_without_a_last_day_none_is_named(shipment: ReturnShipment) -> None:
    assert "at the latest" not in pages(replace(shipment, send_by=None))[-1]


def test_two_items_need_two_pages(shipment: ReturnShipment) -> None:
    assert len(pages(shipment)) == 2


def test_forty_items_flow_to_further_pages_and_none_is_lost(shipment: ReturnShipment) -> None:
    found = pages(replace(shipment, items=many(40)))
    text = " ".join(found)
    assert [number for number in range(40) if f"SKU-{number:03}" not in text] == []
    assert len(found) >= 4
    assert all("Packing slip, continued" in page for page in found[1:-1])
    assert found[0].endswith(f"Page 1 of {len(found)}")
    assert "€799.60" in text


def crowded(shipment: ReturnShipment) -> ReturnShipment:
    """Everything as long as anybody could make it."""
    wordy = ParcelItem(
        title="Unbreakable" * 30,
        options="Options " * 40,
        sku="S" * 120,
        quantity=100000,
        unit_value=Money(99_999_999_99, "EUR"),
        reason="Reason" * 50,
        hs_code="6205.90.00.00",
        origin_country="PT",
    )
    long = "Wallenstein-Straßenname " * 6
    full = Address(long, long, long, long, long, long, long, "DE")
    return replace(
        shipment,
        items=(wordy,) * 12,
        recipient=full,
        sender=replace(full, country="US"),
        store_name="Store " * 40,
        order_number="#" + "1" * 80,
        support_email="a" * 120 + "@nordlicht.example",
    )


@pytest.mark.parametrize("locale", ["en", "de", "zh-CN"])
def test_nothing_runs_off_the_paper(shipment: ReturnShipment, picture: Picture, locale: str) -> None:
    long = replace(crowded(shipment), locale=locale)
    written = places(long)
    assert len(written) > 100
    assert min(y for _, _, y, _ in written) >= 30
    assert max(y for _, _, y, _ in written) <= 800
    for page in range(written[-1][0] + 1):
        image = picture(pdf(long), page).convert("L")
        margin = int(46 / A4_WIDTH * image.width)
        left = image.crop((0, 0, margin, image.height))
        right = image.crop((image.width - margin, 0, image.width, image.height))
        assert (left.getextrema(), right.getextrema()) == ((255, 255), (255, 255))


def test_a_crowded_address_keeps_every_line_above_the_code(shipment: ReturnShipment) -> None:
    recipient = Address("Name " * 15, "Company " * 12, "Street " * 15, "Second " * 15, "City " * 12, "", "12345", "DE")
    written = places(replace(shipment, recipient=recipient))
    country = [y for page, _, y, text in written if page == 0 and text == "GERMANY"]
    assert len(country) == 1
    assert country[0] > 842 - 42 - 231  # the upper edge of the bars


def test_chinese_and_latin_share_a_line() -> None:
    parts = runs("Torstraße 東京 5")
    assert [part.text for part in parts] == ["Torstraße ", "東京", " 5"]
    assert len({part.face.key for part in parts}) == 2


@pytest.mark.parametrize("text", ["\x00\x07\u202e", "\ud800", ""])
def test_what_cannot_be_seen_is_not_drawn(text: str) -> None:
    assert runs(text) == []


def test_a_character_that_no_face_has_becomes_a_question_mark() -> None:
    assert [part.text for part in runs("a\U0001f980b")] == ["a?b"]


def test_words_move_to_the_next_line_whole() -> None:
    style = Style(10, 12)
    lines = wrap("one two three four five six seven eight nine ten", style, 60)
    assert " ".join(lines) == "one two three four five six seven eight nine ten"
    assert max(width(line, 10) for line in lines) <= 60


def test_a_word_too_long_for_a_line_is_broken_and_loses_nothing() -> None:
    lines = wrap("Donaudampfschifffahrtsgesellschaft" * 3, Style(10, 12), 80)
    assert "".join(lines) == "Donaudampfschifffahrtsgesellschaft" * 3
    assert max(width(line, 10) for line in lines) <= 80


def test_chinese_breaks_anywhere_but_not_before_a_full_stop() -> None:
    lines = wrap("请将退货清单上的所有商品连同吊牌放入结实的纸箱，并封好箱口。" * 3, Style(10, 12), 95)
    assert len(lines) > 5
    assert [line for line in lines if line[0] in "，。"] == []


def test_text_over_the_allowed_lines_ends_in_an_ellipsis() -> None:
    lines = wrap("word " * 100, Style(10, 12), 60, most=2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert width(lines[1], 10) <= 60


def test_a_right_to_left_language_mirrors_the_papers_but_not_the_label(
    shipment: ReturnShipment, tmp_path: Path
) -> None:
    folder = tmp_path / "he" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n')
    content = OwnLabel(Texts(tmp_path)).buy_label(replace(shipment, locale="he")).files[0].content
    begins = {text: x for _, x, _, text in placed(content) if text in {"Packing slip", "Nordlicht Returns", "Value"}}
    assert begins["Packing slip"] > 400
    assert begins["Nordlicht Returns"] < 100
    assert begins["Value"] < 100


@pytest.mark.skipif(find_spec("bidi") is None, reason="python-bidi is not installed")
def test_hebrew_is_drawn_from_right_to_left_with_its_brackets_turned() -> None:
    drawn = "".join(run.text for run in runs("\u05d0\u05d1 (12)"))
    assert drawn == "(12) \u05d1\u05d0"
