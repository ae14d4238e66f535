"""What stands around a stand-in store in its tests: a clock, and something in the product's place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **how: float) -> None:
        self.time += timedelta(**how)


class App:
    """Stands in for the product: keeps what was sent to it and answers as told (200 when nothing was told)."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: list[httpx.Response] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        return self.answers.pop(0) if self.answers else httpx.Response(200, text="ok")
