"""A store (the tenant), its connection to its platform, and the people who work in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.kit.db import Base, EnumText, JsonType, Tenant, UtcDateTime, one_of
from app.core.merchants.rules import PlatformName, Role, StoreStatus


class Store(Base):
    """One store: the tenant. ``url`` is its root (``https://acme.myshopify.com``), ``slug`` names it in our links.

    ``return_address`` is an address (see ``orders.ports.Address.as_dict``) or None until the merchant gives one.
    ``returns_url``: the returns page inside the storefront; None means our own address of it.
    ``brand``: {"colour": "#1b5e4b", "logo_url": "..."}; both optional.
    """

    __tablename__ = "stores"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    platform: Mapped[PlatformName] = mapped_column(EnumText(PlatformName))
    url: Mapped[str] = mapped_column(String(255), unique=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    status: Mapped[StoreStatus] = mapped_column(EnumText(StoreStatus), default=StoreStatus.CONNECTED)
    locale: Mapped[str] = mapped_column(String(16), default="en")
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    country: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(String(3))
    support_email: Mapped[str | None] = mapped_column(String(254))
    return_address: Mapped[dict[str, Any] | None] = mapped_column(JsonType)
    brand: Mapped[dict[str, Any]] = mapped_column(JsonType, default=dict)
    returns_url: Mapped[str | None] = mapped_column(String(255))
    location_ref: Mapped[str | None] = mapped_column(String(120))
    reconciled_to: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())

    __table_args__ = (one_of("platform", PlatformName), one_of("status", StoreStatus))


class StoreCredential(Base, Tenant):
    """One secret of a store's connection, encrypted. ``previous`` stays valid while a rotation is under way."""

    __tablename__ = "store_credentials"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    ciphertext: Mapped[str] = mapped_column(Text)
    previous_ciphertext: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime())


class Account(Base):
    """A person of a merchant's staff. ``password_hash`` is Argon2id."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(16), default="en")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


class Membership(Base, Tenant):
    """An account's role in one store."""

    __tablename__ = "memberships"

    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(EnumText(Role))

    __table_args__ = (
        one_of("role", Role),
        # Sign-in asks which stores a person belongs to: the one question that starts from the person.
        Index("ix_memberships_account_id", "account_id"),
    )
