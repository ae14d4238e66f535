"""Both stores connected to Helloword, as a merchant does it in the settings on the first day."""

from __future__ import annotations

from app.bootstrap import make_container
from app.container import Container
from app.core.kit.ids import new_id
from app.core.merchants import repository as merchants
from app.core.merchants import service
from app.core.merchants.ports import StoreConnection
from app.core.merchants.rules import PlatformName, Role
from app.operations.doors import load_settings
from demo import world
from demo.plan import OWNER, PASSWORD, SHOP, Plan
from demo.stores import utc_now

ACTOR = "system"


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
