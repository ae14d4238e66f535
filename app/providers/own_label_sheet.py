"""A4 paper to write on: text in any script, rules, fills and codes, page after page, in reading direction.

Points, from the top edge down (``y``) and from the reading edge inwards (``x``): left for a left-to-right paper,
right for the other, so one layout serves both. What is drawn is kept until ``render``, because fonts are cut to the
characters that were used.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from typing import Literal

import segno
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from app.providers.own_label_fonts import DRAWING, Face, Run, forget, runs, width

PAGE_WIDTH, PAGE_HEIGHT = A4
Align = Literal["start", "end"]
MM = 72 / 25.4

# ruff: noqa: RUF001 (these are the characters meant)
# No line begins with these, none ends with those (the few that matter in an address or an instruction).
_NOT_FIRST = "、。，．：；？！）」』】〉》%,.:;?!)]}»”’"
_NOT_LAST = "（「『【〈《([{«“‘"


@dataclass(frozen=True, slots=True)
class Style:
    """How a text looks: ``size`` and ``leading`` in points, ``colour`` as ``#rrggbb``."""

    size: float
    leading: float
    bold: bool = False
    colour: str = "#000000"
    cjk: str = "SC"


@dataclass(slots=True)
class Sheet:
    """The paper. ``rtl`` mirrors it; ``cjk`` says whose Chinese characters; ``locale`` is told to screen readers."""

    title: str
    author: str
    locale: str
    rtl: bool = False
    pages: list[list[Callable[[Canvas, dict[str, str]], None]]] = field(default_factory=list)
    _used: dict[str, tuple[Face, set[str]]] = field(default_factory=dict)

    def new_page(self) -> None:
        """Go on with a fresh page."""
        self.pages.append([])

    @contextmanager
    def left_to_right(self) -> Iterator[None]:
        """What is drawn inside is not mirrored: a postal label runs from left to right in every country."""
        before, self.rtl = self.rtl, False
        try:
            yield
        finally:
            self.rtl = before

    def text(self, x: float, y: float, text: str, style: Style, *, align: Align = "start") -> float:
        """Write one line with its base line at ``y``; gives its width. ``align`` "end": it ends at ``x``."""
        line = runs(text, bold=style.bold, cjk=style.cjk)
        wide = sum(run.width(style.size) for run in line)
        for run in line:
            self._used.setdefault(run.face.key, (run.face, set()))[1].update(run.text)
        start = PAGE_WIDTH - x if self.rtl else x
        left = start - wide if (align == "end") != self.rtl else start
        self.pages[-1].append(partial(_draw_line, line=line, left=left, y=PAGE_HEIGHT - y, style=style))
        return wide

    def paragraph(self, x: float, y: float, text: str, style: Style, wide: float) -> float:
        """Write ``text`` in lines of at most ``wide``, the first base line at ``y``; gives the next base line."""
        for line in wrap(text, style, wide):
            self.text(x, y, line, style)
            y += style.leading
        return y

    def rule(self, x: float, y: float, wide: float, *, weight: float = 0.5, colour: str = "#000000") -> None:
        """Draw a horizontal line."""
        self.box(x, y - weight / 2, wide, weight, colour)

    def box(self, x: float, y: float, wide: float, high: float, colour: str) -> None:
        """Fill a rectangle whose upper edge is at ``y``."""
        left = PAGE_WIDTH - x - wide if self.rtl else x
        self.pages[-1].append(partial(_draw_box, left=left, bottom=PAGE_HEIGHT - y - high, size=(wide, high), c=colour))

    def frame(self, x: float, y: float, wide: float, high: float, *, weight: float = 0.75, radius: float = 0) -> None:
        """Draw the outline of a rectangle."""
        left = PAGE_WIDTH - x - wide if self.rtl else x
        box = (left, PAGE_HEIGHT - y - high, wide, high)
        self.pages[-1].append(partial(_draw_frame, box=box, weight=weight, radius=radius))

    def cut_line(self, y: float, margin: float) -> None:
        """Draw a dashed line across the paper."""
        self.pages[-1].append(partial(_draw_cut, y=PAGE_HEIGHT - y, margin=margin))

    def code128(self, x: float, y: float, value: str, wide: float, high: float) -> None:
        """Draw ``value`` as Code 128, the bars ``wide`` (without the quiet zones), their upper edge at ``y``."""
        natural = Code128(value, barWidth=1, barHeight=high, quiet=False).width
        left = PAGE_WIDTH - x - wide if self.rtl else x
        bars = Code128(value, barWidth=wide / natural, barHeight=high, quiet=False)
        self.pages[-1].append(lambda canvas, _: bars.drawOn(canvas, left, PAGE_HEIGHT - y - high))

    def qr(self, x: float, y: float, value: str, wide: float) -> None:
        """Draw ``value`` as a QR code of error correction Q, ``wide`` without its quiet zone."""
        modules = tuple(tuple(row) for row in segno.make(value, error="q", micro=False, boost_error=False).matrix)
        left = PAGE_WIDTH - x - wide if self.rtl else x
        self.pages[-1].append(partial(_draw_qr, modules=modules, left=left, top=PAGE_HEIGHT - y, wide=wide))

    def render(self) -> bytes:
        """The PDF. The same paper gives the same bytes."""
        buffer = io.BytesIO()
        canvas = Canvas(buffer, pagesize=A4, invariant=1, pageCompression=1, lang=self.locale)
        canvas.setTitle(self.title)
        canvas.setAuthor(self.author)
        canvas.setCreator("Helloword")
        with DRAWING:
            names = {key: face.register("".join(sorted(chars))) for key, (face, chars) in sorted(self._used.items())}
            try:
                for page in self.pages:
                    for draw in page:
                        draw(canvas, names)
                    canvas.showPage()
                canvas.save()
            finally:
                forget(list(names.values()))
        return buffer.getvalue()


def wrap(text: str, style: Style, wide: float, most: int = 0) -> list[str]:
    """``text`` in lines of at most ``wide`` points, broken at spaces and between Chinese or Japanese characters.

    A word that is too long by itself is broken anywhere. With ``most`` lines the last one ends in an ellipsis when
    something had to be left out.
    """
    lines: list[str] = []
    line, used = "", 0.0  # letters join inside a piece only, so widths of pieces add up
    for piece in _pieces(" ".join(text.split())):
        if line and used + _width(piece.rstrip(), style) > wide:
            lines.append(line.rstrip())
            line, used = "", 0.0
        line, used = line + piece, used + _width(piece, style)
        while used > wide and len(line) > 1 and _width(line.rstrip(), style) > wide:
            fitting = _fitting(line, style, wide)
            lines.append(line[:fitting])
            line = line[fitting:]
            used = _width(line, style)
    if line.strip():
        lines.append(line.rstrip())
    if most and len(lines) > most:
        last = f"{lines[most - 1]}…"
        while _width(last, style) > wide and len(last) > 1:
            last = f"{last[:-2].rstrip()}…"
        lines = [*lines[: most - 1], last]
    return lines


def fit(lines: Sequence[str], wide: float, high: float, styles: Sequence[Style]) -> tuple[list[str], Style]:
    """``lines`` wrapped in the first of ``styles`` (largest first) in which all of them fit.

    If they fit in none: in the last one, each on two lines at most.
    """
    for style in styles:
        wrapped = [part for line in lines for part in wrap(line, style, wide)]
        if len(wrapped) * style.leading <= high and len(wrapped) <= len(lines) + 1:
            return wrapped, style
    return [part for line in lines for part in wrap(line, styles[-1], wide, most=2)], styles[-1]


@lru_cache(maxsize=8192)
def _width(text: str, style: Style) -> float:
    return width(text, style.size, bold=style.bold, cjk=style.cjk)


def _fitting(line: str, style: Style, wide: float) -> int:
    """How many characters of ``line`` fit, at least one."""
    low, high = 1, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        if _width(line[:middle], style) <= wide:
            low = middle
        else:
            high = middle - 1
    return low


@cache
def _breaks_between(before: str, after: str) -> bool:
    if before == " ":
        return after != " "
    if after in _NOT_FIRST or before in _NOT_LAST or " " in (before, after):
        return False
    if before in "-/" and after.isalpha():
        return True
    return _is_ideograph(before) or _is_ideograph(after)


def _is_ideograph(character: str) -> bool:
    # Hangul is left out: Korean breaks at spaces.
    return "\u2e80" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff" or "\uff00" <= character <= "\uffef"


def _pieces(text: str) -> list[str]:
    """The parts of ``text`` between which a line may break."""
    pieces: list[str] = []
    begin = 0
    for place in range(1, len(text)):
        if _breaks_between(text[place - 1], text[place]):
            pieces.append(text[begin:place])
            begin = place
    pieces.append(text[begin:])
    return pieces


def _draw_line(canvas: Canvas, names: dict[str, str], *, line: list[Run], left: float, y: float, style: Style) -> None:
    writer = canvas.beginText(left, y)
    writer.setFillColor(HexColor(style.colour))
    for run in line:
        writer.setFont(names[run.face.key], style.size)
        writer.textOut(run.text)
    canvas.drawText(writer)


def _draw_box(
    canvas: Canvas, names: dict[str, str], *, left: float, bottom: float, size: tuple[float, float], c: str
) -> None:
    del names
    canvas.setFillColor(HexColor(c))
    canvas.rect(left, bottom, *size, stroke=0, fill=1)


def _draw_frame(
    canvas: Canvas, names: dict[str, str], *, box: tuple[float, float, float, float], weight: float, radius: float
) -> None:
    del names
    canvas.setLineWidth(weight)
    canvas.setStrokeColor(HexColor("#000000"))
    canvas.roundRect(*box, radius, stroke=1, fill=0)


def _draw_cut(canvas: Canvas, names: dict[str, str], *, y: float, margin: float) -> None:
    del names
    canvas.saveState()
    canvas.setLineWidth(0.6)
    canvas.setStrokeColor(HexColor("#6b6b6b"))
    canvas.setDash(4, 4)
    canvas.line(margin, y, PAGE_WIDTH - margin, y)
    canvas.restoreState()


def _draw_qr(
    canvas: Canvas, names: dict[str, str], *, modules: tuple[tuple[int, ...], ...], left: float, top: float, wide: float
) -> None:
    del names
    module = wide / len(modules)
    path = canvas.beginPath()
    for row, cells in enumerate(modules):
        for column, dark in enumerate(cells):
            if dark:
                path.rect(left + column * module, top - (row + 1) * module, module, module)
    canvas.setFillColor(HexColor("#000000"))
    canvas.drawPath(path, stroke=0, fill=1)
