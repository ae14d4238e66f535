"""The store's own SQLite file: documents, orders, stock, keys, tokens, deliveries. Standard library only."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.sqlite_file import SqliteFile

SCHEMA = """
CREATE TABLE IF NOT EXISTS things (kind TEXT NOT NULL, id INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY, number INTEGER NOT NULL UNIQUE, email TEXT NOT NULL,
    created_at TEXT NOT NULL, updated_at TEXT NOT NULL, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_updated ON orders (updated_at, id);
CREATE INDEX IF NOT EXISTS orders_email ON orders (email);
CREATE TABLE IF NOT EXISTS owners (kind TEXT NOT NULL, id INTEGER NOT NULL, order_id INTEGER NOT NULL,
    PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS stock (
    item INTEGER NOT NULL, location INTEGER NOT NULL, available INTEGER NOT NULL, PRIMARY KEY (item, location)
);
CREATE TABLE IF NOT EXISTS moves (
    id INTEGER PRIMARY KEY, item INTEGER NOT NULL, location INTEGER NOT NULL, delta INTEGER NOT NULL,
    after INTEGER NOT NULL, reason TEXT NOT NULL, document TEXT NOT NULL, adjustment INTEGER NOT NULL, at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS attempts (
    field TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, outcome TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (field, key)
);
CREATE TABLE IF NOT EXISTS codes (code TEXT PRIMARY KEY, scope TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS grants (
    id INTEGER PRIMARY KEY, scope TEXT NOT NULL, refresh TEXT, refresh_expires_at TEXT,
    previous TEXT, previous_expires_at TEXT
);
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, grant_id INTEGER NOT NULL, expires_at TEXT);
CREATE TABLE IF NOT EXISTS subscriptions (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, uri TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, uri TEXT NOT NULL, webhook_id TEXT NOT NULL, event_id TEXT NOT NULL,
    triggered_at TEXT NOT NULL, body BLOB NOT NULL, attempts INTEGER NOT NULL, next_at TEXT, status TEXT NOT NULL,
    answers TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (status, next_at);
"""


def stamp(moment: datetime) -> str:
    """An instant as the state keeps it and GraphQL prints it: ISO 8601 in UTC, whole seconds, with Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> datetime:
    """The instant of a stamp."""
    return datetime.fromisoformat(text)


class State(SqliteFile):
    """The store's file. ``path`` may be ``:memory:``."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path, SCHEMA)

    def number(self, name: str, start: int) -> int:
        """The next number of a series."""
        with self.transaction():
            row = self.row("SELECT value FROM meta WHERE name = ?", f"next:{name}")
            value = int(row["value"]) if row else start
            self.write("INSERT OR REPLACE INTO meta VALUES (?, ?)", f"next:{name}", str(value + 1))
            return value

    def thing(self, kind: str, number: int) -> dict[str, Any] | None:
        """One document (Product, ProductVariant, Location, Customer)."""
        row = self.row("SELECT body FROM things WHERE kind = ? AND id = ?", kind, number)
        return dict(json.loads(row["body"])) if row else None

    def things(self, kind: str) -> list[dict[str, Any]]:
        """Every document of a kind, by id."""
        return [
            json.loads(row["body"]) for row in self.rows("SELECT body FROM things WHERE kind = ? ORDER BY id", kind)
        ]

    def put_thing(self, kind: str, body: dict[str, Any]) -> None:
        """Keep a document under its ``id``."""
        self.write("INSERT OR REPLACE INTO things VALUES (?, ?, ?)", kind, body["id"], json.dumps(body))

    def order(self, number: int) -> dict[str, Any] | None:
        """One order by its id."""
        row = self.row("SELECT body FROM orders WHERE id = ?", number)
        return dict(json.loads(row["body"])) if row else None

    def owner(self, kind: str, number: int) -> dict[str, Any] | None:
        """The order that a Refund, Fulfillment, OrderTransaction or LineItem belongs to."""
        row = self.row("SELECT order_id FROM owners WHERE kind = ? AND id = ?", kind, number)
        return self.order(row["order_id"]) if row else None

    def put_order(self, order: dict[str, Any]) -> None:
        """Keep an order and where its parts are found."""
        with self.transaction():
            self.write(
                "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                " email = excluded.email, updated_at = excluded.updated_at, body = excluded.body",
                order["id"],
                order["number"],
                order["email"].lower(),
                order["createdAt"],
                order["updatedAt"],
                json.dumps(order),
            )
            for kind, part in (
                ("Refund", "refunds"),
                ("Fulfillment", "fulfillments"),
                ("OrderTransaction", "transactions"),
                ("LineItem", "lineItems"),
            ):
                for one in order[part]:
                    self.write("INSERT OR IGNORE INTO owners VALUES (?, ?, ?)", kind, one["id"], order["id"])
