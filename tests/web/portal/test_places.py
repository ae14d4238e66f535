"""The two mounts: our own address, and inside a storefront; languages; headers; strangers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import event

from app.core.merchants.rules import PlatformName
from app.core.returns.models import AccessChallenge
from app.core.returns.reasons.rules import REASONS
from app.web.portal.colours import DARK_SURFACE, LIGHT_SURFACE, accent, contrast
from app.web.portal.place import STATIC
from tests.web.portal.conftest import World, hidden

SIGNED = {"shop": "acme.example", "signature": "acme-secret", "timestamp": "1", "logged_in_customer_id": ""}
SHOP = "/storefront/woocommerce"


def embedded(world: World, path: str = "", data: dict[str, Any] | None = None, **query: str) -> Any:
    address = f"{SHOP}{path}"
    if data is None:
        return world.client.get(address, query_string=SIGNED | query)
    return world.client.post(address, data=data, query_string=SIGNED | query)


def test_our_own_page_sets_no_cookie_is_never_kept_and_allows_no_inline_script(world: World) -> None:
    page = world.client.get("/r/acme")
    assert page.status_code == 200
    assert "Set-Cookie" not in page.headers
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'; form-action 'self'" in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|javascript:|\sstyle=", page.text)
    (nonce,) = re.findall(r'<style nonce="([^"]+)"', page.text)
    assert f"'nonce-{nonce}'" in policy


def test_our_own_page_bears_the_stores_name_and_its_support_address(world: World) -> None:
    page = world.client.get("/r/acme").text
    assert 'class="hw-brand" href="https://acme.example"' in page
    assert 'href="mailto:help@acme.example"' in page
    assert "--hw-accent-light:#" in page


def test_an_unknown_or_disconnected_store_is_not_found(world: World) -> None:
    world.add_store("gone", status="disconnected")
    for slug in ("nobody", "gone"):
        page = world.client.get(f"/r/{slug}")
        assert page.status_code == 404
        assert "We could not find this store." in page.text


def test_another_stores_pass_is_refused(world: World) -> None:
    world.add_store("other")
    order = world.add_order()
    order_pass = world.proved(order)
    page = world.client.get(f"/r/other/order?t={order_pass}")
    assert page.status_code == 403
    assert "Linen shirt" not in page.text


def test_another_stores_challenge_is_refused_and_costs_no_try(world: World) -> None:
    world.add_store("other")
    order = world.add_order()
    page = world.client.post("/r/acme/", data={"number": order.number, "email": order.email})
    form = hidden(page.text, "code") | {"code": world.mailed_codes()[-1]}
    assert world.client.post("/r/other/code", data=form).status_code == 403
    assert world.rows(AccessChallenge)[0].attempts == 0


def test_a_pass_for_one_purpose_opens_nothing_else(world: World) -> None:
    order = world.add_order()
    page = world.client.post("/r/acme/", data={"number": order.number, "email": order.email})
    challenge_pass = hidden(page.text, "code")["t"]
    assert world.client.get(f"/r/acme/order?t={challenge_pass}").status_code == 403
    assert world.client.get(f"/r/acme/photo/{challenge_pass}").status_code == 403
    assert world.client.get("/r/acme/order?t=nonsense").status_code == 403
    assert world.client.get("/r/acme/order").status_code == 403


def test_another_stores_access_key_finds_nothing(world: World) -> None:
    world.add_store("other")
    order = world.add_order()
    made = walk(world, order)
    assert world.client.get(f"/r/acme/status/{made}").status_code == 200
    for path in (f"status/{made}", f"status/{made}/withdraw"):
        assert world.client.get(f"/r/other/{path}").status_code == 404
    assert world.client.post(f"/r/other/status/{made}/withdraw").status_code == 404
    assert world.returns()[0].decision.value == "approved"


def walk(world: World, order: Any) -> str:
    """The way inside the storefront; gives the access key."""
    page = embedded(world, "/", {"number": order.number, "email": order.email})
    page = embedded(world, "/code", hidden(page.text, "/code") | {"code": world.mailed_codes()[-1]})
    form = {name: value for name, value in hidden(page.text, "/items").items() if name in {"t", "k"}}
    line = world.line(order)
    page = embedded(
        world,
        "/items",
        form
        | {
            "line": str(line.id),
            f"quantity-{line.id}": "1",
            f"reason-{line.id}": "changed_mind",
            f"note-{line.id}": "{{ shop.secret }}{% assign x = 1 %}",
        },
    )
    assert page.status_code == 200, page.text
    page = embedded(world, "/confirm", hidden(page.text, "/confirm"))
    assert page.status_code == 200, page.text
    assert "Approved: please send it back" in page.text
    return str(world.returns()[-1].access_key)


def test_the_whole_way_inside_the_storefront_needs_no_redirect(world: World) -> None:
    order = world.add_order()
    key = walk(world, order)
    page = embedded(world, f"/status/{key}")
    assert page.status_code == 200
    assert 'action="' not in page.text
    withdrawn = embedded(world, f"/status/{key}/withdraw", {})
    assert withdrawn.status_code == 200
    assert "You have cancelled this return" in withdrawn.text


def test_a_fragment_is_liquid_with_our_stylesheet_and_links_below_the_storefronts_path(world: World) -> None:
    page = embedded(world, lang="de")
    assert page.headers["Content-Type"] == "application/liquid"
    assert page.headers["Cache-Control"] == "no-store"
    assert "<html" not in page.text
    assert "<body" not in page.text
    (stylesheet,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', page.text)
    assert re.fullmatch(r"https://returns\.example/static/portal\.css\?v=[0-9a-f]{12}", stylesheet)
    assert re.search(r'<div class="helloword[^"]*" dir="ltr" lang="de"', page.text)
    assert 'action="/apps/returns?lang=de"' in page.text
    assert "/storefront/" not in page.text


def test_signature_parameters_never_leak_into_a_page(world: World) -> None:
    order = world.add_order()
    pages = [embedded(world), embedded(world, "/", {"number": order.number, "email": order.email})]
    for page in pages:
        assert "acme-secret" not in page.text
        assert "timestamp" not in page.text


def test_no_brace_of_anybodys_data_reaches_liquid(world: World) -> None:
    order = world.add_order(lines=[{"title": "{{ settings }} {% raw %}", "options": [["Size", "{%"], ["X", "}}"]]}])
    page = embedded(world, "/", {"number": order.number, "email": order.email})
    page = embedded(world, "/code", hidden(page.text, "/code") | {"code": world.mailed_codes()[-1]})
    assert "settings" in page.text
    assert "{" not in page.text
    assert "}" not in page.text
    typed = embedded(world, "/", {"number": "{{ 1 }}", "email": "{% x %}"})
    assert "{" not in typed.text
    assert "&#123;&#123; 1 &#125;&#125;" in typed.text


@pytest.mark.parametrize(
    "change",
    [{"signature": "wrong"}, {"signature": "other-secret"}, {"shop": "nobody.example"}, {"shop": ""}],
)
def test_an_unsigned_visit_is_refused(world: World, change: dict[str, str]) -> None:
    world.add_store("other")
    page = world.client.get(SHOP, query_string=SIGNED | change)
    assert page.status_code == 403
    assert "This page must be opened from the store." in page.text
    assert page.headers["Content-Type"] == "application/liquid"
    page = world.client.post(f"{SHOP}/", query_string=SIGNED | change, data={"number": "1", "email": "a@b.example"})
    assert page.status_code == 403
    assert world.rows(AccessChallenge) == []


def test_a_visit_signed_with_the_secret_before_the_rotation_is_let_in(world: World) -> None:
    assert world.client.get(SHOP, query_string=SIGNED | {"signature": "acme-old"}).status_code == 200


def test_a_shopify_store_is_known_by_its_client_secret(world: World) -> None:
    world.add_store("boutique", PlatformName.SHOPIFY)
    query = {"shop": "boutique.example", "signature": "boutique-secret"}
    assert world.client.get("/storefront/shopify", query_string=query).status_code == 200
    assert world.client.get(SHOP, query_string=query).status_code == 403
    assert world.client.get("/storefront/magento", query_string=query).status_code == 404


@pytest.mark.parametrize(
    ("asked", "header", "shown"),
    [("de", "", "de"), ("", "zh-CN,zh;q=0.9", "zh-Hans"), ("", "fi", "en"), ("xx", "de", "en")],
)
def test_the_language_is_the_one_chosen_else_the_browsers_else_the_stores(
    world: World, asked: str, header: str, shown: str
) -> None:
    query = {"lang": asked} if asked else {}
    page = world.client.get("/r/acme", query_string=query, headers={"Accept-Language": header})
    assert f'<html lang="{shown}"' in page.text


def test_a_chosen_language_goes_along_to_the_next_page(world: World) -> None:
    order = world.add_order()
    page = world.client.post("/r/acme/?lang=de", data={"number": order.number, "email": order.email})
    assert 'action="/r/acme/code?lang=de"' in page.text
    form = hidden(page.text, "code") | {"code": world.mailed_codes()[-1]}
    answer = world.client.post("/r/acme/code?lang=de", data=form)
    assert answer.location.endswith("&lang=de")


def test_pages_ask_the_database_as_often_for_twenty_items_as_for_two(world: World) -> None:
    counts = {}
    for number, size in (("#1", 2), ("#2", 20)):
        order = world.add_order(number=number, lines=[{}] * size)
        form = {"t": world.proved(order)}
        lines = [world.line(order, position) for position in range(size)]
        wish: dict[str, Any] = {"k": f"form-{size:03d}-of-a-test-that-counts", "line": [str(line.id) for line in lines]}
        for line in lines:
            wish |= {f"quantity-{line.id}": "1", f"reason-{line.id}": "too_small"}
        statements: list[str] = []

        def count(*arguments: Any, seen: list[str] = statements) -> None:
            seen.append(arguments[2])

        engine = world.container.database.engine
        event.listen(engine, "before_cursor_execute", count)
        shown = world.client.get("/r/acme/order", query_string=form)
        items = len(statements)
        reviewed = world.client.post("/r/acme/items", data=form | wish)
        event.remove(engine, "before_cursor_execute", count)
        assert (shown.status_code, reviewed.status_code) == (200, 200)
        assert shown.text.count('name="line"') == size
        answer = world.client.post("/r/acme/confirm", data=hidden(reviewed.text, "confirm"))
        before = len(statements)
        event.listen(engine, "before_cursor_execute", count)
        world.client.get(answer.location)
        event.remove(engine, "before_cursor_execute", count)
        counts[size] = (items, before - items, len(statements) - before)
    assert counts[2] == counts[20]


def test_the_stylesheet_shows_every_follow_up_question_with_its_reasons() -> None:
    css = (STATIC / "portal.css").read_text(encoding="utf-8")
    for reason in REASONS:
        for question in reason.questions:
            rule = re.search(rf"([^\n]*\[value={reason.code}\]:checked[^\n]*\.hw-q-{question.code}\b)", css)
            assert rule, (reason.code, question.code)
        if reason.photo:
            assert re.search(rf"\[value={reason.code}\]:checked[^\n]*\.hw-photos", css), reason.code


def test_the_stylesheet_is_small_and_touches_nothing_outside_its_own_pages() -> None:
    css = re.sub(r"/\*.*?\*/", "", (STATIC / "portal.css").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert (STATIC / "portal.css").stat().st_size < 17_000
    assert (STATIC / "portal.js").stat().st_size < 6_000
    assert not re.search(r"\b(margin|padding|border)-(left|right)\b", css)
    for selector in re.findall(r"([^{}]+)\{", css):
        if not selector.strip().startswith("@"):
            assert ".helloword" in selector, selector


@pytest.mark.parametrize("colour", ["#ffff00", "#ffffff", "#000000", "#c2410c", "#1b5e4b", "red;}", None])
def test_any_store_colour_becomes_readable_in_light_and_dark(colour: str | None) -> None:
    made = accent(colour)
    assert contrast(made.light, LIGHT_SURFACE) >= 4.5
    assert contrast(made.light, made.on_light) >= 4.5
    assert contrast(made.dark, DARK_SURFACE) >= 4.5
    assert contrast(made.dark, made.on_dark) >= 4.5
    assert all(re.fullmatch(r"#[0-9a-f]{6}", value) for value in (made.light, made.dark, made.on_light, made.on_dark))


def test_a_colour_that_is_readable_is_left_alone() -> None:
    assert accent("#1b5e4b").light == "#1b5e4b"


def test_contrast_is_computed_as_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_refusal_inside_the_storefront_stays_inside_it(world: World) -> None:
    page = embedded(world, "/items", {"t": "x"})
    assert page.status_code == 403
    assert "This page was open for too long." in page.text
    assert 'href="/apps/returns"' in page.text
    assert page.headers["Content-Type"] == "application/liquid"
