"""The web door: ``granian --interface wsgi app.wsgi:app`` (or any other WSGI server)."""

from __future__ import annotations

from app.bootstrap import make_container, make_web
from app.operations.doors import load_settings

app = make_web(make_container(load_settings()))
