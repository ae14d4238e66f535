"""The web door: ``granian --interface asginl app.asgi:app`` (or any other ASGI server)."""

from __future__ import annotations

from app.bootstrap import make_container, make_web
from app.operations.doors import load_settings

app = make_web(make_container(load_settings()))
