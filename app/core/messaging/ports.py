"""What messaging needs from outside: somebody to judge a delivery, and a bell to ring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.core.kit.errors import DomainError, Kind


class ForgedDelivery(DomainError):
    """The signature is missing or wrong."""

    code = "delivery_forged"
    kind = Kind.FORBIDDEN


class MalformedDelivery(DomainError):
    """Signed, but not what the platform sends (a header missing, a body that is no JSON object)."""

    code = "delivery_malformed"
    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that passed. ``dedup_key`` is the platform's true one (at most 200 characters); ``event_key`` names
    the business event when several deliveries can carry the same one; ``occurred_at`` is the platform's own clock.
    """

    topic: str
    dedup_key: str
    event_key: str | None = None
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """Not an event: the platform tries the address out. Answer 2xx and store nothing."""


class WebhookGate(Protocol):
    """Judges raw deliveries of one platform."""

    def open(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Delivery | Ping:
        """Verify ``body`` (raw bytes) against each of ``secrets`` in constant time, before anything is parsed.

        Header names are looked up without regard to case. Raises ForgedDelivery, MalformedDelivery.
        """
        ...


class Doorbell(Protocol):
    """Tells the workers that rows wait. The rows are the truth: a lost ring costs seconds, never an event."""

    def ring(self) -> None:
        """Wake a worker for what waits in inbox and outbox. Never raises: a broken queue must not fail a request."""
        ...
