"""Drawings of the products: flat shapes in the article's colour, so that the demo needs no photo and no network."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

COLOURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Black": "#34373b",
        "Blush": "#dfb6ac",
        "Camel": "#b98b5e",
        "Clay": "#b8694a",
        "Cream": "#ece3d0",
        "Forest": "#3f5d4a",
        "Indigo": "#3d4f7c",
        "Natural": "#cbb791",
        "Navy": "#2c3c58",
        "Oatmeal": "#d8cbb4",
        "Olive": "#75774c",
        "Rust": "#a3532f",
        "Sage": "#9db09a",
        "Sand": "#cdb28c",
        "Sky": "#9dbbd0",
        "Slate": "#68737c",
        "White": "#f4f2ec",
        "Wine": "#6f2f3c",
    }
)

# Each shape in a field of 400 x 480: {f} the colour, {d} darker, {l} lighter.
_SHAPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sweater": """<path d="M150 110 Q200 140 250 110 L300 135 L345 300 L300 315 L280 235 L282 372 L118 372 L120 235
 L100 315 L55 300 L100 135 Z" fill="{f}"/><path d="M150 110 Q200 152 250 110" fill="none" stroke="{d}"
 stroke-width="13"/><path d="M118 358 H282 M58 288 L103 302 M342 288 L297 302" stroke="{d}" stroke-width="13"/>""",
        "tee": """<path d="M150 115 Q200 148 250 115 L322 155 L298 222 L270 206 L272 370 L128 370 L130 206 L102 222
 L78 155 Z" fill="{f}"/><path d="M150 115 Q200 156 250 115" fill="none" stroke="{d}" stroke-width="8"/>
<path d="M130 206 L134 178 M270 206 L266 178" stroke="{d}" stroke-width="3"/>""",
        "shirt": """<path d="M155 108 L200 130 L245 108 L305 140 L338 300 L300 312 L278 232 L280 376 L120 376 L122 232
 L100 312 L62 300 L95 140 Z" fill="{f}"/><path d="M155 108 L168 152 L200 130 L232 152 L245 108 L200 124 Z"
 fill="{l}" stroke="{d}" stroke-width="3"/><path d="M200 132 V376" stroke="{d}" stroke-width="3"/>
<g fill="{d}"><circle cx="209" cy="180" r="4"/><circle cx="209" cy="230" r="4"/><circle cx="209" cy="280" r="4"/>
<circle cx="209" cy="330" r="4"/></g><rect x="226" y="190" width="38" height="42" rx="4" fill="{l}" opacity=".5"/>""",
        "dress": """<path d="M162 92 L176 92 Q200 128 224 92 L238 92 L256 150 L240 212 L302 400 Q200 424 98 400 L160 212
 L144 150 Z" fill="{f}"/><path d="M160 212 Q200 224 240 212" fill="none" stroke="{d}" stroke-width="8"/>
<path d="M186 226 L166 404 M214 226 L234 404 M200 228 V410" stroke="{d}" stroke-width="2.5" opacity=".6"/>""",
        "skirt": """<path d="M138 120 H262 L318 376 Q200 402 82 376 Z" fill="{f}"/>
<path d="M138 120 H262 L266 146 H134 Z" fill="{d}"/><path d="M168 146 L138 386 M200 146 V392 M232 146 L262 386"
 stroke="{d}" stroke-width="3" opacity=".6"/>""",
        "trousers": """<path d="M132 88 H268 L292 402 H224 L200 190 L176 402 H108 Z" fill="{f}"/>
<path d="M132 88 H268 L270 112 H130 Z" fill="{d}"/><path d="M200 112 V176 M146 114 Q150 142 132 152 M254 114
 Q250 142 268 152" fill="none" stroke="{d}" stroke-width="3"/><path d="M110 384 H178 M222 384 H290" stroke="{d}"
 stroke-width="3"/>""",
        "jacket": """<path d="M150 96 H250 L314 132 L344 312 L302 322 L284 226 L288 382 H112 L116 226 L98 322 L56 312
 L86 132 Z" fill="{f}"/><path d="M150 96 L166 80 H234 L250 96 L200 130 Z" fill="{d}"/>
<path d="M200 128 V382" stroke="{l}" stroke-width="6"/><path d="M132 290 H176 V336 H132 Z M224 290 H268 V336 H224 Z"
 fill="{d}" opacity=".45"/><path d="M112 368 H288" stroke="{d}" stroke-width="8"/>""",
        "robe": """<path d="M156 92 L200 118 L244 92 L338 152 L322 262 L276 244 L292 412 H108 L124 244 L78 262 L62 152
 Z" fill="{f}"/><path d="M156 92 L226 240 L220 412 M244 92 L186 214" fill="none" stroke="{d}" stroke-width="12"/>
<path d="M120 252 Q200 274 280 252 L282 276 Q200 298 118 276 Z" fill="{d}"/>""",
        "scarf": """<path d="M118 112 Q200 60 282 112 Q300 160 236 182 L258 398 H196 L186 190 Q104 170 118 112 Z"
 fill="{f}"/><path d="M150 128 Q200 98 250 128 Q246 148 200 152 Q154 148 150 128 Z" fill="{d}" opacity=".55"/>
<path d="M196 398 V420 M212 398 V420 M228 398 V420 M244 398 V420 M257 398 V420" stroke="{d}" stroke-width="4"/>
<path d="M193 340 H252 M192 356 H254" stroke="{l}" stroke-width="5"/>""",
        "hat": """<path d="M112 300 Q108 142 200 136 Q292 142 288 300 Z" fill="{f}"/><rect x="100" y="278" width="200"
 height="66" rx="16" fill="{d}"/><circle cx="200" cy="128" r="24" fill="{l}"/><path d="M150 180 V270 M176 160 V270
 M200 154 V270 M224 160 V270 M250 180 V270" stroke="{d}" stroke-width="4" opacity=".5"/>""",
        "socks": """<path d="M130 96 H196 V276 Q196 300 176 314 L128 350 Q96 372 74 346 Q58 322 84 302 L130 268 Z"
 fill="{f}"/><path d="M244 116 H310 V296 Q310 320 290 334 L242 370 Q210 392 188 366 Q172 342 198 322 L244 288 Z"
 fill="{f}"/><path d="M130 110 H196 M244 130 H310" stroke="{d}" stroke-width="16"/><path d="M84 302 Q112 318 112 360
 M198 322 Q226 338 226 380" fill="none" stroke="{d}" stroke-width="4"/>""",
        "sneaker": """<path d="M70 190 Q112 212 150 176 L262 258 Q338 270 344 316 L344 330 H66 Q54 250 70 190 Z"
 fill="{f}"/><path d="M58 322 H348 Q350 354 322 354 H82 Q58 352 58 322 Z" fill="{l}" stroke="{d}" stroke-width="4"/>
<path d="M166 196 L146 224 M194 216 L174 244 M222 236 L202 264" stroke="{l}" stroke-width="7"/><path d="M70 190
 Q112 212 150 176 L160 184 Q118 224 70 206 Z" fill="{d}"/><path d="M262 258 Q250 290 280 322" fill="none" stroke="{d}"
 stroke-width="4"/>""",
        "boot": """<path d="M128 96 H226 L222 250 Q300 270 322 312 L326 340 H112 Z" fill="{f}"/><path d="M108 336 H330
 V362 H206 L200 350 L192 374 H110 Z" fill="{d}"/><path d="M178 176 L206 140 L206 220 Z M176 176 L150 140 L150 220 Z"
 fill="{d}" opacity=".45"/><path d="M127 112 H226" stroke="{d}" stroke-width="7"/>""",
        "sandal": """<path d="M66 322 Q70 292 110 296 L300 300 Q344 302 340 328 Q336 348 300 348 H100 Q64 348 66 322 Z"
 fill="{d}"/><path d="M226 300 Q236 214 300 232 Q330 246 322 302 Z" fill="{f}"/><path d="M92 298 Q84 206 118 200 Q152
 196 170 298" fill="none" stroke="{f}" stroke-width="20"/><path d="M96 236 H150" stroke="{l}" stroke-width="8"/>""",
        "tote": """<path d="M104 186 H296 L316 396 H84 Z" fill="{f}"/><path d="M148 200 Q148 92 200 92 Q252 92 252 200"
 fill="none" stroke="{d}" stroke-width="11"/><path d="M104 186 H296 L298 206 H102 Z" fill="{d}" opacity=".5"/>
<rect x="164" y="262" width="72" height="46" rx="4" fill="{l}" opacity=".55"/>""",
        "handbag": """<path d="M88 214 H312 L328 366 Q328 380 312 380 H88 Q72 380 72 366 Z" fill="{f}"/><path d="M84 214
 H316 L300 302 Q200 326 100 302 Z" fill="{d}" opacity=".7"/><path d="M134 214 Q134 112 200 112 Q266 112 266 214"
 fill="none" stroke="{d}" stroke-width="12"/><circle cx="200" cy="308" r="13" fill="#c9a24b"/>""",
        "backpack": """<path d="M112 188 Q112 104 200 104 Q288 104 288 188 V380 Q288 396 272 396 H128 Q112 396 112 380
 Z" fill="{f}"/><path d="M174 106 Q174 72 200 72 Q226 72 226 106" fill="none" stroke="{d}" stroke-width="10"/>
<path d="M138 266 H262 V366 Q262 374 254 374 H146 Q138 374 138 366 Z" fill="{d}" opacity=".6"/><path d="M112 216 H288"
 stroke="{d}" stroke-width="7"/><path d="M186 216 V254 M214 216 V254" stroke="{l}" stroke-width="9"/>""",
        "wallet": """<rect x="78" y="170" width="244" height="176" rx="14" fill="{f}"/><path d="M78 196 H322"
 stroke="{d}" stroke-width="4"/><path d="M248 240 H322 V290 H248 Q230 290 230 265 Q230 240 248 240 Z" fill="{d}"/>
<circle cx="256" cy="265" r="9" fill="#c9a24b"/>""",
        "belt": """<path d="M200 132 A112 112 0 1 1 199 132" fill="none" stroke="{f}" stroke-width="36"/>
<path d="M200 132 A112 112 0 1 1 199 132" fill="none" stroke="{d}" stroke-width="3" stroke-dasharray="9 8"/>
<rect x="166" y="100" width="70" height="64" rx="8" fill="none" stroke="#b9a06a" stroke-width="11"/>
<path d="M200 110 V156" stroke="#b9a06a" stroke-width="8"/>""",
        "mug": """<path d="M252 210 Q332 204 330 270 Q328 330 250 326" fill="none" stroke="{d}" stroke-width="20"/>
<path d="M104 172 H260 V340 Q260 372 228 372 H136 Q104 372 104 340 Z" fill="{f}"/><ellipse cx="182" cy="172" rx="78"
 ry="20" fill="{d}"/><path d="M104 262 H260 V292 H104 Z" fill="{l}" opacity=".6"/>""",
        "bowl": """<path d="M62 222 H338 Q330 366 236 366 H164 Q70 366 62 222 Z" fill="{f}"/><ellipse cx="200" cy="222"
 rx="138" ry="34" fill="{d}"/><ellipse cx="200" cy="228" rx="112" ry="24" fill="{l}" opacity=".55"/>
<path d="M160 366 H240 L234 384 H166 Z" fill="{d}"/>""",
        "plate": """<circle cx="200" cy="246" r="142" fill="{f}"/><circle cx="200" cy="246" r="142" fill="none"
 stroke="{d}" stroke-width="5"/><circle cx="200" cy="246" r="94" fill="{l}" opacity=".6" stroke="{d}"
 stroke-width="3"/>""",
        "vase": """<path d="M170 128 H230 Q222 184 262 228 Q300 280 262 352 Q250 380 200 380 Q150 380 138 352 Q100 280
 138 228 Q178 184 170 128 Z" fill="{f}"/><ellipse cx="200" cy="128" rx="32" ry="9" fill="{d}"/><path d="M200 122 Q206
 70 242 46 M200 122 Q190 76 158 58" fill="none" stroke="#7e8d6a" stroke-width="5"/><ellipse cx="246" cy="46" rx="16"
 ry="9" fill="#9db09a"/><ellipse cx="154" cy="58" rx="16" ry="9" fill="#9db09a"/>""",
        "cushion": """<path d="M84 132 Q200 154 316 132 Q296 246 316 360 Q200 338 84 360 Q104 246 84 132 Z" fill="{f}"/>
<path d="M112 160 Q200 176 288 160 Q274 246 288 332 Q200 316 112 332 Q126 246 112 160 Z" fill="none" stroke="{d}"
 stroke-width="4" stroke-dasharray="3 9" stroke-linecap="round"/>""",
        "throw": """<path d="M84 148 H316 V330 H84 Z" fill="{f}"/><path d="M84 190 H316 M84 204 H316 M84 262 H316
 M84 276 H316" stroke="{l}" stroke-width="7"/><path d="M84 330 H316 V352 H84 Z" fill="{d}"/><path d="M96 352 V384
 M122 352 V384
 M148 352 V384 M174 352 V384 M200 352 V384 M226 352 V384 M252 352 V384 M278 352 V384 M304 352 V384" stroke="{d}"
 stroke-width="6"/>""",
        "towel": """<path d="M108 116 H270 V384 H108 Z" fill="{f}"/><path d="M270 116 Q304 124 296 164 V384 H270 Z"
 fill="{d}"/><path d="M108 328 H270 M108 346 H270" stroke="{l}" stroke-width="8"/>""",
        "bedding": """<path d="M70 238 Q70 196 116 196 H284 Q330 196 330 238 V350 H70 Z" fill="{f}"/><path d="M96 206
 Q92 156 140 156 H180 Q198 156 196 206 Z M204 206 Q202 156 220 156 H262 Q308 156 304 206 Z" fill="{l}" stroke="{d}"
 stroke-width="3"/><path d="M70 258 Q200 282 330 258" fill="none" stroke="{d}" stroke-width="5"/><path d="M70 350 H330
 V368 H70 Z" fill="{d}"/>""",
        "candle": """<rect x="124" y="206" width="152" height="170" rx="14" fill="{f}"/><ellipse cx="200" cy="208"
 rx="76" ry="18" fill="{l}"/><path d="M200 208 V176" stroke="#4a4037" stroke-width="5"/><path d="M200 118 Q228 156 200
 182 Q172 156 200 118 Z" fill="#e7b55a"/><rect x="154" y="268" width="92" height="58" rx="5" fill="{l}"
 opacity=".8"/>""",
        "board": """<path d="M142 188 Q142 166 178 164 V104 Q178 84 200 84 Q222 84 222 104 V164 Q258 166 258 188 V378
 Q258 398 238 398 H162 Q142 398 142 378 Z" fill="{f}"/><circle cx="200" cy="112" r="9" fill="{d}"/><path d="M164 200
 V380 M188 200 V386 M214 200 V384 M238 200 V378" stroke="{d}" stroke-width="3" opacity=".5"/>""",
        "basket": """<path d="M84 220 H316 L290 382 H110 Z" fill="{f}"/><path d="M122 220 Q124 118 200 118 Q276 118 278
 220" fill="none" stroke="{d}" stroke-width="12"/><path d="M88 252 H312 M93 286 H307 M98 320 H302 M104 352 H296"
 stroke="{d}" stroke-width="5" opacity=".7"/><path d="M80 206 H320 V228 H80 Z" fill="{d}"/>""",
        "apron": """<path d="M164 150 H236 Q238 214 292 226 V392 H108 V226 Q162 214 164 150 Z" fill="{f}"/><path d="M164
 152 Q160 84 200 84 Q240 84 236 152" fill="none" stroke="{d}" stroke-width="8"/><path d="M152 286 H248 V346 H152 Z"
 fill="{d}" opacity=".55"/><path d="M108 230 L62 254 M292 230 L338 254" stroke="{d}" stroke-width="7"/>""",
    }
)


def draw(shape: str, colour: str, alt: str) -> str:
    """An SVG of 400 x 480 with its ``alt`` as title. Raises KeyError for an unknown shape or colour."""
    fill = COLOURS[colour]
    body = _SHAPES[shape].format(f=fill, d=_mix(fill, "#1d2024", 0.28), l=_mix(fill, "#ffffff", 0.45))
    ground = _mix(fill, "#f6f4f0", 0.88)
    floor = _mix(fill, "#e7e3dc", 0.86)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 480" width="400" height="480" role="img">'
        f"<title>{alt}</title>"
        f'<rect width="400" height="480" fill="{ground}"/>'
        f'<ellipse cx="200" cy="408" rx="132" ry="14" fill="{floor}"/>'
        f'<g stroke-linejoin="round">{body}</g></svg>'
    )


def _mix(colour: str, other: str, share: float) -> str:
    parts = (
        round(int(colour[at : at + 2], 16) * (1 - share) + int(other[at : at + 2], 16) * share) for at in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02x}" for part in parts)
