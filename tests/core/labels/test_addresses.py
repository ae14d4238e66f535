"""Addresses as a sorter of their country reads them; and where customs begins."""

from __future__ import annotations

import pytest

from app.core.labels.addresses import address_lines, crosses_customs
from app.core.orders.ports import Address


def test_the_postcode_stands_before_the_city_in_germany_and_the_region_is_left_out() -> None:
    address = Address(
        name="Jürgen Müller", line1="Torstraße 5", city="Berlin", region="BE", postcode="10119", country="DE"
    )
    assert address_lines(address, posted_in="DE") == ["Jürgen Müller", "Torstraße 5", "10119 Berlin"]


@pytest.mark.parametrize(
    ("address", "town"),
    [
        (Address(city="Los Angeles", region="CA", postcode="90015", country="US"), ["Los Angeles CA 90015"]),
        (Address(city="Melbourne", region="VIC", postcode="3000", country="AU"), ["Melbourne VIC 3000"]),
        (Address(city="London", postcode="SW1A 2AA", country="GB"), ["London", "SW1A 2AA"]),
        (Address(city="Milano", region="MI", postcode="20121", country="IT"), ["20121 Milano MI"]),
        (Address(city="Paris", region="IDF", postcode="75011", country="FR"), ["75011 Paris"]),
        (Address(city="Hong Kong", country="HK"), ["Hong Kong"]),
    ],
)
def test_city_region_and_postcode_stand_as_their_country_writes_them(address: Address, town: list[str]) -> None:
    assert address_lines(address, posted_in=address.country) == town


def test_a_parcel_from_abroad_names_the_country_in_english_capitals() -> None:
    address = Address(name="A", city="Hamburg", postcode="20357", country="de")
    assert address_lines(address, posted_in="JP")[-1] == "GERMANY"
    assert address_lines(address)[-1] == "GERMANY"


def test_a_japanese_address_runs_from_the_large_to_the_small() -> None:
    address = Address(
        name="山田 太郎",
        company="株式会社例",
        line1="神宮前1丁目2-3",
        city="渋谷区",
        region="東京都",
        postcode="150-0001",
        country="JP",
    )
    assert address_lines(address, posted_in="JP") == [
        "〒150-0001",
        "東京都渋谷区",
        "神宮前1丁目2-3",
        "株式会社例",
        "山田 太郎",
    ]


def test_a_japanese_address_in_latin_letters_runs_the_western_way() -> None:
    address = Address(name="Taro Yamada", line1="1-2-3 Jingumae", city="Shibuya-ku", region="Tokyo", country="JP")
    assert address_lines(address, posted_in="JP") == ["Taro Yamada", "1-2-3 Jingumae", "Shibuya-ku Tokyo"]


def test_a_region_code_is_not_written_into_a_chinese_address() -> None:
    address = Address(name="王芳", line1="清湖路88号", city="深圳市", region="GD", postcode="518109", country="CN")
    assert address_lines(address, posted_in="CN") == ["518109", "深圳市", "清湖路88号", "王芳"]


def test_line_breaks_and_empty_lines_disappear() -> None:
    address = Address(name="A\nB", line1="  ", city="Wien", postcode="1010", country="AT")
    assert address_lines(address, posted_in="AT") == ["A B", "1010 Wien"]


@pytest.mark.parametrize(
    ("sender", "recipient", "crosses"),
    [
        ("US", "DE", True),
        ("de", "FR", False),
        ("DE", "DE", False),
        ("GB", "IE", True),
        ("CH", "DE", True),
        ("CH", "LI", False),
        ("MC", "FR", False),
        ("NO", "SE", True),
        ("", "DE", False),
        ("US", "", False),
    ],
)
def test_customs_begins_at_the_border_of_the_union(sender: str, recipient: str, crosses: bool) -> None:
    assert crosses_customs(sender, recipient) is crosses
