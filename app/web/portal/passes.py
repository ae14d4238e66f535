"""Signed, short-lived passes: what a step of the way has proved, carried to the next one without a cookie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from itsdangerous import BadSignature, URLSafeTimedSerializer

from app.core.kit.clock import Clock
from app.core.kit.errors import DomainError, Kind

LIFE_SECONDS = 60 * 60
SKEW_SECONDS = 60
"""So far may the clocks of two web processes differ."""


class PassRefused(DomainError):
    """Forged, out of time, of another store or made for another purpose."""

    code = "expired"
    kind = Kind.FORBIDDEN


@dataclass(frozen=True, slots=True)
class OrderPass:
    """The order that was proved, and by which challenge."""

    order_id: UUID
    challenge_id: UUID


class Passes:
    """Makes and reads passes. A pass names its store; another store's is refused."""

    def __init__(self, secret_key: str, clock: Clock) -> None:
        """``secret_key`` signs; each purpose has its own salt."""
        self._secret_key = secret_key
        self._clock = clock

    def for_challenge(self, store_id: UUID, challenge_id: UUID) -> str:
        """To the page that asks for the code."""
        return self._sign("challenge", {"s": str(store_id), "c": str(challenge_id)})

    def challenge(self, text: str, store_id: UUID) -> tuple[UUID, float]:
        """The challenge, and how many seconds ago its pass was made. Raises PassRefused."""
        value, age = self._open("challenge", text, store_id)
        return UUID(value["c"]), age

    def for_order(self, store_id: UUID, order_id: UUID, challenge_id: UUID) -> str:
        """To everything that may be done with one order."""
        return self._sign("order", {"s": str(store_id), "o": str(order_id), "c": str(challenge_id)})

    def order(self, text: str, store_id: UUID) -> OrderPass:
        """The order that may be returned. Raises PassRefused."""
        value, _ = self._open("order", text, store_id)
        return OrderPass(UUID(value["o"]), UUID(value["c"]))

    def for_photo(self, store_id: UUID, photo_id: UUID) -> str:
        """To look at one photo."""
        return self._sign("photo", {"s": str(store_id), "p": str(photo_id)})

    def photo(self, text: str, store_id: UUID) -> UUID:
        """The photo that may be looked at. Raises PassRefused."""
        value, _ = self._open("photo", text, store_id)
        return UUID(value["p"])

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self._secret_key, salt=f"returns-portal:{purpose}:1")

    def _sign(self, purpose: str, value: dict[str, str]) -> str:
        # The moment is written by our own clock: the library would ask the machine's.
        return str(self._serializer(purpose).dumps(value | {"t": int(self._clock.now().timestamp())}))

    def _open(self, purpose: str, text: str, store_id: UUID) -> tuple[dict[str, Any], float]:
        try:
            value: dict[str, Any] = self._serializer(purpose).loads(text)
        except BadSignature as error:
            raise PassRefused from error
        age = (self._clock.now() - datetime.fromtimestamp(int(value["t"]), UTC)).total_seconds()
        if value["s"] != str(store_id) or not -SKEW_SECONDS <= age <= LIFE_SECONDS:
            raise PassRefused
        return value, age
