"""The closed set of ways in which the core says no.

    DomainError            a fact about the business; has a stable ``code`` and a ``kind``
    ProviderError          an outside party failed; says whether a second try makes sense

``web/errors.py`` alone maps a kind to an HTTP status and a code to translated words.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What sort of refusal a :class:`DomainError` is."""

    NOT_FOUND = "not_found"
    INVALID = "invalid"
    CONFLICT = "conflict"
    FORBIDDEN = "forbidden"
    UNAVAILABLE = "unavailable"


class DomainError(Exception):
    """A refusal with a stable ``code``.

    Subclasses set ``code`` and ``kind``; ``field`` names the input it belongs to (for a form), ``details`` are
    values for the translated sentence. Raising one inside a unit of work rolls everything back.
    """

    code: str = "error"
    kind: Kind = Kind.INVALID

    def __init__(self, *, field: str | None = None, **details: Any) -> None:
        super().__init__(self.code)
        self.field = field
        self.details = details

    def __str__(self) -> str:
        shown = ", ".join(f"{k}={v!r}" for k, v in self.details.items())
        return f"{self.code}({shown})" if shown else self.code


class ProviderError(Exception):
    """All that an adapter of an outside party (store, carrier, mail, translator) may raise.

    ``retryable``: the same call may succeed later. ``outcome_unknown``: the call may have taken effect, so look our
    reference up before trying again. ``code`` is the vendor's own code if it gave one; ``message`` is written for a
    merchant to act on and never holds a secret.
    """

    def __init__(
        self,
        vendor: str,
        message: str,
        *,
        code: str | None = None,
        retryable: bool = False,
        outcome_unknown: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{vendor}: {message}")
        self.vendor = vendor
        self.message = message
        self.code = code
        self.retryable = retryable or outcome_unknown
        self.outcome_unknown = outcome_unknown
        self.retry_after = retry_after
