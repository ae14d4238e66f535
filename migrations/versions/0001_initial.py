"""initial."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.core.schema import add_guards, drop_guards

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this version."""
    if op.get_context().dialect.name == "postgresql":
        op.execute("SET lock_timeout = '5s'")
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email", name=op.f("uq_accounts_email")),
    )
    op.create_table(
        "stores",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("platform", sa.String(length=32), nullable=False),
        sa.Column("url", sa.String(length=255), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("support_email", sa.String(length=254), nullable=True),
        sa.Column("return_address", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("brand", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("returns_url", sa.String(length=255), nullable=True),
        sa.Column("location_ref", sa.String(length=120), nullable=True),
        sa.Column("reconciled_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("platform IN ('shopify', 'woocommerce')", name=op.f("ck_stores_platform_known")),
        sa.CheckConstraint("status IN ('connected', 'disconnected')", name=op.f("ck_stores_status_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stores")),
        sa.UniqueConstraint("slug", name=op.f("uq_stores_slug")),
        sa.UniqueConstraint("url", name=op.f("uq_stores_url")),
    )
    op.create_table(
        "history_entries",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("machine", sa.String(length=16), nullable=True),
        sa.Column("from_state", sa.String(length=32), nullable=True),
        sa.Column("event", sa.String(length=48), nullable=False),
        sa.Column("to_state", sa.String(length=32), nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_history_entries_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_history_entries")),
    )
    with op.batch_alter_table("history_entries", schema=None) as batch_op:
        batch_op.create_index("ix_history_entries_store_id_subject_id", ["store_id", "subject_id", "id"], unique=False)

    op.create_table(
        "inbox_events",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("dedup_key", sa.String(length=200), nullable=False),
        sa.Column("topic", sa.String(length=100), nullable=False),
        sa.Column("event_key", sa.String(length=200), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_inbox_events_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "dedup_key", name=op.f("pk_inbox_events")),
    )
    with op.batch_alter_table("inbox_events", schema=None) as batch_op:
        batch_op.create_index(
            "ix_inbox_events_event",
            ["store_id", "event_key"],
            unique=False,
            postgresql_where=sa.text("event_key IS NOT NULL"),
            sqlite_where=sa.text("event_key IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_inbox_events_kept",
            ["store_id", "received_at"],
            unique=False,
            postgresql_where=sa.text("length(body) > 0"),
            sqlite_where=sa.text("length(body) > 0"),
        )
        batch_op.create_index(
            "ix_inbox_events_waiting",
            ["available_at"],
            unique=False,
            postgresql_where=sa.text("handled_at IS NULL"),
            sqlite_where=sa.text("handled_at IS NULL"),
        )

    op.create_table(
        "labels",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("outbox_id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("tracking_number", sa.String(length=120), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("cost_currency", sa.String(length=3), nullable=True),
        sa.Column("files", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_labels_store_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_labels")),
        sa.UniqueConstraint("store_id", "outbox_id", name=op.f("uq_labels_store_id_outbox_id")),
    )
    with op.batch_alter_table("labels", schema=None) as batch_op:
        batch_op.create_index("ix_labels_store_id_return_id", ["store_id", "return_id"], unique=False)
        batch_op.create_index("ix_labels_store_id_tracking_number", ["store_id", "tracking_number"], unique=False)

    op.create_table(
        "memberships",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'agent', 'warehouse')", name=op.f("ck_memberships_role_known")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_memberships_account_id")),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_memberships_store_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("store_id", "account_id", name=op.f("pk_memberships")),
    )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index("ix_memberships_account_id", ["account_id"], unique=False)

    op.create_table(
        "orders",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("number_key", sa.String(length=60), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("customer_ref", sa.String(length=120), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("shop_currency", sa.String(length=3), nullable=False),
        sa.Column("exchange_rate", sa.Numeric(precision=24, scale=12), nullable=False),
        sa.Column("prices_include_tax", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("tags", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("ship_to", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("bill_to", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_elsewhere_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("platform_updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("refunded_elsewhere_minor >= 0", name=op.f("ck_orders_refunded_elsewhere_positive")),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= paid_minor", name=op.f("ck_orders_refunded_within_paid")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_orders_store_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_orders")),
        sa.UniqueConstraint("store_id", "ref", name=op.f("uq_orders_store_id_ref")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index("ix_orders_store_id_email_key", ["store_id", "email_key"], unique=False)
        batch_op.create_index("ix_orders_store_id_number_key", ["store_id", "number_key"], unique=False)

    op.create_table(
        "outbox_messages",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("lane", sa.String(length=80), nullable=False),
        sa.Column("once_key", sa.String(length=200), nullable=True),
        sa.Column("payload", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'leased', 'unknown', 'done', 'dead', 'cancelled')",
            name=op.f("ck_outbox_messages_status_known"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_outbox_messages_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_outbox_messages")),
        sa.UniqueConstraint("store_id", "once_key", name=op.f("uq_outbox_messages_store_id_once_key")),
    )
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_messages_store_id_lane_id", ["store_id", "lane", "id"], unique=False)
        batch_op.create_index("ix_outbox_messages_store_id_status", ["store_id", "status", "created_at"], unique=False)
        batch_op.create_index(
            "ix_outbox_messages_waiting",
            ["available_at"],
            unique=False,
            postgresql_where=sa.text("status IN ('pending', 'leased', 'unknown')"),
            sqlite_where=sa.text("status IN ('pending', 'leased', 'unknown')"),
        )

    op.create_table(
        "return_policies",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_return_policies_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "version", name=op.f("pk_return_policies")),
    )
    op.create_table(
        "stock_movements",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("return_line_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.BigInteger(), nullable=False),
        sa.Column("outbox_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(length=120), nullable=False),
        sa.Column("location_ref", sa.String(length=120), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=200), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'booked', 'not_counted', 'failed')", name=op.f("ck_stock_movements_status_known")
        ),
        sa.CheckConstraint("quantity <> 0", name=op.f("ck_stock_movements_quantity_moves")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_stock_movements_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_stock_movements")),
        sa.UniqueConstraint(
            "store_id", "return_line_id", "unit", name=op.f("uq_stock_movements_store_id_return_line_id_unit")
        ),
    )
    with op.batch_alter_table("stock_movements", schema=None) as batch_op:
        batch_op.create_index("ix_stock_movements_store_id_outbox_id", ["store_id", "outbox_id"], unique=False)

    op.create_table(
        "store_credentials",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("ciphertext", sa.Text(), nullable=False),
        sa.Column("previous_ciphertext", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_store_credentials_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "name", name=op.f("pk_store_credentials")),
    )
    op.create_table(
        "access_challenges",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["orders.store_id", "orders.id"],
            name=op.f("fk_access_challenges_store_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_access_challenges_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_access_challenges")),
    )
    with op.batch_alter_table("access_challenges", schema=None) as batch_op:
        batch_op.create_index(
            "ix_access_challenges_store_id_order_id", ["store_id", "order_id", "created_at"], unique=False
        )

    op.create_table(
        "order_fulfillments",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("lines", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("carrier", sa.String(length=80), nullable=False),
        sa.Column("tracking_number", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"],
            ["orders.store_id", "orders.id"],
            name=op.f("fk_order_fulfillments_store_id_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_order_fulfillments_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_order_fulfillments")),
        sa.UniqueConstraint("store_id", "order_id", "ref", name=op.f("uq_order_fulfillments_store_id_order_id_ref")),
    )
    op.create_table(
        "order_lines",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("variant_title", sa.String(length=400), nullable=False),
        sa.Column("sku", sa.String(length=120), nullable=False),
        sa.Column("product_ref", sa.String(length=120), nullable=False),
        sa.Column("variant_ref", sa.String(length=120), nullable=False),
        sa.Column("stock_ref", sa.String(length=120), nullable=False),
        sa.Column("options", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("image_url", sa.String(length=1000), nullable=False),
        sa.Column("tags", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True),
        sa.Column("vendor", sa.String(length=200), nullable=False),
        sa.Column("product_type", sa.String(length=200), nullable=False),
        sa.Column("hs_code", sa.String(length=20), nullable=False),
        sa.Column("origin_country", sa.String(length=2), nullable=False),
        sa.Column("weight_g", sa.BigInteger(), nullable=True),
        sa.Column("requires_shipping", sa.Boolean(), nullable=False),
        sa.Column("gift_card", sa.Boolean(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("discount_minor", sa.BigInteger(), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("duty_minor", sa.BigInteger(), nullable=False),
        sa.Column("taxes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("requested", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("received", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("accepted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("restocked", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("refunded_elsewhere", sa.BigInteger(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "accepted >= 0 AND accepted <= received", name=op.f("ck_order_lines_accepted_within_received")
        ),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_order_lines_quantity_positive")),
        sa.CheckConstraint(
            "received >= 0 AND received <= requested", name=op.f("ck_order_lines_received_within_requested")
        ),
        sa.CheckConstraint(
            "refunded >= 0 AND refunded <= requested", name=op.f("ck_order_lines_refunded_within_requested")
        ),
        sa.CheckConstraint("requested >= 0 AND refunded_elsewhere >= 0", name=op.f("ck_order_lines_counters_positive")),
        sa.CheckConstraint(
            "restocked >= 0 AND restocked <= received", name=op.f("ck_order_lines_restocked_within_received")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name=op.f("fk_order_lines_store_id_order_id")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_order_lines_store_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_order_lines")),
        sa.UniqueConstraint("store_id", "order_id", "ref", name=op.f("uq_order_lines_store_id_order_id_ref")),
    )
    op.create_table(
        "order_payments",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("gateway", sa.String(length=80), nullable=False),
        sa.Column("instrument", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("refundable_by_gateway", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name=op.f("fk_order_payments_store_id_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_order_payments_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_order_payments")),
        sa.UniqueConstraint("store_id", "order_id", "ref", name=op.f("uq_order_payments_store_id_order_id_ref")),
    )
    op.create_table(
        "order_refunds",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("shipping_minor", sa.BigInteger(), nullable=False),
        sa.Column("our_key", sa.String(length=60), nullable=True),
        sa.Column("lines", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name=op.f("fk_order_refunds_store_id_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_order_refunds_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_order_refunds")),
        sa.UniqueConstraint("store_id", "order_id", "ref", name=op.f("uq_order_refunds_store_id_order_id_ref")),
    )
    op.create_table(
        "order_shipping",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("net_minor", sa.BigInteger(), nullable=False),
        sa.Column("taxes", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name=op.f("fk_order_shipping_store_id_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_order_shipping_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_order_shipping")),
        sa.UniqueConstraint("store_id", "order_id", "ref", name=op.f("uq_order_shipping_store_id_order_id_ref")),
    )
    op.create_table(
        "returns",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("rma", sa.String(length=20), nullable=False),
        sa.Column("submit_key", sa.String(length=64), nullable=False),
        sa.Column("access_key", sa.String(length=64), nullable=False),
        sa.Column("order_number", sa.String(length=60), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("shopper_name", sa.String(length=200), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("outcome_wished", sa.String(length=20), nullable=False),
        sa.Column("decision", sa.String(length=32), nullable=False),
        sa.Column("parcel", sa.String(length=32), nullable=False),
        sa.Column("settlement", sa.String(length=32), nullable=False),
        sa.Column("reasons", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.Column("quoted_minor", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("search_text", sa.String(length=1000), nullable=False),
        sa.Column("send_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "decision IN ('pending', 'review', 'approved', 'declined', 'withdrawn')",
            name=op.f("ck_returns_decision_known"),
        ),
        sa.CheckConstraint(
            "parcel IN ('none', 'labelled', 'in_transit', 'received', 'inspected', 'lost', 'expired', 'cancelled')",
            name=op.f("ck_returns_parcel_known"),
        ),
        sa.CheckConstraint(
            "settlement IN ('none', 'pending', 'refunded', 'credited', 'exchanged', 'failed')",
            name=op.f("ck_returns_settlement_known"),
        ),
        sa.CheckConstraint("quoted_minor >= 0 AND units > 0", name=op.f("ck_returns_amounts_positive")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name=op.f("fk_returns_store_id_order_id")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_returns_store_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_returns")),
        sa.UniqueConstraint("store_id", "access_key", name=op.f("uq_returns_store_id_access_key")),
        sa.UniqueConstraint("store_id", "rma", name=op.f("uq_returns_store_id_rma")),
        sa.UniqueConstraint("store_id", "submit_key", name=op.f("uq_returns_store_id_submit_key")),
    )
    with op.batch_alter_table("returns", schema=None) as batch_op:
        batch_op.create_index("ix_returns_store_id_country", ["store_id", "country"], unique=False)
        batch_op.create_index("ix_returns_store_id_decision", ["store_id", "decision", "id"], unique=False)
        batch_op.create_index("ix_returns_store_id_order_id", ["store_id", "order_id"], unique=False)
        batch_op.create_index("ix_returns_store_id_parcel", ["store_id", "parcel", "id"], unique=False)
        batch_op.create_index("ix_returns_store_id_settlement", ["store_id", "settlement", "id"], unique=False)
        batch_op.create_index(
            "ix_returns_store_id_states", ["store_id", "decision", "parcel", "settlement"], unique=False
        )

    op.create_table(
        "refunds",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("outbox_id", sa.Uuid(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("components", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=True),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('pending', 'issued', 'failed')", name=op.f("ck_refunds_status_known")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_refunds_amount_positive")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"], name=op.f("fk_refunds_store_id_order_id")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "return_id"], ["returns.store_id", "returns.id"], name=op.f("fk_refunds_store_id_return_id")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["stores.id"], name=op.f("fk_refunds_store_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("store_id", "outbox_id", name=op.f("uq_refunds_store_id_outbox_id")),
    )
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.create_index("ix_refunds_store_id_order_id", ["store_id", "order_id"], unique=False)
        batch_op.create_index("ix_refunds_store_id_return_id", ["store_id", "return_id"], unique=False)

    op.create_table(
        "return_lines",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("return_id", sa.Uuid(), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("answers", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_return_lines_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["store_id", "order_line_id"],
            ["order_lines.store_id", "order_lines.id"],
            name=op.f("fk_return_lines_store_id_order_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "return_id"],
            ["returns.store_id", "returns.id"],
            name=op.f("fk_return_lines_store_id_return_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_return_lines_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_return_lines")),
        sa.UniqueConstraint(
            "store_id", "return_id", "order_line_id", name=op.f("uq_return_lines_store_id_return_id_order_line_id")
        ),
    )
    with op.batch_alter_table("return_lines", schema=None) as batch_op:
        batch_op.create_index("ix_return_lines_store_id_order_line_id", ["store_id", "order_line_id"], unique=False)

    op.create_table(
        "return_photos",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("return_line_id", sa.Uuid(), nullable=True),
        sa.Column("draft_key", sa.String(length=64), nullable=False),
        sa.Column("order_line_id", sa.Uuid(), nullable=False),
        sa.Column("file_key", sa.String(length=200), nullable=False),
        sa.Column("content_type", sa.String(length=40), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id", "order_line_id"],
            ["order_lines.store_id", "order_lines.id"],
            name=op.f("fk_return_photos_store_id_order_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "return_line_id"],
            ["return_lines.store_id", "return_lines.id"],
            name=op.f("fk_return_photos_store_id_return_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_return_photos_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "id", name=op.f("pk_return_photos")),
    )
    with op.batch_alter_table("return_photos", schema=None) as batch_op:
        batch_op.create_index("ix_return_photos_store_id_draft_key", ["store_id", "draft_key"], unique=False)
        batch_op.create_index("ix_return_photos_store_id_return_line_id", ["store_id", "return_line_id"], unique=False)

    op.create_table(
        "return_units",
        sa.Column("store_id", sa.Uuid(), nullable=False),
        sa.Column("return_line_id", sa.Uuid(), nullable=False),
        sa.Column("unit", sa.BigInteger(), nullable=False),
        sa.Column("grade", sa.String(length=32), nullable=False),
        sa.Column("disposition", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("inspected_by", sa.String(length=80), nullable=False),
        sa.Column("inspected_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "disposition IN ('restock', 'b_stock', 'refurbish', 'return_to_vendor', 'donate', 'recycle', 'send_back', 'none')",
            name=op.f("ck_return_units_disposition_known"),
        ),
        sa.CheckConstraint(
            "grade IN ('new', 'opened', 'minor_fault', 'damaged', 'wrong_item', 'missing')",
            name=op.f("ck_return_units_grade_known"),
        ),
        sa.CheckConstraint("unit >= 0", name=op.f("ck_return_units_unit_positive")),
        sa.ForeignKeyConstraint(
            ["store_id", "return_line_id"],
            ["return_lines.store_id", "return_lines.id"],
            name=op.f("fk_return_units_store_id_return_line_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_return_units_store_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("store_id", "return_line_id", "unit", name=op.f("pk_return_units")),
    )
    add_guards(op.get_bind())


def downgrade() -> None:
    """Back."""
    drop_guards(op.get_bind())
    op.drop_table("return_units")
    with op.batch_alter_table("return_photos", schema=None) as batch_op:
        batch_op.drop_index("ix_return_photos_store_id_return_line_id")
        batch_op.drop_index("ix_return_photos_store_id_draft_key")

    op.drop_table("return_photos")
    with op.batch_alter_table("return_lines", schema=None) as batch_op:
        batch_op.drop_index("ix_return_lines_store_id_order_line_id")

    op.drop_table("return_lines")
    with op.batch_alter_table("refunds", schema=None) as batch_op:
        batch_op.drop_index("ix_refunds_store_id_return_id")
        batch_op.drop_index("ix_refunds_store_id_order_id")

    op.drop_table("refunds")
    with op.batch_alter_table("returns", schema=None) as batch_op:
        batch_op.drop_index("ix_returns_store_id_states")
        batch_op.drop_index("ix_returns_store_id_settlement")
        batch_op.drop_index("ix_returns_store_id_parcel")
        batch_op.drop_index("ix_returns_store_id_order_id")
        batch_op.drop_index("ix_returns_store_id_decision")
        batch_op.drop_index("ix_returns_store_id_country")

    op.drop_table("returns")
    op.drop_table("order_shipping")
    op.drop_table("order_refunds")
    op.drop_table("order_payments")
    op.drop_table("order_lines")
    op.drop_table("order_fulfillments")
    with op.batch_alter_table("access_challenges", schema=None) as batch_op:
        batch_op.drop_index("ix_access_challenges_store_id_order_id")

    op.drop_table("access_challenges")
    op.drop_table("store_credentials")
    with op.batch_alter_table("stock_movements", schema=None) as batch_op:
        batch_op.drop_index("ix_stock_movements_store_id_outbox_id")

    op.drop_table("stock_movements")
    op.drop_table("return_policies")
    with op.batch_alter_table("outbox_messages", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_messages_waiting",
            postgresql_where=sa.text("status IN ('pending', 'leased', 'unknown')"),
            sqlite_where=sa.text("status IN ('pending', 'leased', 'unknown')"),
        )
        batch_op.drop_index("ix_outbox_messages_store_id_status")
        batch_op.drop_index("ix_outbox_messages_store_id_lane_id")

    op.drop_table("outbox_messages")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index("ix_orders_store_id_number_key")
        batch_op.drop_index("ix_orders_store_id_email_key")

    op.drop_table("orders")
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_index("ix_memberships_account_id")

    op.drop_table("memberships")
    with op.batch_alter_table("labels", schema=None) as batch_op:
        batch_op.drop_index("ix_labels_store_id_tracking_number")
        batch_op.drop_index("ix_labels_store_id_return_id")

    op.drop_table("labels")
    with op.batch_alter_table("inbox_events", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_inbox_events_waiting",
            postgresql_where=sa.text("handled_at IS NULL"),
            sqlite_where=sa.text("handled_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_inbox_events_kept",
            postgresql_where=sa.text("length(body) > 0"),
            sqlite_where=sa.text("length(body) > 0"),
        )
        batch_op.drop_index(
            "ix_inbox_events_event",
            postgresql_where=sa.text("event_key IS NOT NULL"),
            sqlite_where=sa.text("event_key IS NOT NULL"),
        )

    op.drop_table("inbox_events")
    with op.batch_alter_table("history_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_history_entries_store_id_subject_id")

    op.drop_table("history_entries")
    op.drop_table("stores")
    op.drop_table("accounts")
