"""So that the merchant's inbox is not empty on the first day: a few shoppers return, the staff deal with some of it.

All of it goes through the product's own pages, as visitors use them. The persons of ``world.GUIDED`` are left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from demo import world
from demo.mailbox import Mail
from demo.plan import OWNER, PASSWORD, Plan
from demo.player import Choice, Shopper, Staff

RECENT = timedelta(days=24)
"""Delivered no longer ago, so inside every return window."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Why somebody returns, and how far the staff get: wait, receive, refund or decline."""

    reason: str
    then: str
    answers: dict[str, str] = field(default_factory=dict)


SCENES = (
    Scene("defective", "wait", {"seen_when": "on_opening"}),
    Scene("too_small", "refund"),
    Scene("style_not_liked", "receive"),
    Scene("damaged_in_transit", "wait"),
    Scene("changed_mind", "wait"),
    Scene("wrong_item", "decline"),
)


def play(plan: Plan, now: datetime) -> int:
    """Play every scene in both stores; gives how many returns there are now. Raises player.StepFailed."""
    count, mail = 0, Mail(plan.mail_folder)
    with Staff(plan.helloword_url, OWNER, PASSWORD) as staff:
        for store, page in zip(
            world.make_world(now).stores, (plan.woocommerce_returns, plan.shopify_returns), strict=True
        ):
            staff.work_in(store.name)
            for scene, order in zip(SCENES, _recent(store, now), strict=False):
                _play(scene, order, page, mail, staff)
                count += 1
    return count


def _recent(store: world.Store, now: datetime) -> Iterator[world.Order]:
    guided = {person.email for person in world.GUIDED}
    for order in reversed(store.orders):
        recent = order.delivered_at is not None and order.delivered_at > now - RECENT
        if recent and order.email not in guided and not any(line.product.final_sale for line in order.lines):
            yield order


def _play(scene: Scene, order: world.Order, returns_url: str, mail: Mail, staff: Staff) -> None:
    with Shopper(returns_url, mail, order.email, order.locale) as shopper:
        shopper.find(str(order.number))
        shopper.choose([Choice(order.lines[0].product.title, scene.reason, answers=scene.answers)])
        rma = shopper.rma(shopper.confirm())
    if scene.then == "wait":
        return
    staff.open(rma)
    if scene.then == "decline":
        staff.press(
            "decline", "The article we packed is the one you ordered. Send us a photo of it, and we look again."
        )
        return
    staff.press("receive")
    if scene.then == "refund":
        staff.inspect("new", "restock")
