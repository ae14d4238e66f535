"""Trouble on request, for tests: reachable only from Python, never over HTTP."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

_COUNTERS = (
    *("too_many", "server_errors", "html_errors", "resets", "errors_after", "late"),
    *("gateway_declines", "gateway_crashes", "owner_lost_rights"),
)


@dataclass(slots=True)
class Faults:
    """How many of the next API calls go wrong, and how. ``only``: just calls with this method (empty: all).

    Each call uses up one of the first kind that is left.
    """

    too_many: int = 0
    """HTTP 429 with Retry-After, nothing done."""
    retry_after: str = "1"
    server_errors: int = 0
    """HTTP 500 with WordPress's crash page as JSON (code internal_server_error), nothing done."""
    html_errors: int = 0
    """HTTP 500 as an HTML page, nothing done."""
    resets: int = 0
    """The call takes effect, then the connection breaks before the answer."""
    errors_after: int = 0
    """The call takes effect, then the answer is HTTP 500 as an HTML page."""
    late: int = 0
    """The call takes effect, then the answer comes ``late_seconds`` late."""
    late_seconds: float = 2.0
    gateway_declines: int = 0
    """Refunds that the payment gateway refuses; nothing is booked."""
    gateway_crashes: int = 0
    """Refunds that are booked with their reason, after which PHP dies while it asks the gateway: no meta data is
    written, and the answer is HTTP 500 as an HTML page."""
    owner_lost_rights: int = 0
    """Webhook deliveries whose body is a signed error object, because the key's owner may no longer read orders."""
    only: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def use(self, name: str, method: str = "") -> bool:
        """Whether this fault is due now; uses one up."""
        with self._lock:
            left = int(getattr(self, name))
            if left <= 0 or (self.only and method and method != self.only):
                return False
            setattr(self, name, left - 1)
            return True

    def clear(self) -> None:
        """No more trouble."""
        for name in _COUNTERS:
            setattr(self, name, 0)
        self.only = ""

    def wait(self) -> None:
        """Be late."""
        time.sleep(self.late_seconds)
