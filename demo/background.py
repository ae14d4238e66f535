"""Something done again and again in a thread of its own, until told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable


class Background:
    """Calls ``work`` every so often. An exception is told and does not end it."""

    def __init__(self, name: str, work: Callable[[], object]) -> None:
        self._name = name
        self._work = work
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, every: float) -> None:
        """Begin, ``every`` seconds; nothing when it runs already."""
        if self.is_alive:
            return
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, args=(every,), name=self._name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it and wait for it."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None

    def _run(self, every: float) -> None:
        while not self._stop.wait(every):
            try:
                self._work()
            except Exception:
                logging.getLogger("demo").exception("%s goes on after:", self._name)
