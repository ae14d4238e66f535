"""Helloword itself for the demo: its processes with the demo's settings, and both stores connected to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.bootstrap import make_container
from app.container import Container
from app.core.kit.ids import new_id
from app.core.merchants import repository as merchants
from app.core.merchants import service
from app.core.merchants.ports import StoreConnection
from app.core.merchants.rules import PlatformName, Role
from app.operations.doors import load_settings, python_path
from app.operations.house import answers_http, check_port, ready_house
from app.operations.supervisor import Part, Supervisor
from demo import world
from demo.plan import HOST, OWNER, PASSWORD, SHOP, Plan
from demo.stores import utc_now

ROOT = Path(__file__).resolve().parents[1]
ACTOR = "system"


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


def own_container() -> Container:
    """The product's parts for this process, with the settings of the house."""
    return make_container(load_settings())


def connect_stores(container: Container, plan: Plan) -> bool:
    """Connect both stores as a merchant does in the settings; False when they were connected before."""
    with container.database.read() as session:
        if len(merchants.connected(session)) == len(PlatformName):
            return False
    stores = world.make_world(utc_now())
    _connect(
        container,
        stores.woocommerce,
        plan.woocommerce_url,
        {
            "consumer_key": plan.consumer_key,
            "consumer_secret": plan.consumer_secret,
            "webhook_secret": plan.webhook_secret,
            "storefront_secret": plan.storefront_secret,
        },
        returns_url=plan.woocommerce_returns,
    )
    _connect(
        container,
        stores.shopify,
        f"https://{SHOP}",
        {"access_token": plan.access_token, "client_secret": plan.client_secret},
        returns_url=plan.shopify_returns,
    )
    return True


def _connect(
    container: Container, source: world.Store, url: str, credentials: dict[str, str], *, returns_url: str
) -> None:
    """Prove the credentials against the store, keep them, and set what a merchant sets on the first day."""
    platform, now = PlatformName(source.platform), container.clock.now()
    proved = StoreConnection(store_id=new_id(), url=url, credentials=credentials)
    facts = container.platforms[platform.value].facts(proved)
    place = source.address
    with container.database.write() as session:
        store = service.connect(session, container.vault, platform, url, credentials, facts, actor=ACTOR, now=now)
        service.enrol(session, store.id, OWNER, "Robin Owner", PASSWORD, Role.OWNER, now=now)
        address = {
            "name": f"{place.company} Returns",
            "line1": place.line1,
            "city": place.city,
            "postcode": place.postcode,
            "region": place.region_name,
            "country": place.country,
            "phone": place.phone,
        }
        service.set_return_address(session, store, address, actor=ACTOR, now=now)
        service.set_brand(session, store, colour=source.colour, logo_url="", actor=ACTOR, now=now)
        service.set_returns_url(session, store, returns_url, actor=ACTOR, now=now)
