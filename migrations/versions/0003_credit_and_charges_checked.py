"""credit and charges, checked: the rows that were there before as well."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version. SQLite has checked them already."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("SET lock_timeout = '5s'")
        for name in ("ck_refunds_method_known", "ck_refunds_bonus_is_credit"):
            op.execute(f"ALTER TABLE refunds VALIDATE CONSTRAINT {name}")


def downgrade() -> None:
    """Nothing to undo."""
