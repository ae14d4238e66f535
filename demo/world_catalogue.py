"""The articles of the two demo stores, about twenty each, with what customs wants to know of them."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import Final

from demo.world import FINAL_SALE, Image, Product, Variant
from demo.world_images import draw

_CLOTHES: Final = ("XS", "S", "M", "L", "XL")
_WIDE: Final = ("S", "M", "L")
_SHOES: Final = ("36", "37", "38", "39", "40", "41", "42", "43", "44")
_BED: Final = ("135 x 200", "155 x 220", "200 x 200")


@dataclass(frozen=True, slots=True)
class _Row:
    """``price`` in minor units of the store's currency, ``hs`` six digits of the Harmonized System 2022."""

    title: str
    shape: str
    type: str
    price: int
    sizes: tuple[str, ...]
    colours: tuple[str, ...]
    weight: int
    hs: str
    origin: str
    vendor: str
    tags: tuple[str, ...]
    text: str


_LINTANG: Final = (
    _Row("Merino Sweater", "sweater", "Knitwear", 7990, _CLOTHES, ("Black", "Oatmeal", "Wine"), 420, "611011", "CN",
         "Lintang", ("wool", "winter"), "Fine merino, knitted in one piece with a close collar. Runs true to size."),
    _Row("Cable Cardigan", "sweater", "Knitwear", 9450, _CLOTHES, ("Cream", "Forest"), 640, "611011", "CN",
         "Lintang", ("wool", "winter"), "Thick cable knit with horn buttons. Cut wide: take one size down."),
    _Row("Organic Cotton Tee", "tee", "Tops", 2490, _CLOTHES, ("White", "Black", "Sage", "Clay"), 180, "610910", "BD",
         "Lintang Basics", ("cotton", "basics"), "Heavy organic jersey, pre-washed so that it keeps its size."),
    _Row("Linen Shirt", "shirt", "Tops", 5990, _CLOTHES, ("White", "Sky", "Sand"), 240, "620590", "CN",
         "Lintang", ("linen", "summer"), "Washed linen with mother-of-pearl buttons. Softens with every wash."),
    _Row("Oxford Shirt", "shirt", "Tops", 4990, _CLOTHES, ("Sky", "White"), 260, "620520", "VN",
         "Lintang Basics", ("cotton",), "Button-down collar, cotton oxford cloth, straight hem."),
    _Row("Tiered Linen Dress", "dress", "Dresses", 8900, _CLOTHES, ("Clay", "Navy", "Sage"), 380, "620449", "CN",
         "Lintang", ("linen", "summer"), "Falls loose from the waist in two tiers, with pockets in the side seams."),
    _Row("Knit Midi Dress", "dress", "Dresses", 7490, _WIDE, ("Black", "Rust"), 460, "610442", "CN",
         "Lintang", ("cotton",), "Ribbed cotton, close to the body. Stretches half a size."),
    _Row("Pleated Skirt", "skirt", "Skirts", 5490, _WIDE, ("Camel", "Black"), 340, "620453", "CN",
         "Lintang", ("office",), "Pressed pleats that stay, elastic at the back of the waist."),
    _Row("Wide Leg Trousers", "trousers", "Trousers", 6450, _CLOTHES, ("Olive", "Black", "Sand"), 430, "620462", "CN",
         "Lintang", ("cotton",), "High waist, wide leg, cotton twill. Length 104 cm in every size."),
    _Row("Straight Jeans", "trousers", "Trousers", 7900, ("28", "30", "32", "34", "36"), ("Indigo", "Black"), 690,
         "620342", "TR", "Lintang Denim", ("denim",), "Rigid denim that gives about one size after a few days."),
    _Row("Quilted Jacket", "jacket", "Outerwear", 12900, _CLOTHES, ("Forest", "Navy"), 820, "620240", "CN",
         "Lintang", ("winter",), "Light filling of recycled polyester, two deep pockets, warm to about 5 degrees."),
    _Row("Rain Parka", "jacket", "Outerwear", 14900, _CLOTHES, ("Olive", "Black"), 940, "620240", "VN",
         "Lintang", ("outdoor",), "Taped seams, two-way zip, a hood that turns with the head."),
    _Row("Silk Scarf", "scarf", "Accessories", 3550, (), ("Wine", "Sky"), 60, "621410", "CN",
         "Lintang", ("silk", "gift"), "Mulberry silk twill, hand-rolled edge, 70 x 70 cm."),
    _Row("Wool Beanie", "hat", "Accessories", 2250, (), ("Slate", "Rust", "Cream"), 90, "650500", "CN",
         "Lintang", ("wool", "winter"), "Double-layered rib knit in one size."),
    _Row("Leather Belt", "belt", "Accessories", 3900, ("85", "95", "105"), ("Camel", "Black"), 210, "420330", "IT",
         "Lintang", ("leather",), "Full-grain leather, brass buckle. The number is the waist in centimetres."),
    _Row("Bamboo Socks, three pairs", "socks", "Accessories", 1650, ("36-39", "40-43", "44-46"), ("Slate", "Clay"), 120,
         "611596", "CN", "Lintang Basics", ("basics", FINAL_SALE), "Soft toes, no seam. Not returnable, for hygiene."),
    _Row("Canvas Sneakers", "sneaker", "Shoes", 6990, _SHOES, ("White", "Navy"), 760, "640419", "VN",
         "Lintang Shoes", ("shoes",), "Canvas on natural rubber. Runs half a size large."),
    _Row("Chelsea Boots", "boot", "Shoes", 13900, _SHOES, ("Black", "Camel"), 1180, "640391", "PT",
         "Lintang Shoes", ("shoes", "leather"), "Calf leather, elastic sides, a sole that can be replaced."),
    _Row("City Backpack", "backpack", "Bags", 8450, (), ("Black", "Olive"), 720, "420292", "CN",
         "Lintang", ("bags",), "Water-repellent, padded sleeve for a 15-inch laptop, 18 litres."),
    _Row("Leather Handbag", "handbag", "Bags", 15900, (), ("Camel", "Wine"), 880, "420221", "IT",
         "Lintang", ("bags", "leather"), "Vegetable-tanned, with a long strap to take off."),
    _Row("Summer Sandals", "sandal", "Shoes", 4950, _SHOES, ("Sand", "Black"), 480, "640359", "PT",
         "Lintang Shoes", ("shoes", "summer", FINAL_SALE), "Last pairs of the season, sold without return."),
)  # fmt: skip

_OAK: Final = (
    _Row("Stoneware Mug", "mug", "Tableware", 2400, (), ("Sand", "Slate", "White"), 410, "691200", "PT",
         "Oak & Tern", ("kitchen",), "Hand-thrown, holds 350 ml, safe for dishwasher and microwave."),
    _Row("Serving Bowl", "bowl", "Tableware", 4800, (), ("Sage", "Cream"), 980, "691200", "PT",
         "Oak & Tern", ("kitchen",), "28 cm across, glazed inside, raw clay outside."),
    _Row("Dinner Plates, set of four", "plate", "Tableware", 7200, (), ("White", "Slate"), 2600, "691110", "CN",
         "Oak & Tern", ("kitchen",), "Porcelain with a narrow rim, 26 cm."),
    _Row("Bud Vase", "vase", "Decor", 3400, (), ("Clay", "Sage"), 520, "691310", "CN",
         "Oak & Tern", ("decor", "gift"), "For one branch or three stems, 19 cm high."),
    _Row("Soy Candle", "candle", "Decor", 2650, ("Cedar", "Fig", "Sea salt"), ("Cream",), 430, "340600", "US",
         "Oak & Tern", ("decor", "gift", FINAL_SALE), "Burns for about 45 hours. Sold without return."),
    _Row("Linen Cushion Cover", "cushion", "Textiles", 3900, ("45 x 45", "60 x 40"), ("Oatmeal", "Forest", "Rust"), 190,
         "630492", "IN", "Oak & Tern", ("home", "linen"), "Stone-washed linen with a hidden zip, without filling."),
    _Row("Lambswool Throw", "throw", "Textiles", 11800, (), ("Slate", "Blush"), 900, "630120", "GB",
         "Oak & Tern", ("home", "wool"), "Woven of new wool, 130 x 190 cm, fringed."),
    _Row("Waffle Towel", "towel", "Textiles", 2900, ("Hand", "Bath"), ("White", "Sage", "Clay"), 320, "630291", "TR",
         "Oak & Tern", ("bath", "cotton"), "Dries fast and folds small."),
    _Row("Percale Bedding", "bedding", "Textiles", 12900, _BED, ("White", "Sky"), 1500, "630231", "PT",
         "Oak & Tern", ("home", "cotton"), "Crisp cotton percale, one duvet cover and one pillow case."),
    _Row("Bamboo Board", "board", "Kitchen", 3200, ("Small", "Large"), ("Natural",), 780, "441911", "CN",
         "Oak & Tern", ("kitchen",), "One piece, oiled, with a hole to hang it."),
    _Row("Seagrass Basket", "basket", "Storage", 4200, ("M", "L"), ("Natural",), 640, "460219", "VN",
         "Oak & Tern", ("home",), "Woven by hand, stands on its own."),
    _Row("Linen Apron", "apron", "Kitchen", 4400, (), ("Indigo", "Oatmeal"), 260, "621143", "LT",
         "Oak & Tern", ("kitchen", "linen"), "Crossed straps, no knot, two pockets."),
    _Row("Cotton Robe", "robe", "Loungewear", 8900, _WIDE, ("White", "Slate"), 980, "620891", "TR",
         "Oak & Tern", ("bath", "cotton"), "Terry inside, smooth outside. Cut generously."),
    _Row("Jersey Lounge Set", "tee", "Loungewear", 6900, _CLOTHES, ("Sage", "Black"), 480, "610831", "PT",
         "Oak & Tern", ("cotton",), "Loose top and trousers of brushed jersey."),
    _Row("Chunky Cardigan", "sweater", "Knitwear", 12400, _WIDE, ("Camel", "Cream"), 860, "611011", "CN",
         "Oak & Tern", ("wool",), "Heavy wool with patch pockets, for evenings outside."),
    _Row("Felt Slippers", "sandal", "Shoes", 4600, ("37", "39", "41", "43"), ("Slate", "Rust"), 380, "640520", "PT",
         "Oak & Tern", ("shoes", "wool"), "Wool felt on cork. Runs one size small."),
    _Row("Market Tote", "tote", "Bags", 3800, (), ("Natural", "Navy"), 340, "420222", "IN",
         "Oak & Tern", ("bags",), "Heavy canvas, long handles, an inner pocket."),
    _Row("Card Wallet", "wallet", "Accessories", 4500, (), ("Camel", "Black"), 70, "420231", "IT",
         "Oak & Tern", ("leather", "gift"), "Four cards, a few notes, nothing else."),
    _Row("Cashmere Scarf", "scarf", "Accessories", 9800, (), ("Oatmeal", "Wine"), 180, "621420", "NP",
         "Oak & Tern", ("winter", "gift"), "Woven cashmere, 30 x 180 cm."),
    _Row("Garden Jacket", "jacket", "Outerwear", 13600, _CLOTHES, ("Olive",), 1100, "620140", "CN",
         "Oak & Tern", ("outdoor",), "Waxed cotton blend with pockets for everything."),
)  # fmt: skip


def lintang(rng: random.Random) -> tuple[Product, ...]:
    """The WooCommerce store's products; prices in EUR cents."""
    return tuple(_product(row, "LN", rng) for row in _LINTANG)


def oak_and_tern(rng: random.Random) -> tuple[Product, ...]:
    """The Shopify store's products; prices in US cents."""
    return tuple(_product(row, "OT", rng) for row in _OAK)


def slug(text: str) -> str:
    """``Merino Sweater`` -> ``merino-sweater``."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower().replace("&", "and")).strip("-")


def _product(row: _Row, prefix: str, rng: random.Random) -> Product:
    key = slug(row.title)
    images = tuple(
        Image(f"{key}-{slug(colour)}.svg", f"{row.title}, {colour}", draw(row.shape, colour, f"{row.title}, {colour}"))
        for colour in row.colours
    )
    options: list[tuple[str, tuple[str, ...]]] = []
    if row.sizes:
        name = "Scent" if row.shape == "candle" else "Size"
        options.append((name, row.sizes))
    if len(row.colours) > 1:
        options.append(("Colour", row.colours))
    variants = tuple(
        _variant(row, prefix, size, colour, image, rng)
        for size in row.sizes or ("",)
        for colour, image in zip(row.colours, images, strict=True)
    )
    return Product(key, row.title, row.text, row.vendor, row.type, row.tags, images, tuple(options), variants)


def _variant(row: _Row, prefix: str, size: str, colour: str, image: Image, rng: random.Random) -> Variant:
    chosen: list[tuple[str, str]] = []
    if size:
        chosen.append(("Scent" if row.shape == "candle" else "Size", size))
    if len(row.colours) > 1:
        chosen.append(("Colour", colour))
    words = "".join(word[0] for word in re.findall(r"[A-Za-z]+", row.title))[:3].upper() + row.hs[2:4]
    parts = [prefix, words, slug(size).upper(), colour[:3].upper()]
    large = size in {"Bath", "Large", "L"} and row.type in {"Textiles", "Kitchen", "Storage"}
    return Variant(
        sku="-".join(part for part in parts if part),
        options=tuple(chosen),
        price=row.price * 3 // 2 if large else row.price,
        stock=rng.choice((0, 2, 4, 7, 9, 12, 15, 18, 24, 30)),
        weight_g=row.weight,
        hs_code=row.hs,
        origin=row.origin,
        image=image.name,
        barcode=_ean13(f"299{rng.randrange(10**9):09d}"),
    )


def _ean13(digits: str) -> str:
    """Twelve digits and the check digit; 2xx is the range for use inside a shop."""
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"
