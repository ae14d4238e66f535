"""The load: N keep-alive connections in one thread, each sending its next delivery when the last was answered.

    python -m benchmarks.client PORT PATH SECRET CONNECTIONS WARM_S MEASURE_S FIRST_NUMBER

Loopback only. Prints one JSON object: {"answers": {"202": n}, "per_s", "p50_ms", "p99_ms", "sent"}.
"""

from __future__ import annotations

import collections
import json
import selectors
import socket
import sys
import time

from benchmarks.deliveries import Deliveries

_ENOUGH = 65536


def main(port: int, path: str, secret: str, connections: int, warm_s: float, measure_s: float, first: int) -> None:
    """Run the load and print what came of it."""
    deliveries = Deliveries(path, secret)
    number = first
    waiting: dict[socket.socket, float] = {}
    answers: collections.Counter[str] = collections.Counter()
    times: list[float] = []
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            link = socket.create_connection(("127.0.0.1", port), timeout=10)
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(link, selectors.EVENT_READ)
            waiting[link] = time.perf_counter()
            link.sendall(deliveries.request(number))
            number += 1
        begun = time.perf_counter() + warm_s
        end = begun + measure_s
        while (now := time.perf_counter()) < end:
            for key, _ in selector.select(timeout=end - now):
                link = key.fileobj  # type: ignore[assignment]
                reply = _whole(link)
                now = time.perf_counter()
                if now >= begun:
                    answers[reply[9:12].decode()] += 1
                    times.append(now - waiting[link])
                request = deliveries.request(number)
                number += 1
                waiting[link] = time.perf_counter()
                link.sendall(request)
        for link in waiting:
            link.close()
    times.sort()
    told = {
        "answers": answers,
        "per_s": len(times) / measure_s,
        "p50_ms": times[len(times) // 2] * 1000,
        "p99_ms": times[len(times) * 99 // 100] * 1000,
        "sent": number - first,
    }
    print(json.dumps(told))


def _whole(link: socket.socket) -> bytes:
    reply = link.recv(_ENOUGH)
    while True:
        head, blank, body = reply.partition(b"\r\n\r\n")
        if blank:
            length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            if len(body) >= (int(length[0].split(b":")[1]) if length else 0):
                return reply
        more = link.recv(_ENOUGH)
        if not more:
            msg = "the server closed the connection"
            raise ConnectionError(msg)
        reply += more


if __name__ == "__main__":
    port, path, secret, connections, warm_s, measure_s, first = sys.argv[1:]
    main(int(port), path, secret, int(connections), float(warm_s), float(measure_s), int(first))
