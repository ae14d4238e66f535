"""Fonts for paper, on a machine that has none: which face draws which character, and how wide it is.

Nothing is read from the system. The faces, first one that has the character wins:

1. FiraGO Regular and Bold (package ``pymupdf-fonts``, SIL OFL 1.1): Latin, Greek, Cyrillic, Vietnamese, Hebrew, Arabic,
   Thai. Without that package Bitstream Vera, which reportlab brings: Western European only.
2. Noto Sans for Chinese, Japanese and Korean (package ``justmytype-intl-cjk``, SIL OFL 1.1), the country's own
   glyph forms first. They are variable fonts, of which reportlab would draw the thinnest instance, so HarfBuzz
   (``uharfbuzz``) cuts one instance of just the characters on this paper: a few milliseconds and kilobytes.
3. Without those packages Adobe's CID fonts, named but not embedded: the reader's PDF viewer brings the glyphs
   (Acrobat, browsers and telephones do; a bare print server may not). So the packages are wanted in production.

Right to left: ``python-bidi`` puts a line into visual order and ``arabic-reshaper`` joins Arabic letters; reportlab's
own way needs ``rlbidi``, which has no wheel. Without them such a line is drawn in logical order.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any, Protocol

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

# Registering is process-wide in reportlab; one paper at a time is drawn between registering and forgetting.
DRAWING = Lock()

_CJK_FILES = {"SC": "notosanssc/NotoSansSC", "JP": "notosansjp/NotoSansJP", "KR": "notosanskr/NotoSansKR"}
_CJK_FILES["TC"] = "notosanstc/NotoSansTC"
_CID = {"SC": "STSong-Light", "JP": "HeiseiKakuGo-W5", "KR": "HYGothic-Medium", "TC": "MSung-Light"}
_CJK_OF_COUNTRY = {"JP": "JP", "KR": "KR", "KP": "KR", "TW": "TC", "HK": "TC", "MO": "TC"}
_CJK_OF_LANGUAGE = {"ja": "JP", "ko": "KR", "zh-Hant": "TC"}
# CJK radicals to ideographs (kana and bopomofo between them), compatibility ideographs, full-width forms.
_CID_BLOCKS = ((0x2E80, 0x9FFF), (0xF900, 0xFAFF), (0xFF00, 0xFFEF))
_BOLD, _REGULAR = 700, 400


class Face(Protocol):
    """One typeface in one weight."""

    key: str

    def covers(self, character: str) -> bool:
        """Whether the face can draw it."""
        ...

    def advance(self, character: str) -> float:
        """Its width in ems."""
        ...

    def register(self, characters: str) -> str:
        """Make it known to reportlab for drawing ``characters``; gives the name to draw with."""
        ...


@dataclass(slots=True)
class _TrueType:
    """A font file that reportlab reads itself, registered once and kept."""

    key: str
    font: TTFont

    def covers(self, character: str) -> bool:
        return ord(character) in self.font.face.charToGlyph

    def advance(self, character: str) -> float:
        return float(self.font.stringWidth(character, 1))

    def register(self, characters: str) -> str:
        del characters
        pdfmetrics.registerFont(self.font)
        return self.key


@dataclass(slots=True)
class _Variable:
    """A variable font, cut to one weight and to what is drawn, by HarfBuzz."""

    key: str
    harfbuzz: ModuleType
    face: Any
    weight: int
    font: Any = field(init=False)
    characters: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        self.font = self.harfbuzz.Font(self.face)
        self.font.set_variations({"wght": self.weight})
        self.characters = frozenset(self.face.unicodes)

    def covers(self, character: str) -> bool:
        return ord(character) in self.characters

    def advance(self, character: str) -> float:
        return float(self.font.get_glyph_h_advance(self.font.get_nominal_glyph(ord(character))) / self.face.upem)

    def register(self, characters: str) -> str:
        wanted = self.harfbuzz.SubsetInput()
        wanted.unicode_set.update(map(ord, characters))
        wanted.pin_axis_location(self.face, "wght", self.weight)
        cut = self.harfbuzz.subset(self.face, wanted).blob.data
        # Named by content, so that the same paper is the same bytes.
        name = f"{self.key}-{sha256(characters.encode()).hexdigest()[:12]}"
        font = TTFont(name, io.BytesIO(cut))
        font.face.name = name.encode()  # all weights of a variable font have one name, and reportlab would mix them up
        pdfmetrics.registerFont(font)
        return name


@dataclass(slots=True)
class _Cid:
    """A CID font that is named in the file and drawn by the viewer: every wide character is one em."""

    key: str

    def covers(self, character: str) -> bool:
        if unicodedata.name(character, "").startswith("HANGUL"):
            return self.key == _CID["KR"]
        return any(first <= ord(character) <= last for first, last in _CID_BLOCKS)

    def advance(self, character: str) -> float:
        del character
        return 1.0

    def register(self, characters: str) -> str:
        del characters
        pdfmetrics.registerFont(UnicodeCIDFont(self.key))
        return self.key


@dataclass(frozen=True, slots=True)
class Run:
    """Characters that one face draws."""

    face: Face
    text: str

    def width(self, size: float) -> float:
        """In points."""
        return sum(_advance(self.face.key, character) for character in self.text) * size


def cjk_for(country: str = "", locale: str = "") -> str:
    """Whose forms of Chinese characters to prefer: ``SC``, ``TC``, ``JP`` or ``KR``."""
    by_language = _CJK_OF_LANGUAGE.get(locale) or _CJK_OF_LANGUAGE.get(locale.partition("-")[0])
    return _CJK_OF_COUNTRY.get(country.upper()) or by_language or "SC"


def runs(text: str, *, bold: bool = False, cjk: str = "SC") -> list[Run]:
    """``text``, in the order it is drawn in from left to right, in runs of one face each.

    A character that no face has is drawn as ``?``; control and format characters are dropped.
    """
    weight = _BOLD if bold else _REGULAR
    result: list[Run] = []
    for character in _visual(text):
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}:
            continue
        for drawn, face in _drawn(character, weight, cjk):
            if result and result[-1].face.key == face.key:
                result[-1] = Run(face, result[-1].text + drawn)
            else:
                result.append(Run(face, drawn))
    return result


def width(text: str, size: float, *, bold: bool = False, cjk: str = "SC") -> float:
    """The width in points of ``text`` on one line."""
    return sum(run.width(size) for run in runs(text, bold=bold, cjk=cjk))


def runs_right_to_left(text: str) -> bool:
    """Whether the first strong character of ``text`` is Hebrew or Arabic."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in {"R", "AL"}:
            return True
        if direction == "L":
            return False
    return False


def forget(names: Sequence[str]) -> None:
    """Take cut fonts out of reportlab's register; the lasting ones stay."""
    lasting = {face.key for face in _FACES.values() if not isinstance(face, _Variable)}
    for name in names:
        if name not in lasting:
            registered: dict[str, Any] = vars(pdfmetrics)["_fonts"]  # reportlab offers no way to forget a font
            registered.pop(name, None)


def _drawn(character: str, weight: int, cjk: str) -> Iterator[tuple[str, Face]]:
    """The face for a character; else for what it stands for (an unjoined Arabic form); else a question mark."""
    face = _face_for(character, weight, cjk)
    if face is not None:
        yield character, face
        return
    for part in unicodedata.normalize("NFKC", character):
        stand_in = _face_for(part, weight, cjk)
        if stand_in is not None:
            yield part, stand_in
        elif not unicodedata.combining(part):
            yield "?", _chain(weight, cjk)[0]


@cache
def _chain(weight: int, cjk: str) -> tuple[Face, ...]:
    order = [cjk, *(form for form in ("SC", "JP", "KR", "TC") if form != cjk)]
    faces: list[Face] = [_text_face(weight)]
    embedded = (_cjk_face(form, weight) for form in order)
    faces.extend(face for face in embedded if face is not None)
    faces.extend(_Cid(_CID[form]) for form in order)
    for face in faces:
        _FACES.setdefault(face.key, face)
    return tuple(faces)


_FACES: dict[str, Face] = {}


@cache
def _face_for(character: str, weight: int, cjk: str) -> Face | None:
    if character == "\N{NO-BREAK SPACE}":
        return _chain(weight, cjk)[0]
    return next((face for face in _chain(weight, cjk) if face.covers(character)), None)


@cache
def _advance(key: str, character: str) -> float:
    return _FACES[key].advance(character)


@cache
def _text_face(weight: int) -> Face:
    key = "FiraGO-Bold" if weight == _BOLD else "FiraGO"
    package = _module("pymupdf_fonts")
    if package is not None:
        try:
            content = package.myfont("figbo" if weight == _BOLD else "figo")
            return _TrueType(key, TTFont(key, io.BytesIO(content)))
        except (AttributeError, KeyError, TTFError, ValueError):
            pass  # a release that no longer brings it: Vera below still makes a label
    key = "VeraBd" if weight == _BOLD else "Vera"
    return _TrueType(key, TTFont(key, f"{key}.ttf"))


@cache
def _cjk_face(form: str, weight: int) -> Face | None:
    harfbuzz, spec = _module("uharfbuzz"), importlib.util.find_spec("justmytype_intl_cjk")
    if harfbuzz is None or spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "fonts" / "ofl" / f"{_CJK_FILES[form]}[wght].ttf"
    if not path.exists():
        return None
    face = harfbuzz.Face(harfbuzz.Blob.from_file_path(str(path)))
    return _Variable(f"NotoSans{form}-{weight}", harfbuzz, face, weight)


@cache
def _module(name: str) -> ModuleType | None:
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def _visual(text: str) -> str:
    """Logical order to visual order; text without right-to-left letters is given back at once."""
    if not any(unicodedata.bidirectional(character) in {"R", "AL", "AN"} for character in text):
        return text
    reshaper, bidi = _module("arabic_reshaper"), _module("bidi")
    if reshaper is not None:
        text = reshaper.reshape(text)
    if bidi is None:
        return text
    algorithm = importlib.import_module("bidi.algorithm")  # the package's faster half leaves brackets unmirrored
    return str(algorithm.get_display(text, base_dir="R" if runs_right_to_left(text) else "L"))
