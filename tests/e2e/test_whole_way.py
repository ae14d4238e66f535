"""One return in a browser, from the shelf to the refund in the store's own order, with and without JavaScript."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pypdf import PdfReader

from demo.plan import OWNER, PASSWORD
from tests.e2e.conftest import Demo

RMA = re.compile(r"R-[0-9A-Z]{4}-[0-9A-Z]{4}")
PHONE = ViewportSize(width=390, height=844)
DESKTOP = ViewportSize(width=1280, height=900)


@dataclass(frozen=True, slots=True)
class Case:
    """Who buys what where, why it comes back, and what must be read."""

    platform: str
    javascript: bool
    store: str
    buyer: str
    email: str
    product: str
    options: tuple[tuple[str, str], ...]
    amount: str
    instrument: str


CASES = [
    Case(
        "woocommerce",
        True,
        "Lintang & Co",
        "Karla Kunde",
        "karla.kunde@example.test",
        "Merino Sweater",
        (("Size", "L"), ("Colour", "Wine")),
        "€85.85",
        "your card",
    ),
    Case(
        "woocommerce",
        False,
        "Lintang & Co",
        "Uma Smith",
        "uma.smith@example.test",
        "Silk Scarf",
        (("Colour", "Sky"),),
        "",
        "your card",
    ),
    Case(
        "shopify",
        True,
        "Oak & Tern",
        "Ava Miller",
        "ava.miller@example.test",
        "Stoneware Mug",
        (("Colour", "Sand"),),
        "",
        "your card",
    ),
    Case(
        "shopify",
        False,
        "Oak & Tern",
        "Noah Tremblay",
        "noah.tremblay@example.test",
        "Felt Slippers",
        (("Size", "41"), ("Colour", "Slate")),
        "",
        "your card",
    ),
]


@pytest.fixture(params=CASES, ids=lambda case: f"{case.platform}-{'js' if case.javascript else 'nojs'}")
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def shopper(browser: Browser, case: Case) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE, java_script_enabled=case.javascript, locale="en-GB")
    yield context.new_page()
    context.close()


@pytest.fixture
def staff(browser: Browser, case: Case, demo: Demo) -> Iterator[Page]:
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=case.javascript, locale="en-GB")
    page = context.new_page()
    page.goto(f"{demo.helloword}/admin/")
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Store", exact=True).select_option(label=case.store)
    page.get_by_role("button", name="Switch").click()
    yield page
    context.close()


def photo() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (1200, 900), "#a58").save(content, "JPEG")
    return content.getvalue()


def sideways(page: Page) -> int:
    """How far a page can be scrolled sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def again_until(page: Page, text: str) -> None:
    """Load the page again until it says so: without JavaScript nothing changes by itself."""
    for _ in range(60):
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(250)
        page.reload()
    expect(page.get_by_text(text).first).to_be_visible()


def buy(page: Page, demo: Demo, case: Case) -> str:
    """From the shelf to a delivered order; gives its number."""
    page.goto(demo.woocommerce if case.platform == "woocommerce" else demo.shopify)
    page.get_by_role("link", name=case.product).click()
    for _, value in case.options:
        page.locator(".choices").get_by_text(value, exact=True).click()
    page.get_by_label("Buy as").select_option(value=case.email)
    page.get_by_role("button", name="Buy now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you!")
    number = re.search(r"#(\d+)", page.get_by_role("heading", level=1).inner_text())
    assert number is not None
    page.get_by_role("button", name="Have it delivered now").click()
    page.get_by_role("link", name="Return something").click()
    return number[1]


def ask(page: Page, demo: Demo, case: Case, number: str) -> None:
    """Prove the order, say what comes back and why; ends on the page to check."""
    expect(page.get_by_label("Order number")).to_have_value(number)
    page.get_by_label("E-mail address").fill(case.email)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Six-digit code").fill(demo.code_for(case.email))
    page.get_by_role("button", name="Continue").click()
    item = page.locator("li", has_text=case.product).first
    box = item.get_by_role("checkbox").first
    if not box.is_checked():
        item.locator("label").first.click()
    if case.javascript:
        item.get_by_label("What is it about?").select_option(label="Something is wrong with it")
    item.get_by_label("Why does it come back?").select_option(value="defective")
    item.locator("[name$=seen_when]").select_option(value="on_opening")
    item.locator("input[type=file]").set_input_files({"name": "seam.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    page.get_by_role("button", name="See what you get back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your return")


def test_a_return_from_the_shelf_to_the_refund(demo: Demo, case: Case, shopper: Page, staff: Page) -> None:
    number = buy(shopper, demo, case)
    ask(shopper, demo, case, number)
    total = shopper.locator("tfoot td").inner_text().split("\n")[0].strip()
    if case.amount:
        assert total == case.amount
    expect(shopper.get_by_text(case.instrument).first).to_be_visible()
    shopper.get_by_role("button", name="Confirm return").click()
    expect(shopper.locator("main")).to_contain_text(RMA)
    rma = RMA.search(shopper.locator("main").inner_text())
    assert rma is not None

    look = shopper.get_by_role("link", name="Look again")
    for _ in range(40):
        if not look.count():
            break
        shopper.wait_for_timeout(250)
        if look.count():
            look.click()
    label = shopper.get_by_role("link", name="Download the label")
    address = label.get_attribute("href") or ""
    pdf = shopper.context.request.get(address)
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf.body())).pages)
    assert rma[0] in text
    page_of_returns = re.split(r"/(?:confirm|status)", shopper.url)[0]
    status = f"{page_of_returns}/status/{address.split('/label/')[1].split('/')[0]}"

    staff.get_by_label("RMA number").fill(rma[0])
    staff.get_by_role("button", name="Open").click()
    expect(staff.get_by_role("heading", level=1)).to_contain_text(rma[0])
    staff.get_by_role("button", name="The parcel is here").click()
    staff.get_by_label("Grade").first.select_option(value="new")
    staff.get_by_role("button", name="Finish the inspection").click()
    again_until(staff, f"{total} was refunded.")

    shopper.goto(status)
    again_until(shopper, "Your money is on its way")
    expect(shopper.get_by_text(total).first).to_be_visible()
    shopper.get_by_role("link", name="Orders").click()
    for _ in range(60):
        row = shopper.locator(".orders a", has_text=f"#{number}")
        if "refunded" in row.inner_text():
            break
        shopper.wait_for_timeout(250)
        shopper.reload()
    assert f"{total.removeprefix('US')} refunded" in row.inner_text()


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_scrolls_sideways(demo: Demo, browser: Browser, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    pages = [f"{demo.helloword}/r/lintang-co", f"{demo.helloword}/admin/", demo.mailbox]
    for store, returns in ((demo.woocommerce, "/returns"), (demo.shopify, "/apps/returns")):
        pages += [store, f"{store}/sign-in", f"{store}{returns}", f"{store}/admin/", f"{store}/nothing-here"]
    wide = {}
    for address in pages:
        page.goto(address)
        wide[address] = sideways(page)
    context.close()
    assert {address: by for address, by in wide.items() if by > 0} == {}
