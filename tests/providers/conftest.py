"""Shipments to make labels of, and eyes to look at the paper with."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from app.core.kit.money import Money
from app.core.labels.ports import ParcelItem, ReturnShipment
from app.core.orders.ports import Address

HAMBURG = Address(
    name="Nordlicht Returns",
    company="Nordlicht Textil GmbH",
    line1="Lagerstraße 12, Tor 3",
    city="Hamburg",
    postcode="20357",
    country="DE",
)
BERLIN = Address(name="Jürgen Müller", line1="Torstraße 5", city="Berlin", region="BE", postcode="10119", country="DE")
LOS_ANGELES = Address(
    name="Alice Smith",
    line1="1200 W Olympic Blvd",
    line2="Apt 4",
    city="Los Angeles",
    region="CA",
    postcode="90015",
    country="US",
)
TOKYO = Address(
    name="山田 太郎",
    line1="神宮前1丁目2-3",
    line2="原宿ハイツ 405",
    city="渋谷区",
    region="東京都",
    postcode="150-0001",
    country="JP",
)
ITEMS = (
    ParcelItem(
        title="Linen shirt Föhr",
        options="Size M, Blue",
        sku="LIN-FOHR-M-BL",
        quantity=1,
        unit_value=Money(7990, "EUR"),
        reason="Too small",
        hs_code="6205.90",
        origin_country="PT",
        weight_g=310,
    ),
    ParcelItem(
        title="Merino cardigan",
        options="Size L",
        sku="MER-CARD-L",
        quantity=2,
        unit_value=Money(12900, "EUR"),
        reason="Damaged",
        hs_code="6110.11",
        origin_country="CN",
        weight_g=540,
    ),
)
SHIPMENT = ReturnShipment(
    key="0198c0de",
    rma="R-7KMQ-93XH",
    order_number="#1001",
    store_name="Nordlicht",
    locale="en",
    sender=LOS_ANGELES,
    recipient=HAMBURG,
    items=ITEMS,
    send_by=date(2026, 12, 5),
    support_email="help@nordlicht.example",
    colour="#0b6e4f",
)


@pytest.fixture
def shipment() -> ReturnShipment:
    """Two articles from Los Angeles to Hamburg."""
    return SHIPMENT


@pytest.fixture
def domestic() -> ReturnShipment:
    """The same from Berlin, in German."""
    return replace(SHIPMENT, sender=BERLIN, locale="de-DE")


@pytest.fixture
def from_tokyo() -> ReturnShipment:
    """The same from a Japanese address, in German."""
    return replace(SHIPMENT, sender=TOKYO, locale="de")


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[bytes, int], Image.Image]:
    """Renders one page (from 0) of a PDF at 200 dots an inch; skips where nothing here can render."""

    def render(content: bytes, page: int) -> Image.Image:
        if find_spec("pypdfium2") is not None:
            document = import_module("pypdfium2").PdfDocument(content)
            rendered: Image.Image = document[page].render(scale=200 / 72).to_pil()
            document.close()
            return rendered
        tool = shutil.which("pdftoppm")
        if tool is None:
            pytest.skip("neither pypdfium2 nor pdftoppm (apt-get install poppler-utils) is here to render a PDF")
        source = tmp_path / "label.pdf"
        source.write_bytes(content)
        number = str(page + 1)
        subprocess.run(
            [tool, "-r", "200", "-png", "-singlefile", "-f", number, "-l", number, str(source), str(tmp_path / "page")],
            check=True,
        )
        return Image.open(tmp_path / "page.png")

    return render
