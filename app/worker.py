"""The worker's door: ``python -m app.worker``, the same as ``helloword worker``."""

from __future__ import annotations

from app.operations.doors import load_settings, run_worker

if __name__ == "__main__":
    run_worker(load_settings())
