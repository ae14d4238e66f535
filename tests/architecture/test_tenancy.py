from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Index, Table, UniqueConstraint, create_engine, text

from tests.architecture.tenancy import forgotten, tenant_tables, watching

WORK_QUEUES_AND_SIGN_IN = {
    # The drains ask for the oldest waiting rows, whoever they belong to.
    "ix_inbox_events_waiting",
    "ix_outbox_messages_waiting",
    # Sign-in asks which stores a person works in: the one question that starts from the person.
    "ix_memberships_account_id",
}
TENANTS = [pytest.param(table, id=name) for name, table in sorted(tenant_tables().items())]


def unique_constraints(table: Table) -> list[UniqueConstraint]:
    return [one for one in table.constraints if isinstance(one, UniqueConstraint)]


def first_column(index: Index) -> str:
    return str(getattr(next(iter(index.expressions)), "name", index.expressions[0]))


def test_there_are_tenant_tables() -> None:
    assert {"returns", "orders", "inbox_events", "outbox_messages", "history_entries"} <= tenant_tables().keys()


@pytest.mark.parametrize("table", TENANTS)
def test_the_primary_key_of_a_tenant_table_begins_with_the_store(table: Table) -> None:
    assert next(iter(table.primary_key.columns)).name == "store_id"


@pytest.mark.parametrize("table", TENANTS)
def test_what_is_unique_in_a_tenant_table_is_unique_per_store(table: Table) -> None:
    wrong = [one.name for one in unique_constraints(table) if next(iter(one.columns)).name != "store_id"]
    assert wrong == []


@pytest.mark.parametrize("table", TENANTS)
def test_every_index_of_a_tenant_table_begins_with_the_store(table: Table) -> None:
    wrong = {str(index.name) for index in table.indexes if first_column(index) != "store_id"}
    assert wrong - WORK_QUEUES_AND_SIGN_IN == set()


def test_every_exception_is_still_needed() -> None:
    names = {str(index.name) for table in tenant_tables().values() for index in table.indexes}
    assert names >= WORK_QUEUES_AND_SIGN_IN


@pytest.mark.parametrize("table", TENANTS)
def test_a_foreign_key_between_tenant_tables_stays_within_the_store(table: Table) -> None:
    wrong = [
        key.name
        for key in table.foreign_key_constraints
        if key.referred_table.name in tenant_tables() and "store_id" not in key.column_keys
    ]
    assert wrong == []


# --- the watcher itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT returns.store_id, returns.id FROM returns WHERE returns.store_id = ? AND returns.id = ?",
        'SELECT r.id FROM returns AS r WHERE r."store_id" = ?',
        "UPDATE returns SET version=? WHERE returns.store_id = ? AND returns.id = ?",
        "DELETE FROM returns WHERE store_id = ?",
        "INSERT INTO returns (store_id, id) VALUES (?, ?)",
        "SELECT orders.id FROM orders JOIN returns ON returns.store_id = orders.store_id WHERE orders.store_id = ?",
        "SELECT count(*) FROM (SELECT returns.id FROM returns WHERE returns.store_id = ? LIMIT 5) AS few",
        "SELECT inbox_events.body FROM inbox_events WHERE inbox_events.available_at <= ? ORDER BY available_at LIMIT ?",
        "SELECT m.role FROM memberships AS m JOIN stores ON stores.id = m.store_id WHERE m.account_id = ?",
        "SELECT refunds.id FROM refunds WHERE (refunds.store_id, refunds.return_id) IN (VALUES (?, ?)) ORDER BY id",
        "SELECT stores.id FROM stores ORDER BY stores.id",
        "PRAGMA table_info(returns)",
    ],
)
def test_a_query_that_names_its_store_passes(statement: str) -> None:
    assert forgotten(statement) == ()


@pytest.mark.parametrize(
    ("statement", "tables"),
    [
        ("SELECT returns.store_id, returns.id FROM returns WHERE returns.id = ?", ("returns",)),
        ("SELECT returns.id FROM returns ORDER BY returns.store_id", ("returns",)),
        ("UPDATE returns SET store_id=? WHERE returns.id = ?", ("returns",)),
        ("DELETE FROM history_entries", ("history_entries",)),
        ("SELECT r.id FROM returns r WHERE r.id = ?", ("returns",)),
        ("SELECT inbox_events.body FROM inbox_events WHERE inbox_events.topic = ?", ("inbox_events",)),
        (
            "SELECT orders.id FROM orders JOIN returns ON returns.order_id = orders.id WHERE orders.store_id = ?",
            ("returns",),
        ),
        (
            "SELECT 1 FROM orders WHERE orders.store_id = ? AND orders.id IN (SELECT order_id FROM returns)",
            ("returns",),
        ),
    ],
)
def test_a_query_that_forgets_its_store_is_named(statement: str, tables: tuple[str, ...]) -> None:
    assert forgotten(statement) == tables


def test_what_product_code_forgets_is_caught_and_what_a_test_asks_is_not(tmp_path: Path) -> None:
    engine = create_engine("sqlite://")
    statement = "SELECT id FROM returns"
    ours: dict[str, object] = {}
    source = "def ask(connection, text):\n    return connection.execute(text).all()\n"
    product = Path(__file__).resolve().parents[2] / "app" / "core" / "returns" / "made_up.py"
    exec(compile(source, str(product), "exec"), ours)  # noqa: S102 (code that claims to be the product's)
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE returns (id INTEGER)"))
        with watching() as found:
            connection.execute(text(statement)).all()
            assert found == []
            ours["ask"](connection, text(statement))  # type: ignore[operator]
    engine.dispose()
    assert found == [f"app/core/returns/made_up.py:2: returns without store_id: {statement}"]
