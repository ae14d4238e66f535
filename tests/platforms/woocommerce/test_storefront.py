from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.merchants.ports import ForgedVisit, StorefrontVisit
from app.platforms.woocommerce.storefront import WooCommerceStorefront

GATE = WooCommerceStorefront()
NOW = 1_795_500_000.0
Query = list[tuple[str, str]]


def signed(by: str = "s", **values: str) -> Query:
    given = {"shop": "shop.example", "customer": "2", "base": "/returns", "timestamp": str(int(NOW))} | values
    text = "&".join(f"{name}={given[name]}" for name in sorted(given))
    return [*given.items(), ("signature", hmac.new(by.encode(), text.encode(), hashlib.sha256).hexdigest())]


def refused(query: Query, now: float = NOW) -> None:
    with pytest.raises(ForgedVisit):
        GATE.open(query, ["s"], now)


def test_a_signed_visit_of_a_customer_opens() -> None:
    assert GATE.open(signed(), ["s"], NOW) == StorefrontVisit("shop.example", "/returns", "2")


def test_a_guest_has_no_customer() -> None:
    assert GATE.open(signed(customer=""), ["s"], NOW).customer_ref == ""
    assert GATE.open(signed(customer="0"), ["s"], NOW).customer_ref == ""


def test_other_parameters_of_the_page_are_signed_too() -> None:
    query = signed(page="2", q="ä b+c=d")
    assert GATE.open(query, ["s"], NOW).base == "/returns"
    refused([(name, "3" if name == "page" else value) for name, value in query])


def test_the_order_of_the_parameters_does_not_matter() -> None:
    assert GATE.open(list(reversed(signed())), ["s"], NOW) == GATE.open(signed(), ["s"], NOW)


def test_the_previous_secret_is_still_good() -> None:
    assert GATE.open(signed("old"), ["new", "old"], NOW).shop == "shop.example"
    assert GATE.open(signed("old"), ["old", "new"], NOW).shop == "shop.example"
    with pytest.raises(ForgedVisit):
        GATE.open(signed("old"), ["new"], NOW)
    with pytest.raises(ForgedVisit):
        GATE.open(signed(), [], NOW)


def test_a_visit_is_good_for_ninety_seconds_either_way() -> None:
    for now in (NOW - 90, NOW + 90):
        assert GATE.open(signed(), ["s"], now).shop == "shop.example"
    for now in (NOW - 91, NOW + 91):
        refused(signed(), now)


@pytest.mark.parametrize("name", ["shop", "customer", "base", "timestamp", "signature"])
def test_each_parameter_is_needed_and_protected(name: str) -> None:
    query = signed()
    refused([pair for pair in query if pair[0] != name])
    refused([(k, "9" if k == name else v) for k, v in query])
    refused([*query, (name, dict(query)[name])])


def test_one_signed_text_cannot_be_read_as_another_query() -> None:
    forged = signed(customer="", note="1")
    text = dict(forged)
    joined = [("base", "/returns&customer="), *[(k, text[k]) for k in ("note", "shop", "timestamp", "signature")]]
    refused([*joined, ("customer", "5")])
    refused(signed(note="a&customer=5"))


@pytest.mark.parametrize(
    "base",
    ["//evil.example", "https://evil.example", "/\\evil.example", "returns", "", "/a b", "/a\nb", "/a?b", "/a#b"],
)
def test_a_base_that_is_no_path_of_the_store_is_refused_even_when_signed(base: str) -> None:
    refused(signed(base=base))


@pytest.mark.parametrize(
    ("name", "value"),
    [("customer", "5 OR 1"), ("customer", "٣"), ("timestamp", "x"), ("timestamp", "٣"), ("shop", "a b"), ("shop", "")],
)
def test_values_of_the_wrong_form_are_refused_even_when_signed(name: str, value: str) -> None:
    refused(signed(**{name: value}))


def test_the_claimed_shop_is_told_before_anything_is_verified() -> None:
    assert GATE.shop([("shop", "Shop.Example:8443")]) == "shop.example:8443"
    assert GATE.shop([("shop", "a"), ("shop", "b")]) == ""
    assert GATE.shop([("shop", "evil.example/path")]) == ""
    assert GATE.shop([]) == ""


names = st.sampled_from(["shop", "customer", "base", "timestamp", "signature"]) | st.text(max_size=8)


@given(
    query=st.lists(st.tuples(names, st.text(max_size=30)), max_size=8),
    secrets=st.lists(st.text(max_size=8), max_size=2),
)
def test_nothing_unsigned_opens_or_raises_anything_else(query: Query, secrets: list[str]) -> None:
    with pytest.raises(ForgedVisit):
        GATE.open(query, secrets, NOW)
    assert isinstance(GATE.shop(query), str)
