"""A label to print and a photo to look at: bytes, at our own address only."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, abort

from app.container import Container
from app.core.labels import repository as labels
from app.core.returns import repository
from app.core.returns.evidence import service as evidence
from app.web.portal.passes import Passes
from app.web.portal.place import place, reading


def register(blueprint: Blueprint, container: Container) -> None:
    """``label`` for whoever holds the return's link, ``photo`` for whoever holds a pass to it."""
    passes = Passes(container.settings.secret_key.get_secret_value(), container.clock)

    @blueprint.get("/label/<access_key>/<uuid:label_id>/<int:number>")
    def label(access_key: str, label_id: UUID, number: int) -> Response:
        store_id = place().store.id
        with reading(container) as session:
            returned = repository.by_access_key(session, store_id, access_key)
            mine = [row for row in labels.of_return(session, store_id, returned.id) if row.id == label_id]
        if not mine or mine[0].voided_at is not None or number >= len(mine[0].files):
            abort(404)
        file = mine[0].files[number]
        content = container.files.get(file["key"])
        if content is None:
            abort(404)
        ending = "pdf" if file["type"] == "application/pdf" else str(file["name"]).rpartition(".")[2]
        which = f"-{number + 1}" if number else ""
        return _bytes(content, file["type"], f"{returned.rma}{which}.{ending}")

    @blueprint.get("/photo/<ticket>")
    def photo(ticket: str) -> Response:
        store_id = place().store.id
        with reading(container) as session:
            row = evidence.get(session, store_id, passes.photo(ticket, store_id))
        content = container.files.get(row.file_key)
        if content is None:
            abort(404)
        return _bytes(content, row.content_type, "")


def _bytes(content: bytes, content_type: str, filename: str) -> Response:
    response = Response(content, mimetype=content_type)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    # A photo is shown inside the storefront's page, which is another origin.
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin" if filename else "cross-origin"
    if filename:
        response.headers["Content-Disposition"] = f'inline; filename="{filename}"'
    return response
