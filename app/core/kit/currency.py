"""ISO 4217: how many decimals a currency has."""

from __future__ import annotations

from app.core.kit.errors import DomainError

_ZERO = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


class UnknownCurrency(DomainError):
    """Not three capital letters."""

    code = "currency_unknown"


def exponent(currency: str) -> int:
    """Decimals of a currency by ISO 4217: 0, 2 or 3 (HUF has 2, whatever a bank note shows).

    Raises UnknownCurrency if the code is not three capital letters.
    """
    if len(currency) != 3 or not currency.isascii() or not currency.isalpha() or not currency.isupper():
        raise UnknownCurrency(currency=currency)
    if currency in _ZERO:
        return 0
    return 3 if currency in _THREE else 2
