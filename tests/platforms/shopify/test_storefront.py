from __future__ import annotations

import hashlib
import hmac
import time
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopify_app.verify.app_proxy import verify_app_proxy_req

from app.core.merchants.ports import ForgedVisit, StorefrontVisit
from app.platforms.shopify.storefront import AppProxySignature, signed_text

SECRET = "hush"
NOW = 1_317_327_555
Query = list[tuple[str, str]]

gate = AppProxySignature()


def sign(query: Query, secret: str = SECRET) -> Query:
    signature = hmac.new(secret.encode(), signed_text(query).encode(), hashlib.sha256).hexdigest()
    return [*query, ("signature", signature)]


def visit(*extra: tuple[str, str], **changes: str | None) -> Query:
    """A signed request; a change to None leaves the parameter out."""
    given_values: dict[str, str | None] = {
        "shop": "acme.myshopify.com",
        "logged_in_customer_id": "",
        "path_prefix": "/apps/returns",
        "timestamp": str(NOW),
        **changes,
    }
    return sign([*extra, *((name, value) for name, value in given_values.items() if value is not None)])


@pytest.mark.parametrize(
    ("customer", "signature", "customer_ref"),
    [
        ("1", "4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb", "gid://shopify/Customer/1"),
        ("", "e072b6d7e6622d85912a5214b860d3100dc1e73d9bc29f43796ac8c9ff8093cb", ""),
    ],
)
def test_shopifys_published_examples_pass(customer: str, signature: str, customer_ref: str) -> None:
    # shopify.dev, "Authenticate app proxies": the secret is "hush"
    query = [
        ("extra", "1"),
        ("extra", "2"),
        ("shop", "shop-name.myshopify.com"),
        ("logged_in_customer_id", customer),
        ("path_prefix", "/apps/awesome_reviews"),
        ("timestamp", "1317327555"),
        ("signature", signature),
    ]
    assert gate.open(query, ["hush"], 1_317_327_555) == StorefrontVisit(
        shop="shop-name.myshopify.com", base="/apps/awesome_reviews", customer_ref=customer_ref
    )


def test_a_guest_has_no_customer() -> None:
    expected = StorefrontVisit(shop="acme.myshopify.com", base="/apps/returns", customer_ref="")
    assert gate.open(visit(), [SECRET], NOW) == expected
    assert gate.open(visit(logged_in_customer_id=None), [SECRET], NOW) == expected


def test_the_secret_before_the_last_change_still_passes() -> None:
    assert gate.open(visit(), ["new", SECRET], NOW).shop == "acme.myshopify.com"


@pytest.mark.parametrize("age", [-90, 0, 90])
def test_ninety_seconds_either_way_are_fresh(age: int) -> None:
    assert gate.open(visit(), [SECRET], NOW + age).base == "/apps/returns"


@pytest.mark.parametrize("age", [-91, 91, 90.5, 10**9])
def test_more_is_stale(age: float) -> None:
    with pytest.raises(ForgedVisit):
        gate.open(visit(), [SECRET], NOW + age)


@pytest.mark.parametrize(
    "query",
    [
        [],
        visit()[:-1],
        [*visit()[:-1], ("signature", "")],
        [*visit()[:-1], ("signature", "ü" * 64)],
        [*visit()[:-1], ("signature", visit()[-1][1].upper())],
        [*visit(), visit()[-1]],
        [*visit(), ("extra", "1")],
        [("logged_in_customer_id", "7"), *visit()[1:]],
        visit(timestamp=None),
        visit(timestamp=""),
        visit(timestamp="soon"),
        visit(timestamp="١٣١٧٣٢٧٥٥٥"),
        visit(shop=None),
        visit(shop="evil.com"),
        visit(shop="acme.myshopify.com.evil.com"),
        visit(path_prefix=None),
        visit(path_prefix="//evil.com"),
        visit(path_prefix="/apps/<script>"),
        visit(path_prefix="https://evil.com"),
        visit(logged_in_customer_id="7 or 8"),
        visit(("shop", "other.myshopify.com")),
        visit(("logged_in_customer_id", "7")),
        visit(("timestamp", str(NOW))),
    ],
)
def test_a_request_that_is_not_what_shopify_signs_is_forged(query: Query) -> None:
    with pytest.raises(ForgedVisit):
        gate.open(query, [SECRET], NOW)


@pytest.mark.parametrize("secrets", [[], [""], ["other"]])
def test_a_request_signed_with_no_secret_of_ours_is_forged(secrets: list[str]) -> None:
    with pytest.raises(ForgedVisit):
        gate.open(sign(visit()[:-1], secrets[0] if secrets else ""), [s for s in secrets if s != "other"], NOW)


def test_a_signature_for_a_cut_up_query_opens_no_other_customers_door() -> None:
    # A visitor adds a parameter of his own; Shopify signs it with the rest. Cut elsewhere, the same text reads as a
    # visit of customer 7.
    chosen = f"1logged_in_customer_id=7path_prefix=/apps/returnsshop=acme.myshopify.comtimestamp={NOW}z="
    genuine = visit(("a", chosen))
    signature = genuine[-1]
    forged = [
        ("a", "1"),
        ("logged_in_customer_id", "7"),
        ("path_prefix", "/apps/returns"),
        ("shop", "acme.myshopify.com"),
        ("timestamp", str(NOW)),
        ("z", f"logged_in_customer_id=path_prefix=/apps/returnsshop=acme.myshopify.comtimestamp={NOW}"),
    ]
    assert signed_text(forged) == signed_text(genuine)
    with pytest.raises(ForgedVisit) as caught:
        gate.open([*forged, signature], [SECRET], NOW)
    assert caught.value.details == {"why": "smuggled"}


def test_the_shop_is_told_only_when_it_is_one() -> None:
    assert gate.shop(visit()) == "acme.myshopify.com"
    assert gate.shop([]) == ""
    assert gate.shop([("shop", "evil.com")]) == ""
    assert gate.shop([("shop", "a.myshopify.com"), ("shop", "b.myshopify.com")]) == ""


NAMES = st.sampled_from(["shop", "timestamp", "path_prefix", "logged_in_customer_id", "signature", "a", "b"])
PAIRS = st.lists(st.tuples(NAMES | st.text(max_size=5), st.text(max_size=80)), max_size=8)


@given(PAIRS, st.booleans(), st.floats(allow_nan=True))
def test_whatever_arrives_is_a_visit_or_forged(query: Query, genuine: bool, now: float) -> None:
    try:
        result = gate.open(sign(query) if genuine else query, [SECRET, ""], now)
    except ForgedVisit:
        return
    assert gate.shop(query) == result.shop


VALUES = st.text(alphabet=st.characters(codec="ascii"), max_size=12)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "z"]), VALUES), max_size=5), st.sampled_from([SECRET, "x", "y"]))
def test_the_official_library_comes_to_the_same_verdict(extra: Query, secret: str) -> None:
    query = sign([*extra, *visit(timestamp=str(int(time.time())))[:-1]], secret)
    official = verify_app_proxy_req(
        {"method": "GET", "headers": {}, "url": f"https://app.example/proxy?{urlencode(query)}", "body": ""},
        {"client_id": "id", "client_secret": SECRET, "old_client_secret": "x"},
    )
    try:
        gate.open(query, [SECRET, "x"], time.time())
    except ForgedVisit:
        assert not official.ok
    else:
        assert official.ok
