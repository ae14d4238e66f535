"""The web application over fakes, and a store in it."""

from __future__ import annotations

import pytest
from flask import Flask

from app.container import Container
from app.web.app import create_pages
from tests.web.admin.shop import Shop


@pytest.fixture
def app(container: Container) -> Flask:
    app = create_pages(container)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    return app


@pytest.fixture
def shop(container: Container) -> Shop:
    return Shop(container)
