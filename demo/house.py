"""Helloword's own processes with the demo's settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.operations.doors import python_path
from app.operations.house import answers_http, check_port, ready_house
from app.operations.supervisor import Part, Supervisor
from demo.plan import HOST, Plan

ROOT = Path(__file__).resolve().parents[1]


def settle(plan: Plan) -> None:
    """Make this process and its children belong to the demo: its folder, its settings, nobody else's.

    What a developer has set for a real installation, in the environment or in ``.env``, must not reach a demo.
    """
    for name in [name for name in os.environ if name.upper().startswith("HELLOWORD_")]:
        del os.environ[name]
    plan.folder.mkdir(parents=True, exist_ok=True)
    os.chdir(plan.folder)
    os.environ |= {
        "HELLOWORD_SMTP_URL": f"smtp://{HOST}:{plan.smtp_port}",
        "HELLOWORD_MAIL_FROM": "returns@helloword.example",
        "HELLOWORD_SHOPIFY_API_BASE": plan.shopify_url,
        "HELLOWORD_PUBLIC_URL": plan.helloword_url,
        "HELLOWORD_INSECURE_COOKIES": "true",
        "HELLOWORD_LOG_LEVEL": "warning",
    }


@contextmanager
def demo_house(plan: Plan, *, with_stores: bool) -> Iterator[Supervisor]:
    """Helloword's processes, prepared but not started; ``with_stores`` adds the stores as one more.

    Raises CannotStart: a taken port, a folder that cannot be written.
    """
    parts: Sequence[Part] = ()
    if with_stores:
        for name, port in plan.ports.items():
            if name != "port":  # Helloword's own is looked at with the rest of the house
                check_port(HOST, port)
        environment = {"DEMO_PLAN": plan.to_json(), "PYTHONPATH": python_path()}
        ready = answers_http(f"{plan.mailbox_url}/")
        parts = (Part("stores", (sys.executable, "-m", "demo.stores"), environment, ready=ready, first=True),)
    with ready_house(plan.folder, host=HOST, port=plan.port, extra=parts) as house:
        yield house
