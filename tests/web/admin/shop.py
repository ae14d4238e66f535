"""A store with a person signed in and returns in the states that a test wants."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient

from app.container import Container
from app.core.kit.ids import new_id
from app.core.merchants import repository as stores
from app.core.merchants import service as merchants
from app.core.merchants.rules import Role
from app.core.returns import repository, service
from app.core.returns.receiving import service as receiving
from app.core.returns.receiving.rules import Disposition, Grade
from app.core.returns.rules import Decision
from tests.builders import NOW, make_line, make_order, make_store, make_wish

PASSWORD = "correct horse battery"
STAFF = f"staff:{UUID(int=7)}"


class Shop:
    """A store with a return address, a person in a role, and as many returns as are asked for."""

    def __init__(self, container: Container, role: Role = Role.OWNER, **store: Any) -> None:
        self.container, self.email = container, f"{new_id().hex}@example.test"
        with container.database.write() as session:
            made = make_store(session, **store)
            self.id = made.id
            merchants.enrol(session, made.id, self.email, "Mia Owner", PASSWORD, role, now=NOW)

    def ask(self, number: str, *, days_ago: int = 0, reason: str = "wrong_item", currency: str = "EUR") -> UUID:
        at = NOW - timedelta(days=days_ago)
        with self.container.database.write() as session:
            order = make_order(
                session, stores.store(session, self.id), make_line(currency=currency), currency=currency,
                ref=number, number=number, placed_at=at,
            )  # fmt: skip
            wish = make_wish(order, 1, reason)
            return service.submit(session, stores.store(session, self.id), order, wish, now=at).id

    def change(self, return_id: UUID, *steps: Any) -> None:
        for step in steps:
            with self.container.database.write() as session:
                step(session, stores.store(session, self.id), repository.get(session, self.id, return_id))

    def decision(self, return_id: UUID) -> Decision:
        with self.container.database.read() as session:
            return repository.get(session, self.id, return_id).decision


def receive(session: Any, store: Any, returned: Any) -> None:
    receiving.receive(session, store, returned, actor=STAFF, now=NOW - timedelta(days=2))


def grade(session: Any, store: Any, returned: Any) -> None:
    units = [receiving.GradedUnit(returned.lines[0].id, 0, Grade.NEW, Disposition.DONATE)]
    receiving.inspect(session, store, returned, units, actor=STAFF, now=NOW)


def sign_in(app: Flask, shop: Shop) -> FlaskClient:
    client = app.test_client()
    assert client.post("/admin/sign-in", data={"email": shop.email, "password": PASSWORD}).status_code == 302
    return client
