"""Trouble on request, for tests: only reachable from Python, never over HTTP."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Faults:
    """How many of the next Admin API calls go wrong, and how. Each call uses up the first kind that is left."""

    throttled: int = 0
    """Answers with HTTP 200 and THROTTLED, nothing done."""
    too_many: int = 0
    """Answers with HTTP 429 and Retry-After, nothing done."""
    retry_after: str = "1.0"
    server_errors: int = 0
    """Answers with HTTP 500, nothing done."""
    resets: int = 0
    """The call takes effect, then the connection breaks before the answer."""
    errors_after: int = 0
    """The call takes effect, then the answer is HTTP 500."""
    late: int = 0
    """The call takes effect, then the answer comes ``late_seconds`` late."""
    late_seconds: float = 2.0
    pending_refunds: int = 0
    """Refunds whose gateway has not confirmed yet."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def use(self, name: str) -> bool:
        """Whether this fault is due now; uses one up."""
        with self._lock:
            left = getattr(self, name)
            if left > 0:
                setattr(self, name, left - 1)
            return bool(left > 0)

    def clear(self) -> None:
        """No more trouble."""
        self.throttled = self.too_many = self.server_errors = self.resets = 0
        self.errors_after = self.late = self.pending_refunds = 0

    def wait(self) -> None:
        """Be late."""
        time.sleep(self.late_seconds)
