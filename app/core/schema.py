"""Every table, so that migrations and tests know the whole schema; and the guards that no ORM can express.

A history row and the result of a finished outbox row are facts: triggers refuse to change or delete them.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from app.core.inventory import models as inventory
from app.core.kit.db import Base
from app.core.labels import models as labels
from app.core.merchants import models as merchants
from app.core.messaging import models as messaging
from app.core.orders import models as orders
from app.core.returns import models as returns

TABLES = (inventory, labels, merchants, messaging, orders, returns)

_SQLITE_GUARDS = (
    """CREATE TRIGGER history_entries_no_update BEFORE UPDATE ON history_entries
       BEGIN SELECT RAISE(ABORT, 'history is never changed'); END""",
    """CREATE TRIGGER history_entries_no_delete BEFORE DELETE ON history_entries
       BEGIN SELECT RAISE(ABORT, 'history is never deleted'); END""",
    """CREATE TRIGGER outbox_messages_no_update BEFORE UPDATE ON outbox_messages WHEN OLD.status = 'done'
       BEGIN SELECT RAISE(ABORT, 'the result of an effect is never changed'); END""",
    """CREATE TRIGGER outbox_messages_no_delete BEFORE DELETE ON outbox_messages WHEN OLD.status = 'done'
       BEGIN SELECT RAISE(ABORT, 'the result of an effect is never deleted'); END""",
)
_POSTGRES_GUARDS = (
    """CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION '% is never changed or deleted', TG_TABLE_NAME; END $$""",
    """CREATE TRIGGER history_entries_fixed BEFORE UPDATE OR DELETE ON history_entries
       FOR EACH ROW EXECUTE FUNCTION refuse_change()""",
    """CREATE TRIGGER outbox_messages_fixed BEFORE UPDATE OR DELETE ON outbox_messages
       FOR EACH ROW WHEN (OLD.status = 'done') EXECUTE FUNCTION refuse_change()""",
)


def add_guards(connection: Connection) -> None:
    """Put the triggers in place (after the tables are made)."""
    for statement in _SQLITE_GUARDS if connection.dialect.name == "sqlite" else _POSTGRES_GUARDS:
        connection.execute(text(statement))


def drop_guards(connection: Connection) -> None:
    """Take the triggers away (before the tables go)."""
    if connection.dialect.name == "sqlite":
        names = ("history_entries_no_update", "history_entries_no_delete")
        for name in (*names, "outbox_messages_no_update", "outbox_messages_no_delete"):
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
        return
    connection.exec_driver_sql("DROP TRIGGER IF EXISTS history_entries_fixed ON history_entries")
    connection.exec_driver_sql("DROP TRIGGER IF EXISTS outbox_messages_fixed ON outbox_messages")
    connection.exec_driver_sql("DROP FUNCTION IF EXISTS refuse_change()")


def create_all(connection: Connection) -> None:
    """The whole schema at once, as the migrations leave it (tests use this; a test holds the two together)."""
    Base.metadata.create_all(connection)
    add_guards(connection)
