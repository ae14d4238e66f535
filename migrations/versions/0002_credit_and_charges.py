"""credit and charges: a refund says how it goes back, its bonus and its code."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CHECKS = {
    "ck_refunds_method_known": "method IN ('original', 'store_credit')",
    "ck_refunds_bonus_is_credit": "bonus_minor >= 0 AND (bonus_minor = 0 OR method = 'store_credit')",
}


def columns() -> tuple[sa.Column[Any], ...]:
    """Fresh ones each time: a column belongs to one table."""
    return (
        sa.Column("method", sa.String(length=32), server_default="original", nullable=False),
        sa.Column("bonus_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("credit_code", sa.String(length=60), nullable=True),
    )


def upgrade() -> None:
    """To this version."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("SET lock_timeout = '5s'")
        for column in columns():
            op.add_column("refunds", column)
        for name, condition in CHECKS.items():  # the rows that are there are checked by the next one, without a lock
            op.execute(f"ALTER TABLE refunds ADD CONSTRAINT {name} CHECK ({condition}) NOT VALID")
        return
    with op.batch_alter_table("refunds") as batch:
        for column in columns():
            batch.add_column(column)
        for name, condition in CHECKS.items():
            batch.create_check_constraint(op.f(name), condition)


def downgrade() -> None:
    """Back to the version before."""
    with op.batch_alter_table("refunds") as batch:
        for name in CHECKS:
            batch.drop_constraint(op.f(name), type_="check")
        for column in columns():
            batch.drop_column(column.name)
