"""Photos that came with the form: kept as drafts at once, so that no later problem loses them."""

from __future__ import annotations

from uuid import UUID

from flask import g, request

from app.container import Container
from app.core.kit.errors import DomainError
from app.core.returns import repository
from app.core.returns.evidence import service as evidence
from app.core.returns.evidence.service import MAX_PHOTOS, TooManyPhotos
from app.web.errors import sentence
from app.web.portal.forms import Draft, Problem
from app.web.portal.place import reading


def take(container: Container, draft: Draft, store_id: UUID) -> None:
    """Drop what was ticked for removal, keep what was sent; what cannot be kept is a problem of its line."""
    _drop(container, draft, store_id)
    sent = {
        line_id: [file for file in request.files.getlist(f"photos-{line_id}") if file.filename]
        for line_id, entry in draft.entries.items()
        if entry.chosen
    }
    if not any(sent.values()):
        return
    with reading(container) as session:
        known = repository.draft_photos(session, store_id, draft.submit_key)
    for line_id, uploads in sent.items():
        room = MAX_PHOTOS - sum(1 for photo in known if photo.order_line_id == line_id)
        for number, upload in enumerate(uploads):
            try:
                if number >= room:
                    raise TooManyPhotos
                written = evidence.write(container.files, store_id, upload.stream.read())
                with container.database.write() as session:
                    evidence.keep(session, store_id, draft.submit_key, line_id, written, now=container.clock.now())
            except DomainError as error:
                words = _words(error, upload.filename or "")
                draft.problems.append(Problem(f"photos-{line_id}", words, draft.entries[line_id].line.title))
                break


def _drop(container: Container, draft: Draft, store_id: UUID) -> None:
    wanted = []
    for text in request.form.getlist("drop"):
        try:
            wanted.append(UUID(text))
        except ValueError:
            continue
    if not wanted:
        return
    with container.database.write() as session:
        keys = [evidence.drop(session, store_id, draft.submit_key, photo_id) for photo_id in wanted[:50]]
    for key in filter(None, keys):
        container.files.delete(key)


def _words(error: DomainError, filename: str) -> str:
    if isinstance(error, TooManyPhotos):
        return str(g.voice.gettext("Please send no more than %(num)s photos of one item.", num=MAX_PHOTOS))
    words = sentence(g.voice, error.code)
    return f"{filename[:80]}: {words}" if filename else words
