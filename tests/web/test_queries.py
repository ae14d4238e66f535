"""What a page asks the database does not grow with what the store, or the order, holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from app.container import Container
from app.core.merchants import service as merchants
from app.core.merchants.rules import Role
from app.core.returns import service
from app.web.app import create_pages
from app.web.portal.passes import Passes
from tests.builders import NOW, make_line, make_order, make_store, make_wish

EMAIL, PASSWORD = "mia@example.test", "correct horse battery"


class Shop:
    """A store with ``size`` returns, half of them of one order, which has ``size`` lines."""

    def __init__(self, container: Container, size: int) -> None:
        with container.database.write() as session:
            store = make_store(session)
            merchants.enrol(session, store.id, f"{size}-{EMAIL}", "Mia", PASSWORD, Role.OWNER, now=NOW)
            lines = [make_line(f"L{number}", quantity=size) for number in range(size)]
            large = make_order(session, store, *lines, ref="large", number="large")
            made = [service.submit(session, store, large, make_wish(large), now=NOW) for _ in range(size // 2)]
            for number in range(size - size // 2):
                order = make_order(session, store, ref=f"{number}", number=f"{number}")
                made.append(service.submit(session, store, order, make_wish(order), now=NOW))
            passes = Passes(container.settings.secret_key.get_secret_value(), container.clock)
            order_pass = passes.for_order(store.id, large.id, UUID(int=1))
            self.email = f"{size}-{EMAIL}"
            self.pages = {
                "portal: find": f"/r/{store.slug}/",
                "portal: order": f"/r/{store.slug}/order?t={order_pass}",
                "portal: items": f"/r/{store.slug}/items?t={order_pass}",
                "portal: status": f"/r/{store.slug}/status/{made[0].access_key}",
                "inbox": "/admin/?queue=all",
                "inbox: needs you": "/admin/",
                "inbox: search": "/admin/?queue=all&q=merino",
                "detail": f"/admin/returns/{made[0].id}",
            }

    def client(self, app: Flask) -> FlaskClient:
        client = app.test_client()
        assert client.post("/admin/sign-in", data={"email": self.email, "password": PASSWORD}).status_code == 302
        return client


@pytest.fixture
def app(container: Container) -> Flask:
    app = create_pages(container)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


@contextmanager
def counted(container: Container) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(container.database.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(container.database.engine, "before_cursor_execute", note)


def test_a_page_costs_the_same_queries_with_five_and_with_fifty_returns(container: Container, app: Flask) -> None:
    costs: list[dict[str, int]] = []
    for size in (5, 50):
        shop = Shop(container, size)
        client = shop.client(app)
        cost = {}
        for name, path in shop.pages.items():
            with counted(container) as statements:
                answer = client.get(path)
            assert answer.status_code == 200, (name, answer.text)
            cost[name] = len(statements)
        costs.append(cost)
    assert costs[0] == costs[1]
    assert max(costs[0].values()) <= 30, costs[0]
