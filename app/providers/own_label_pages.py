"""What stands where on the papers of one parcel: label, packing slip, instructions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.core.kit.money import Money, total
from app.core.kit.texts import Voice
from app.core.labels.addresses import address_lines, crosses_customs
from app.core.labels.ports import ParcelItem, ReturnShipment
from app.providers.contrast import readable
from app.providers.own_label_fonts import cjk_for
from app.providers.own_label_sheet import PAGE_HEIGHT, PAGE_WIDTH, Align, Sheet, Style, fit, wrap

MARGIN = 48.0
WIDTH = PAGE_WIDTH - 2 * MARGIN
END = PAGE_WIDTH - MARGIN
BOTTOM = PAGE_HEIGHT - 62  # below it only the footer
GREY = "#595959"  # 7:1 on white, and still dark in a grey print
HAIR = "#b8b8b8"

_LABEL_TOP, _LABEL_HIGH, _PAD = 42.0, 300.0, 24.0
_CUT = 374.0


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the packing slip: its heading, and where it lies from the reading edge."""

    heading: str
    x: float
    wide: float
    align: Align = "start"

    @property
    def anchor(self) -> float:
        """Where text of the column begins, or ends."""
        return self.x + self.wide if self.align == "end" else self.x


@dataclass(frozen=True, slots=True)
class _Cell:
    """Text of one cell: main lines, and small ones under them."""

    main: str
    below: str = ""


class Papers:
    """The papers of one shipment, in one voice."""

    def __init__(self, shipment: ReturnShipment, voice: Voice) -> None:
        """Nothing is drawn yet. Names that would fill a page by themselves are cut."""
        shipment = replace(
            shipment, store_name=_short(shipment.store_name, 60), order_number=_short(shipment.order_number, 40)
        )
        self.shipment = shipment
        self.voice = voice
        self.customs = crosses_customs(shipment.sender.country, shipment.recipient.country)
        self.accent = readable(shipment.colour)
        cjk = cjk_for(locale=voice.locale)
        self.body = Style(10.5, 15.5, cjk=cjk)
        self.cell = Style(9, 12.5, cjk=cjk)
        self.small = Style(8, 11, colour=GREY, cjk=cjk)
        self.strong = Style(9, 12.5, bold=True, cjk=cjk)
        self.sheet = Sheet(
            title=f"{shipment.rma} · {shipment.store_name}",
            author=shipment.store_name,
            locale=voice.locale,
            rtl=voice.direction == "rtl",
        )

    def render(self) -> bytes:
        """The PDF."""
        self.sheet.new_page()
        self._label()
        self._slip()
        self._instructions()
        self._footers()
        return self.sheet.render()

    # --- the label ------------------------------------------------------------------------------------------------

    def _label(self) -> None:
        voice, sheet, shipment = self.voice, self.sheet, self.shipment
        with sheet.left_to_right():
            left, right = MARGIN + _PAD, END - _PAD
            sheet.frame(MARGIN, _LABEL_TOP, WIDTH, _LABEL_HIGH, radius=6)
            self._sender(left, _LABEL_TOP + 30)
            self._postage(right, _LABEL_TOP + _PAD)
            self._recipient(left, _LABEL_TOP + 120)
            sheet.code128(left, _LABEL_TOP + 231, shipment.rma, 220, 34)
            under = _LABEL_TOP + 279
            wide = sheet.text(left, under, shipment.rma, replace(self.strong, size=10.5))
            order = voice.gettext("Order %(number)s", number=shipment.order_number)
            sheet.text(left + wide + 12, under, wrap(order, self.small, 200, most=1)[0], self.small)
            sheet.qr(right - 82, _LABEL_TOP + 192, shipment.rma, 82)
        hint = voice.gettext("Cut here. The upper part goes on the outside of the parcel, the lower part inside.")
        sheet.text(MARGIN, _CUT - 8, hint, replace(self.small, size=7.5))
        sheet.cut_line(_CUT, MARGIN)

    def _sender(self, x: float, y: float) -> None:
        lines = address_lines(self.shipment.sender, posted_in=self.shipment.sender.country)
        if crosses_customs(self.shipment.sender.country, self.shipment.recipient.country) or self._abroad():
            lines = address_lines(self.shipment.sender)
        cjk = cjk_for(self.shipment.sender.country)
        styles = [Style(size, size * 1.3, cjk=cjk) for size in (9, 8.5, 8, 7, 6)]
        self.sheet.text(x, y, self.voice.pgettext("on a parcel", "From"), self.small)
        wrapped, style = fit(lines, 250, 76, styles)
        for number, line in enumerate(wrapped, start=1):
            self.sheet.text(x, y + 3 + number * style.leading, line, style)

    def _recipient(self, x: float, y: float) -> None:
        shipment = self.shipment
        lines = address_lines(shipment.recipient, posted_in=shipment.sender.country)
        cjk = cjk_for(shipment.recipient.country)
        styles = [Style(size, size * 1.27, cjk=cjk) for size in (17, 15.5, 14, 12.5, 11, 9.5, 8, 6.5)]
        self.sheet.text(x, y, self.voice.pgettext("on a parcel", "To"), self.small)
        wrapped, style = fit(lines, 318, 88, styles)
        for number, line in enumerate(wrapped, start=1):
            bold = number in (1, len(wrapped)) if self._abroad() else number == 1
            self.sheet.text(x, y + 4 + number * style.leading, line, replace(style, bold=bold))

    def _postage(self, right: float, y: float) -> None:
        """The place for the stamp: this label is not prepaid, and must not look as if it were."""
        self.sheet.frame(right - 82, y, 82, 60, weight=0.4, radius=3)
        style = replace(self.small, size=7.5, leading=10)
        lines = wrap(self.voice.gettext("Place for the postage"), style, 66, most=3)
        for number, line in enumerate(lines):
            self.sheet.text(right - 74, y + 16 + number * style.leading, line, style)

    def _abroad(self) -> bool:
        sender, recipient = self.shipment.sender.country.upper(), self.shipment.recipient.country.upper()
        return bool(sender and recipient) and sender != recipient

    # --- the packing slip -----------------------------------------------------------------------------------------

    def _slip(self) -> None:
        voice, sheet, shipment = self.voice, self.sheet, self.shipment
        title = Style(16, 20, bold=True, cjk=self.body.cjk)
        sheet.text(MARGIN, _CUT + 40, voice.gettext("Packing slip"), title)
        sheet.text(END, _CUT + 33, shipment.rma, replace(self.strong, size=10.5), align="end")
        order = voice.gettext("Order %(number)s", number=shipment.order_number)
        sheet.text(END, _CUT + 46, wrap(order, self.small, 200, most=1)[0], self.small, align="end")
        y = self._table(_CUT + 74)
        y = self._totals(y)
        if self.customs:
            self._customs(y)

    def _columns(self) -> Sequence[_Column]:
        voice = self.voice
        quantity = (voice.gettext("Quantity"), 46.0)
        if self.customs:
            widths = [
                quantity, (voice.gettext("Item"), 188.0), (voice.gettext("Reason"), 92.0),
                (voice.gettext("HS code"), 58.0), (voice.gettext("Origin"), 46.0), (voice.gettext("Value"), 69.0),
            ]  # fmt: skip
        else:
            widths = [
                quantity, (voice.gettext("Item"), 246.0), (voice.gettext("Reason"), 122.0),
                (voice.gettext("Value"), 85.0),
            ]  # fmt: skip
        columns: list[_Column] = []
        x = MARGIN
        for number, (heading, wide) in enumerate(widths, start=1):
            last = number == len(widths)
            columns.append(_Column(heading, x, wide if last else wide - 10, "end" if last else "start"))
            x += wide
        return columns

    def _cells(self, item: ParcelItem) -> list[_Cell]:
        below = " · ".join(filter(None, [item.options, item.sku]))
        value = self.voice.money(item.unit_value * item.quantity)
        each = f"{item.quantity} × {self.voice.money(item.unit_value)}" if item.quantity > 1 else ""  # noqa: RUF001
        cells = [_Cell(str(item.quantity)), _Cell(item.title, below), _Cell(item.reason)]
        if self.customs:
            cells += [_Cell(item.hs_code or "–"), _Cell(item.origin_country or "–")]  # noqa: RUF001
        return [*cells, _Cell(value, each)]

    def _table(self, y: float) -> float:
        columns = self._columns()
        y = self._heading(columns, y)
        for item in self.shipment.items:
            lines = [
                (wrap(cell.main, self.cell, column.wide, most=4), wrap(cell.below, self.small, column.wide, most=3))
                for column, cell in zip(columns, self._cells(item), strict=True)
            ]
            high = max(len(main) * self.cell.leading + len(below) * self.small.leading for main, below in lines)
            if y + high > BOTTOM - 20:
                y = self._heading(columns, self._next_page())
            for column, (main, below) in zip(columns, lines, strict=True):
                base = y
                for style, texts in ((self.cell, main), (self.small, below)):
                    for text in texts:
                        self.sheet.text(column.anchor, base, text, style, align=column.align)
                        base += style.leading
            y += high + 4
            self.sheet.rule(MARGIN, y - 6, WIDTH, weight=0.4, colour=HAIR)
            y += 9
        return y

    def _heading(self, columns: Sequence[_Column], y: float) -> float:
        for column in columns:
            heading = wrap(column.heading, self.small, column.wide + 8, most=1)
            self.sheet.text(column.anchor, y, heading[0], self.small, align=column.align)
        self.sheet.rule(MARGIN, y + 7, WIDTH, weight=0.9)
        return y + 23

    def _next_page(self) -> float:
        self.sheet.new_page()
        self.sheet.text(MARGIN, 64, self.voice.gettext("Packing slip, continued"), self.strong)
        self.sheet.text(END, 64, self.shipment.rma, self.strong, align="end")
        return 96

    def _totals(self, y: float) -> float:
        voice, items = self.voice, self.shipment.items
        if y + 34 > BOTTOM:
            y = self._next_page()
        count = sum(item.quantity for item in items)
        left = voice.ngettext("%(num)s item", "%(num)s items", count)
        if self.customs and items and all(item.weight_g is not None for item in items):
            grams = sum((item.weight_g or 0) * item.quantity for item in items)
            weight = voice.gettext("goods weigh %(weight)s g", weight=voice.number(grams))
            left = f"{left} · {weight}"
        self.sheet.text(MARGIN, y + 2, left, self.cell)
        values = [voice.money(amount) for amount in sums(items)]
        wide = 0.0
        if values:
            wide = self.sheet.text(END, y + 2, " + ".join(values), self.strong, align="end")
        self.sheet.text(END - wide - 14, y + 2, voice.gettext("Total value"), self.small, align="end")
        return y + 30

    def _customs(self, y: float) -> None:
        voice = self.voice
        title = voice.gettext("For customs: returned goods")
        words = voice.gettext(
            "These goods were sold abroad and go back to the seller. On the customs form (CN22 or CN23) tick “Returned "
            "goods”, copy the values above and write the return number %(rma)s. Put a copy of this slip on the outside "
            "of the parcel, together with the form.",
            rma=self.shipment.rma,
        )
        lines = wrap(words, self.cell, WIDTH - 28)
        high = 24 + len(lines) * self.cell.leading
        if y + high > BOTTOM:
            y = self._next_page() - 10
        self.sheet.box(MARGIN, y - 6, 2.5, high, "#000000")
        self.sheet.text(MARGIN + 16, y + 6, title, self.strong)
        self.sheet.paragraph(MARGIN + 16, y + 22, words, self.cell, WIDTH - 28)

    # --- the instructions -----------------------------------------------------------------------------------------

    def _steps(self) -> list[tuple[str, str]]:
        voice, shipment = self.voice, self.shipment
        by = ""
        if shipment.send_by is not None:
            by = voice.gettext("Hand the parcel in by %(date)s at the latest.", date=voice.date(shipment.send_by))
            by += "" if by.endswith("。") else " "
        return [
            (
                voice.gettext("Pack"),
                voice.gettext("Put everything on the packing slip into a sturdy box, with its tags. Close it well."),
            ),
            (
                voice.gettext("Slip inside"),
                voice.gettext("Cut page 1 along the line. Lay the packing slip on top of the items."),
            ),
            (
                voice.gettext("Label outside"),
                voice.gettext("Stick the address label flat on the largest side. Remove or cover all older labels."),
            ),
            (
                voice.gettext("Hand it in"),
                by
                + voice.gettext(
                    "The label carries no postage: choose a carrier with tracking and pay at the counter."
                ),
            ),
            (
                voice.gettext("Keep the receipt"),
                voice.gettext(
                    "It holds the tracking number and proves that you sent the parcel. "
                    "Keep it until your money is back."
                ),
            ),
        ]  # fmt: skip

    def _instructions(self) -> None:
        voice, sheet, shipment = self.voice, self.sheet, self.shipment
        sheet.new_page()
        cjk = self.body.cjk
        title = Style(22, 28, bold=True, cjk=cjk)
        y = sheet.paragraph(MARGIN, 92, voice.gettext("How to send it back"), title, WIDTH)
        about = voice.gettext(
            "Return %(rma)s for order %(number)s at %(store)s",
            rma=shipment.rma, number=shipment.order_number, store=shipment.store_name,
        )  # fmt: skip
        y = sheet.paragraph(MARGIN, y - 4, about, replace(self.body, colour=GREY), WIDTH) + 32
        head = Style(12.5, 18, bold=True, cjk=cjk)
        for number, (name, words) in enumerate(self._steps(), start=1):
            sheet.text(MARGIN, y + 2, voice.number(number), Style(22, 22, bold=True, colour=self.accent, cjk=cjk))
            sheet.text(MARGIN + 38, y, name, head)
            y = sheet.paragraph(MARGIN + 38, y + 18, words, self.body, WIDTH - 78) + 18
        y += 2
        sheet.rule(MARGIN, y, WIDTH, weight=0.4, colour=HAIR)
        y += 32
        sheet.text(MARGIN + 38, y, voice.gettext("What happens to your money"), head)
        money = voice.gettext(
            "When the parcel has arrived, %(store)s checks the items and sends back the amount confirmed in your "
            "e-mail. We write to you as soon as it is sent. Your bank may then need a few days to show it.",
            store=shipment.store_name,
        )
        y = sheet.paragraph(MARGIN + 38, y + 18, money, self.body, WIDTH - 78) + 18
        if shipment.support_email:
            sheet.text(MARGIN + 38, y, voice.gettext("Questions?"), head)
            ask = voice.gettext(
                "Write to %(email)s and name %(rma)s.", email=shipment.support_email, rma=shipment.rma
            )  # fmt: skip
            sheet.paragraph(MARGIN + 38, y + 18, ask, self.body, WIDTH - 78)

    def _footers(self) -> None:
        pages = self.sheet.pages
        for number, page in enumerate(pages, start=1):
            self.sheet.pages = [page]  # text goes to the last page of the sheet
            counted = self.voice.gettext(
                "Page %(page)s of %(pages)s", page=self.voice.number(number), pages=self.voice.number(len(pages))
            )
            small = replace(self.small, size=7.5)
            name = wrap(f"{self.shipment.store_name} · {self.shipment.rma}", small, 360, most=1)[0]
            self.sheet.text(MARGIN, PAGE_HEIGHT - 32, name, small)
            self.sheet.text(END, PAGE_HEIGHT - 32, counted, small, align="end")
        self.sheet.pages = pages


def sums(items: Sequence[ParcelItem]) -> list[Money]:
    """The value of all items, a sum per currency."""
    currencies = list(dict.fromkeys(item.unit_value.currency for item in items))
    return [
        total([item.unit_value * item.quantity for item in items if item.unit_value.currency == currency], currency)
        for currency in currencies
    ]


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
