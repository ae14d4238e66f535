"""Mail servers that run while a test does."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from app.providers.local_files import LocalFiles
from app.providers.mail.smtp import SmtpNotifier
from tests.providers.mail.postbox import LABEL, Post, make_notifier


@pytest.fixture
def start() -> Iterator[Callable[..., Post]]:
    """Starts mail servers; arguments go to aiosmtpd."""
    running: list[Controller] = []

    def run(**settings: Any) -> Post:
        post = Post()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            post.port = free.getsockname()[1]
        controller = Controller(post, hostname="127.0.0.1", port=post.port, **settings)
        controller.start()
        running.append(controller)
        return post

    yield run
    for controller in running:
        controller.stop()


@pytest.fixture
def post(start: Callable[..., Post]) -> Post:
    """A mail server without encryption, as in a demo."""
    return start(enable_SMTPUTF8=True)


@pytest.fixture
def files(tmp_path: Path) -> LocalFiles:
    """A file store with the label in it."""
    store = LocalFiles(tmp_path / "files")
    store.put(LABEL.file_key, b"%PDF-1.4 label")
    return store


@pytest.fixture
def notifier(post: Post, files: LocalFiles) -> SmtpNotifier:
    """Sends to ``post``."""
    return make_notifier(f"smtp://127.0.0.1:{post.port}", files)
