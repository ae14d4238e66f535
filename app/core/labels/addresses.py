"""An address as lines, in the order a sorter of its own country expects; and which countries share a customs border.

Orders of lines: Universal Postal Union, "Postal addressing systems" (country sheets) and its S42 standard: the
country alone on the last line, in capitals, in a language that the country of posting understands. An address
written in Chinese, Japanese or Korean runs from the large to the small, the name last.
"""

from __future__ import annotations

import unicodedata

from app.core.kit.texts import shipped_texts
from app.core.orders.ports import Address

# City, region and postcode share a line in this order there.
_CITY_FIRST = frozenset("US CA AU NZ IN TH ID PH MX SG TW KR AE SA".split())
# The postcode stands alone below the city.
_POSTCODE_BELOW = frozenset(["GB", "IE", "IM", "JE", "GG", "UA", "RU"])
# The region is part of the address; elsewhere it is noise that a shop's form asked for.
_REGION_WRITTEN = frozenset(
    "US CA AU CN JP KR TW HK IN ID TH PH MY VN BR MX AR CO CL PE IT ES IE TR UA RU AE EG NG ZA".split()
)
_LARGE_TO_SMALL = frozenset(["CN", "JP", "KR", "TW", "HK", "MO"])

# Regulation (EU) No 952/2013, Article 4 (with Monaco, 4(2)(a)). Parts of member states outside it (Livigno, Ceuta,
# Heligoland ...) cannot be told from a country code.
_EU = frozenset("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MC MT NL PL PT RO SE SI SK".split())
_UNIONS = (_EU, frozenset(["CH", "LI"]), frozenset(["GB", "IM", "JE", "GG"]))


def address_lines(address: Address, *, posted_in: str = "") -> list[str]:
    """The lines to write on a parcel, without empty ones.

    The country (in English capitals) is added unless the parcel is posted in that same country; ``posted_in`` empty
    means that the place of posting is not known.
    """
    country = address.country.upper()
    lines = _east_asian(address) if _is_east_asian(address) else _western(address)
    if country and country != posted_in.upper():
        lines.append(shipped_texts().for_locale("en").country(country).upper())
    return [line for line in (" ".join(text.split()) for text in lines) if line]


def crosses_customs(sender: str, recipient: str) -> bool:
    """Whether goods sent from one country to the other pass a customs border. False where a country is not known."""
    here, there = sender.upper(), recipient.upper()
    if not here or not there or here == there:
        return False
    return not any(here in union and there in union for union in _UNIONS)


def _western(address: Address) -> list[str]:
    country = address.country.upper()
    region = address.region if country in _REGION_WRITTEN else ""
    if country in _CITY_FIRST:
        town = [" ".join(filter(None, [address.city, region, address.postcode]))]
    elif country in _POSTCODE_BELOW:
        town = [" ".join(filter(None, [address.city, region])), address.postcode]
    else:
        town = [" ".join(filter(None, [address.postcode, address.city, region]))]
    return [address.name, address.company, address.line1, address.line2, *town]


def _east_asian(address: Address) -> list[str]:
    postcode = f"〒{address.postcode}" if address.country.upper() == "JP" and address.postcode else address.postcode
    region = "" if address.city.startswith(address.region) else address.region
    # The region is often a bare ISO code ("13", "GD") that nobody writes in such an address.
    region = "" if region.isascii() else region
    return [postcode, f"{region}{address.city}", address.line1, address.line2, address.company, address.name]


def _is_east_asian(address: Address) -> bool:
    if address.country.upper() not in _LARGE_TO_SMALL:
        return False
    written = address.line1 + address.city
    return any(unicodedata.east_asian_width(character) == "W" for character in written)
