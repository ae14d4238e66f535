"""Where the shoppers live, what they pay there and how long a parcel takes; and the shoppers themselves."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from demo.world import Address, Person

Rates = tuple[tuple[str, str, str], ...]
"""(code, title, rate) of each tax."""


@dataclass(frozen=True, slots=True)
class Country:
    """``share`` of a store's orders; ``duty``: per mille of a line's net, where it is charged with the order."""

    code: str
    currency: str
    share: int
    taxes: Rates
    locale: str
    transit_days: int
    carrier: str
    duty: int = 0

    @property
    def inclusive(self) -> bool:
        """Whether prices are shown with tax; in North America it is added at the till."""
        return self.code not in {"US", "CA"}


COUNTRIES: Final = (
    Country("DE", "EUR", 24, (("DE-VAT", "MwSt.", "0.19"),), "de-DE", 7, "DHL"),
    Country("FR", "EUR", 14, (("FR-VAT", "TVA", "0.20"),), "fr-FR", 8, "La Poste"),
    Country("NL", "EUR", 9, (("NL-VAT", "BTW", "0.21"),), "nl-NL", 7, "PostNL"),
    Country("GB", "GBP", 13, (("GB-VAT", "VAT", "0.20"),), "en-GB", 8, "Royal Mail", 120),
    Country("US", "USD", 16, (), "en-US", 9, "UPS"),
    Country("CA", "CAD", 7, (), "en-CA", 10, "Canada Post", 170),
    Country("JP", "JPY", 8, (("JP-CT", "消費税", "0.10"),), "ja-JP", 5, "Yamato"),
    Country("KR", "USD", 4, (("KR-VAT", "VAT", "0.10"),), "ko-KR", 5, "CJ Logistics", 130),
    Country("AU", "AUD", 6, (("AU-GST", "GST", "0.10"),), "en-AU", 11, "Australia Post", 50),
    Country("KW", "KWD", 4, (), "ar-KW", 9, "Aramex", 50),
)
CHINA: Final = Country("CN", "EUR", 0, (), "zh-CN", 3, "SF Express")

# In the United States and Canada tax is added at the till, by state or province and sometimes by city.
_REGIONAL: Final[Mapping[tuple[str, str], Rates]] = MappingProxyType(
    {
        ("US", "TX"): (("US-TX-STATE", "Texas state tax", "0.0625"), ("US-TX-CITY", "Austin city tax", "0.02")),
        ("US", "CA"): (("US-CA-STATE", "California state tax", "0.0725"), ("US-CA-CITY", "San Diego tax", "0.005")),
        ("US", "NY"): (("US-NY-STATE", "New York state tax", "0.04"), ("US-NY-CITY", "New York city tax", "0.04875")),
        ("US", "OR"): (),
        ("CA", "QC"): (("CA-GST", "GST", "0.05"), ("CA-QC-QST", "QST", "0.09975")),
        ("CA", "BC"): (("CA-GST", "GST", "0.05"), ("CA-BC-PST", "PST", "0.07")),
        ("CA", "ON"): (("CA-ON-HST", "HST", "0.13"),),
    }
)

# first names, last names, and places: line, city, postcode, region, region's name
_NAMES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "DE": ("Anna Lukas Mia Jonas Lea Paul Nele Felix Jana Tobias", "Becker Hoffmann Schäfer Koch Wagner Krüger"),
        "FR": ("Camille Hugo Léa Louis Manon Jules Chloé Arthur Inès", "Martin Bernard Petit Durand Moreau Lefèvre"),
        "NL": ("Daan Emma Sem Julia Lucas Tess Bram Fleur", "Jansen Bakker Visser Smit Meijer Mulder"),
        "GB": ("Oliver Amelia George Isla Harry Freya Jack Poppy", "Taylor Evans Walker Wright Hall Green"),
        "US": ("Liam Olivia Ethan Sophia Mason Harper Logan Zoe", "Johnson Garcia Davis Lopez Moore Reed"),
        "CA": ("William Charlotte Benjamin Florence Thomas Alice", "Roy Gagnon Campbell Singh Wilson Côté"),
        "JP": ("美咲 大輔 由美 健太 葵 翔", "田中 鈴木 高橋 伊藤 渡辺 中村"),
        "KR": ("민지 서준 지우 하윤 도윤", "김 이 박 최 정"),
        "AU": ("Jack Charlotte Noah Matilda Cooper Ruby", "Kelly Ryan Murphy Nguyen Thompson"),
        "KW": ("Fatima Yousef Noor Abdullah Sara", "Al-Rashidi Al-Ajmi Al-Fahad Al-Hajri"),
    }
)
_LATIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "美咲": "misaki",
        "大輔": "daisuke",
        "由美": "yumi",
        "健太": "kenta",
        "葵": "aoi",
        "翔": "sho",
        "田中": "tanaka",
        "鈴木": "suzuki",
        "高橋": "takahashi",
        "伊藤": "ito",
        "渡辺": "watanabe",
        "中村": "nakamura",
        "민지": "minji",
        "서준": "seojun",
        "지우": "jiwoo",
        "하윤": "hayoon",
        "도윤": "doyoon",
        "김": "kim",
        "이": "lee",
        "박": "park",
        "최": "choi",
        "정": "jung",
    }
)
_PLACES: Final[Mapping[str, tuple[tuple[str, str, str, str, str], ...]]] = MappingProxyType(
    {
        "DE": (
            ("Lindenallee {n}", "Hamburg", "20259", "HH", "Hamburg"),
            ("Gartenweg {n}", "Köln", "50674", "NW", "Nordrhein-Westfalen"),
            ("Bergstraße {n}", "Leipzig", "04109", "SN", "Sachsen"),
        ),
        "FR": (("{n} rue des Lilas", "Nantes", "44000", "", ""), ("{n} avenue de la Gare", "Lille", "59000", "", "")),
        "NL": (
            ("Kerkstraat {n}", "Amsterdam", "1017 GC", "NH", "Noord-Holland"),
            ("Havenlaan {n}", "Rotterdam", "3011 AA", "ZH", "Zuid-Holland"),
        ),
        "GB": (("{n} Orchard Road", "Bristol", "BS1 4DJ", "", ""), ("{n} Mill Lane", "Manchester", "M1 2WD", "", "")),
        "US": (
            ("{n} Elm St", "Austin", "78704", "TX", "Texas"),
            ("{n} Harbor Dr", "San Diego", "92101", "CA", "California"),
            ("{n} 5th Ave", "New York", "10011", "NY", "New York"),
            ("{n} Alder St", "Portland", "97205", "OR", "Oregon"),
        ),
        "CA": (
            ("{n} rue Sherbrooke", "Montréal", "H2X 1X4", "QC", "Québec"),
            ("{n} Main St", "Vancouver", "V5T 3A1", "BC", "British Columbia"),
            ("{n} King St W", "Toronto", "M5V 1J2", "ON", "Ontario"),
        ),
        "JP": (
            ("神南1-{n}-3", "渋谷区", "150-0041", "13", "東京都"),
            ("本町2-{n}-1", "大阪市中央区", "541-0053", "27", "大阪府"),
        ),
        "KR": (
            ("테헤란로 {n}", "강남구", "06134", "11", "서울특별시"),
            ("해운대로 {n}", "해운대구", "48094", "26", "부산광역시"),
        ),
        "AU": (
            ("{n} Beach Rd", "Bondi", "2026", "NSW", "New South Wales"),
            ("{n} Swan St", "Richmond", "3121", "VIC", "Victoria"),
        ),
        "KW": (
            ("Block 4, Street {n}", "Salmiya", "22001", "", ""),
            ("Block 2, Street {n}", "Hawalli", "32001", "", ""),
        ),
    }
)
_PREFIX: Final[Mapping[str, str]] = MappingProxyType(
    {
        "DE": "+4930",
        "FR": "+3314",
        "NL": "+3120",
        "GB": "+4420",
        "US": "+1512555",
        "CA": "+1514555",
        "JP": "+8135",
        "KR": "+8225",
        "AU": "+6125",
        "KW": "+9652",
    }
)

GUIDED_PEOPLE: Final[Mapping[str, Person]] = MappingProxyType(
    {
        person.email: person
        for person in (
            Person(
                "karla.kunde@example.test",
                Address(
                    "Karla",
                    "Kunde",
                    "Hauptstr. 5",
                    "Berlin",
                    "10115",
                    "DE",
                    region="BE",
                    region_name="Berlin",
                    phone="+49301234567",
                ),
                "de-DE",
            ),
            Person(
                "uma.smith@example.test",
                Address(
                    "Uma",
                    "Smith",
                    "1 Main St",
                    "Austin",
                    "78701",
                    "US",
                    line2="Apt 4",
                    region="TX",
                    region_name="Texas",
                    phone="+15125550100",
                ),
                "en-US",
            ),
            Person(
                "wang.wei@example.test",
                Address(
                    "伟",
                    "王",
                    "南京东路100号",
                    "上海",
                    "200001",
                    "CN",
                    region="SH",
                    region_name="上海市",
                    phone="+8613800000000",
                ),
                "zh-CN",
            ),
            Person(
                "sofie.devries@example.test",
                Address(
                    "Sofie",
                    "de Vries",
                    "Oudegracht 112",
                    "Utrecht",
                    "3511 AX",
                    "NL",
                    region="UT",
                    region_name="Utrecht",
                    phone="+31301234567",
                ),
                "nl-NL",
            ),
            Person(
                "mariam.alenezi@example.test",
                Address("Mariam", "Al-Enezi", "Block 3, Street 14", "Kuwait City", "13001", "KW", phone="+96522345678"),
                "ar-KW",
            ),
            Person(
                "james.hughes@example.test",
                Address("James", "Hughes", "8 Canal Wharf", "Leeds", "LS11 5PS", "GB", phone="+441132345678"),
                "en-GB",
            ),
            Person(
                "amelie.laurent@example.test",
                Address("Amélie", "Laurent", "24 quai Saint-Vincent", "Lyon", "69001", "FR", phone="+33412345678"),
                "fr-FR",
            ),
            Person(
                "sato.haruka@example.test",
                Address(
                    "陽香",
                    "佐藤",
                    "梅田3-2-14",
                    "大阪市北区",
                    "530-0001",
                    "JP",
                    region="27",
                    region_name="大阪府",
                    phone="+81612345678",
                ),
                "ja-JP",
            ),
            Person(
                "dalal.almutairi@example.test",
                Address("Dalal", "Al-Mutairi", "Block 5, Street 9", "Kuwait City", "15300", "KW", phone="+96522987654"),
                "ar-KW",
            ),
            Person(
                "li.na@example.test",
                Address(
                    "娜",
                    "李",
                    "Sonnenstr. 12",
                    "München",
                    "80331",
                    "DE",
                    region="BY",
                    region_name="Bayern",
                    phone="+49891234567",
                ),
                "zh-CN",
            ),
            Person(
                "noah.tremblay@example.test",
                Address(
                    "Noah",
                    "Tremblay",
                    "1450 rue Saint-Denis",
                    "Montréal",
                    "H2X 3K8",
                    "CA",
                    region="QC",
                    region_name="Québec",
                    phone="+15145550142",
                ),
                "fr-CA",
            ),
            Person(
                "ava.miller@example.test",
                Address(
                    "Ava",
                    "Miller",
                    "77 NW Couch St",
                    "Portland",
                    "97209",
                    "US",
                    region="OR",
                    region_name="Oregon",
                    phone="+15035550177",
                ),
                "en-US",
            ),
        )
    }
)
"""The persons of ``world.GUIDED``, by e-mail."""


def taxes_at(country: Country, address: Address) -> Rates:
    """The taxes charged on goods sent there."""
    return _REGIONAL.get((country.code, address.region), country.taxes)


def country_of(address: Address) -> Country:
    """The country of an address. Raises LookupError."""
    return next(country for country in (*COUNTRIES, CHINA) if country.code == address.country)


def make_person(country: Country, taken: set[str], rng: random.Random) -> Person:
    """A new shopper; the e-mail differs from all in ``taken`` and is added to it."""
    firsts, lasts = _NAMES[country.code]
    first, last = rng.choice(firsts.split()), rng.choice(lasts.split())
    line, city, postcode, region, region_name = rng.choice(_PLACES[country.code])
    stem = f"{_ascii(first)}.{_ascii(last)}"
    email, again = f"{stem}@example.test", 1
    while email in taken:
        again += 1
        email = f"{stem}{again}@example.test"
    taken.add(email)
    prefix = _PREFIX[country.code]
    phone = prefix + "".join(rng.choice("0123456789") for _ in range(12 - len(prefix)))
    return Person(
        email,
        Address(
            first,
            last,
            line.format(n=rng.randrange(1, 190)),
            city,
            postcode,
            country.code,
            region=region,
            region_name=region_name,
            phone=phone,
        ),
        country.locale,
    )


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", _LATIN.get(text, text)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z]", "", plain.lower())
