"""How WordPress prints: JSON as PHP escapes it, amounts with so many decimals, dates in the store's zone and in UTC."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from demo.woocommerce.state import instant, stamp


def php_json(value: Any) -> bytes:
    """What PHP's json_encode gives: nothing but ASCII, slashes escaped."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()


def exact(value: Any) -> Decimal:
    """A number or numeric text; anything else counts as 0, as in PHP's arithmetic."""
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return Decimal(0)
    return found if found.is_finite() else Decimal(0)


def fixed(amount: Any, decimals: int) -> str:
    """An amount with exactly so many decimals, a half away from zero; never ``-0.00``."""
    rounded = exact(amount).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    return f"{abs(rounded) if rounded == 0 else rounded:f}"


def php_number(value: Decimal | float) -> int | float:
    """A PHP float in JSON: ``19.0`` is printed as 19, ``67.142857`` with as few digits as tell it apart."""
    number = float(value)
    return int(number) if number.is_integer() else number


@dataclass(frozen=True, slots=True)
class View:
    """How one answer is printed. ``url``: the store's address, ``zone``: its time zone, ``decimals``: ``dp``."""

    url: str
    zone: tzinfo
    decimals: int = 2

    def with_decimals(self, decimals: int) -> View:
        """The same with another ``dp``."""
        return replace(self, decimals=decimals)

    def amount(self, value: Any) -> str:
        """Money as text."""
        return fixed(value, self.decimals)

    def local(self, text: str | None) -> str | None:
        """A stamp in the store's time zone, without an offset."""
        return None if text is None else instant(text).astimezone(self.zone).strftime("%Y-%m-%dT%H:%M:%S")

    def dates(self, document: Mapping[str, Any], *names: str) -> dict[str, str | None]:
        """``date_<name>`` and ``date_<name>_gmt`` of each of the document's stamps."""
        found: dict[str, str | None] = {}
        for name in names:
            found[f"date_{name}"] = self.local(document.get(name))
            found[f"date_{name}_gmt"] = document.get(name)
        return found

    def stamp(self, text: str, *, gmt: bool) -> str:
        """The stamp of a date that a caller sent: in the store's zone unless ``gmt``, or with an offset of its own."""
        moment = datetime.fromisoformat(text.replace(" ", "T").upper())
        return stamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC if gmt else self.zone))

    def links(self, path: str, *, own: tuple[str, ...] = ("GET", "POST", "PUT", "PATCH", "DELETE")) -> dict[str, Any]:
        """``_links`` of the thing at ``orders/23``: itself and its collection."""
        here = f"{self.url}/wp-json/wc/v3/{path}"
        return {
            "self": [{"href": here, "targetHints": {"allow": list(own)}}],
            "collection": [{"href": here.rpartition("/")[0]}],
        }

    def up(self, path: str) -> list[dict[str, str]]:
        """A link to what stands above."""
        return [{"href": f"{self.url}/wp-json/wc/v3/{path}"}]
