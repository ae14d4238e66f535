from __future__ import annotations

import threading

from demo.background import Background


def test_what_fails_once_goes_on_until_it_is_stopped() -> None:
    calls: list[int] = []
    enough = threading.Event()

    def work() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OSError
        if len(calls) > 2:
            enough.set()

    background = Background("test", work)
    background.start(0.001)
    background.start(0.001)
    assert enough.wait(5)
    background.stop()
    seen = len(calls)
    background.stop()
    assert len(calls) == seen
    assert not background.is_alive
