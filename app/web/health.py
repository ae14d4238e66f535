"""``/health``: alive and able to reach the database; for load balancers and ``helloword up``."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from app.container import Container


def make_health(container: Container) -> Blueprint:
    """The health check."""
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/health")
    def health() -> Response:
        with container.database.read() as session:
            session.execute(text("SELECT 1"))
        return jsonify(status="ok")

    return blueprint
