"""ISO 4217: how many decimals a currency has."""

from __future__ import annotations

import re

from app.core.kit.errors import DomainError

_CODE = re.compile("[A-Z]{3}")
_ZERO = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


class UnknownCurrency(DomainError):
    """Not three capital letters."""

    code = "currency_unknown"


def exponent(currency: str) -> int:
    """Decimals of a currency by ISO 4217: 0, 2 or 3 (HUF has 2, whatever a bank note shows).

    Raises UnknownCurrency if the code is not three capital letters.
    """
    if _CODE.fullmatch(currency) is None:
        raise UnknownCurrency(currency=currency)
    if currency in _ZERO:
        return 0
    return 3 if currency in _THREE else 2
