"""``bin/demo --once``: the main job, headless, through the real processes, judged step by step, told as tables.

In each store a signed delivery and a return, from the shopper's page to the money and the stock; then requests that
the rules decline, one that a person decides, one that is taken back; at the end every delivery again, backwards.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from PIL import Image

from app.container import Container
from app.core.kit.money import Money
from app.core.labels import repository as labels
from app.core.merchants import repository as merchants
from app.core.messaging import history, inbox, outbox
from app.core.orders import repository as orders
from app.core.returns import repository as returns
from demo import timeline
from demo.connect import connect_stores, own_container
from demo.house import demo_house, settle
from demo.plan import OWNER, PASSWORD, Plan
from demo.player import Choice, Shopper, Staff, StepFailed, until
from demo.storefront.shop import Shop
from demo.stores import Stores

RECORDED_ORDER, RECORDED_EMAIL = "23", "kunde@example.test"
GPS = 0x8825  # where EXIF says where a photo was taken


@dataclass(slots=True)
class Side:
    """One store from its own side, and as the product knows it."""

    name: str
    shop: Shop
    store_id: UUID
    returns_url: str
    refunds: Callable[[str], int]


@dataclass(slots=True)
class Play:
    """The stage: the running house, both stores, the staff, and what has been found so far."""

    stores: Stores
    container: Container
    staff: Staff
    woocommerce: Side
    shopify: Side
    wrong: list[str] = field(default_factory=list)
    made: list[tuple[Side, str, str]] = field(default_factory=list)

    def check(self, what: str, found: object, wanted: object) -> None:
        """One thing that must be so."""
        well = found == wanted
        print(f"  {'ok   ' if well else 'WRONG'} {what}" + ("" if well else f": {found!r}, not {wanted!r}"), flush=True)
        if not well:
            self.wrong.append(what)

    def deliver(self, *, times: int = 1, reverse: bool = False) -> list[int | None]:
        """Send all webhooks that wait in the stores; gives the answers."""
        return [
            sent.status
            for store in (self.stores.woocommerce.store, self.stores.shopify.store)
            for sent in store.deliver_pending(times=times, reverse=reverse)
        ]

    def shopper(self, side: Side, email: str, language: str) -> Shopper:
        """Somebody at the store's returns page."""
        return Shopper(side.returns_url, self.stores.mail, email, language)

    def state(self, side: Side, rma: str) -> tuple[str, str, str]:
        """(decision, parcel, settlement) of a return."""
        with self.container.database.read() as session:
            found = returns.by_rma(session, side.store_id, rma)
            if found is None:
                raise StepFailed(rma)
            return found.decision.value, found.parcel.value, found.settlement.value

    def await_state(self, side: Side, rma: str, wanted: tuple[str, str, str]) -> None:
        """Wait until the workers have brought a return there."""
        try:
            until("", lambda: self.state(side, rma) == wanted or None)
        except StepFailed:
            self.check(f"{rma} is {', '.join(wanted)}", self.state(side, rma), wanted)

    def return_at(self, side: Side, address: str, story: str) -> str:
        """The RMA number of the return whose own page has this address."""
        with self.container.database.read() as session:
            rma = returns.by_access_key(session, side.store_id, address.rsplit("/", 1)[1]).rma
        self.made.append((side, rma, story))
        return rma


# --- the ways ------------------------------------------------------------------------------------------------------


def refunded(play: Play, side: Side, number: str, email: str, language: str, choice: Choice, wanted: Money) -> None:
    """From the signed delivery to the money and the stock, in one store."""
    before = side.shop.order(number)
    assert before is not None
    sku, refunds = _sku(play, side, number, email, choice.title), side.refunds(number)
    stock = side.shop.stock(sku)
    print(f"\n{side.name}: order {number} of {email} ({before.total} minor units {before.currency})")
    with play.shopper(side, email, language) as shopper:
        shopper.find(number)
        shopper.choose([choice])
        voice = play.container.texts.for_locale(language)
        play.check("the shopper is shown exactly what comes back", shopper.promised.split("\n")[0], voice.money(wanted))
        address = shopper.confirm()
        rma = play.return_at(side, address, f"{side.name} order {number}: from the delivery to the money and the stock")
        play.await_state(side, rma, ("approved", "labelled", "none"))
        _, pdf = shopper.label(address)
        play.check("the label is a PDF of its own", pdf[:5] + pdf[-6:].strip(), b"%PDF-%%EOF")
        _photos_are_clean(play, side, rma, len(choice.photos))
        play.staff.work_in(side.shop.source.name)
        play.staff.open(rma)
        play.staff.press("receive")
        play.staff.inspect("new", "restock")
        play.await_state(side, rma, ("approved", "inspected", "refunded"))
        shopper.look(address)
        play.check("the shopper reads that the money is on its way", voice.money(wanted) in shopper.words, wanted=True)
    until("the webhooks of the refund", lambda: bool(play.deliver()) or None)
    after = side.shop.order(number)
    assert after is not None
    play.check("the store's own order shows the refund", after.refunded - before.refunded, wanted.minor)
    play.check("one refund, once", side.refunds(number) - refunds, 1)
    until("the stock", lambda: side.shop.stock(sku) != stock or None)
    play.check("the stock is back, once", side.shop.stock(sku) - stock, choice.quantity)
    told = [letter.subject for letter in play.stores.mail.letters(email) if rma in letter.subject + letter.text]
    play.check("three mails: approved with the label, arrived, refunded", len(told), 3)


@dataclass(frozen=True, slots=True)
class Request:
    """One shopper, one order, one item: told as ``story``."""

    number: str
    email: str
    language: str
    choice: Choice
    story: str

    def make(self, play: Play, side: Side) -> tuple[str, str]:
        """Through the pages; gives the RMA number and the address of the return's own page."""
        print(f"\n{side.name}: order {self.number} of {self.email}, {self.story}")
        with play.shopper(side, self.email, self.language) as shopper:
            shopper.find(self.number)
            shopper.choose([self.choice])
            address = shopper.confirm()
        return play.return_at(side, address, f"{side.name} order {self.number}: {self.story}"), address


def declined(play: Play) -> None:
    """Too late by the rules: the shopper reads why before sending it, and nothing else happens."""
    late = Request("1040", "james.hughes@example.test", "en-GB", Choice("Chelsea", "changed_mind"), "too late")
    _is_declined(play, late)


def final_sale(play: Play) -> None:
    """Sold as final sale: the store's product says so by a tag, the order does not."""
    choice = Choice("Summer Sandals", "changed_mind")
    _is_declined(play, Request("1118", "sofie.devries@example.test", "nl,en;q=0.5", choice, "sold as final sale"))


def _is_declined(play: Play, request: Request) -> None:
    side = play.woocommerce
    rma, _ = request.make(play, side)
    play.await_state(side, rma, ("declined", "none", "none"))
    play.check("nothing is refunded", side.refunds(request.number), 0)
    play.check("no label is made", _labels(play, side, rma), [])


def decided_by_a_person(play: Play) -> None:
    """A fault without a photo is looked at by a person, who approves it with a reason."""
    side, choice = play.shopify, Choice("Garden Jacket", "defective", answers={"seen_when": "on_opening"})
    request = Request("2118", "noah.tremblay@example.test", "en-CA", choice, "broken, without a photo")
    rma, _ = request.make(play, side)
    play.await_state(side, rma, ("review", "none", "none"))
    play.staff.work_in(side.shop.source.name)
    play.staff.open(rma)
    play.staff.press("approve", "The seam is a known fault")
    play.await_state(side, rma, ("approved", "labelled", "none"))


def taken_back(play: Play) -> None:
    """The shopper keeps it after all: the label dies, no money moves."""
    side, choice = play.shopify, Choice("Throw", "changed_mind")
    request = Request("2120", "ava.miller@example.test", "en-US", choice, "cancelled by the shopper")
    rma, address = request.make(play, side)
    play.await_state(side, rma, ("approved", "labelled", "none"))
    with play.shopper(side, request.email, request.language) as shopper:
        shopper.withdraw(address)
    play.await_state(side, rma, ("withdrawn", "cancelled", "none"))
    play.check("nothing is refunded", side.refunds(request.number), 0)
    until("the label's end", lambda: _labels(play, side, rma) == [True] or None)
    play.check("the label is void", _labels(play, side, rma), [True])


def everything_again(play: Play) -> None:
    """Every delivery of both stores once more, newest first: nothing happens twice."""
    print("\nEvery delivery again, newest first, twice")
    before = _everything(play)
    answers = [
        deliveries.again(one["id"]).status
        for deliveries in (play.stores.woocommerce.store.deliveries, play.stores.shopify.store.deliveries)
        for one in reversed(deliveries.all())
        for _ in range(2)
    ]
    play.check(f"all {len(answers)} are taken", set(answers) <= {200, 202}, wanted=True)
    until("the inbox", lambda: _waiting(play) == 0 or None)
    play.check("no return, refund, history or stock has changed", _everything(play), before)


# --- the play ------------------------------------------------------------------------------------------------------


def main(plan: Plan) -> int:
    """Play everything in a new demo's folder, which stays to be looked at; 0 when every step was as it should be.

    Raises CannotStart.
    """
    settle(plan)
    with ExitStack() as stack:
        stores = stack.enter_context(Stores(plan))
        stack.enter_context(stack.enter_context(demo_house(plan, with_stores=False)))
        container = own_container()
        stack.callback(container.database.dispose)
        connect_stores(container, plan)
        play = _set_up(stores, container, plan)
        stack.enter_context(play.staff)
        for way in (_first_way, _second_way, declined, final_sale, decided_by_a_person, taken_back, everything_again):
            try:
                way(play)
            except StepFailed as failure:
                play.check(str(failure), "not so", "so")
        _tell(play)
        print(f"\nThe files are in {plan.folder / 'files'}, the mails in {plan.mail_folder}.")
        for what in play.wrong:
            print(f"WRONG: {what}", file=sys.stderr)
        print("All is as it should be." if not play.wrong else f"{len(play.wrong)} steps went wrong.")
        return int(bool(play.wrong))


def _set_up(stores: Stores, container: Container, plan: Plan) -> Play:
    with container.database.read() as session:
        ids = {store.platform.value: store.id for store in merchants.connected(session)}
    woocommerce, shopify = stores.woocommerce.store, stores.shopify.store
    return Play(
        stores,
        container,
        Staff(plan.helloword_url, OWNER, PASSWORD),
        Side(
            "WooCommerce",
            stores.woocommerce.front,
            ids["woocommerce"],
            plan.woocommerce_returns,
            lambda number: len(woocommerce.refunds_of(int(number))),
        ),
        Side(
            "Shopify",
            stores.shopify.front,
            ids["shopify"],
            plan.shopify_returns,
            lambda number: len(shopify.order(f"#{number}")["refunds"]),
        ),
    )


def _first_way(play: Play) -> None:
    """The recorded order of a real WooCommerce store: one of two sweaters comes back.

    Net 134.29 and VAT 25.51 were charged for two; half of each, rounded half up, is 67.15 and 12.76.
    """
    side, number = play.woocommerce, RECORDED_ORDER
    play.stores.woocommerce.store.complete(int(number))
    answers = play.deliver()
    play.check("the signed delivery is taken", set(answers), {202})
    until("the order", lambda: _known(play, side, number, RECORDED_EMAIL))
    play.check("the order is recorded as charged", _known(play, side, number, RECORDED_EMAIL), 20475)
    with TemporaryDirectory() as folder:
        photo = a_photo(Path(folder))
        choice = Choice("Merino Sweater", "quality_poor", photos=[photo], note="Die Naht am Ärmel ist offen.")
        refunded(play, side, number, RECORDED_EMAIL, "de", choice, Money(7991, "EUR"))


def _second_way(play: Play) -> None:
    """A fresh Shopify order in yen: bought, sent, delivered, and three mugs come back."""
    side, store = play.shopify, play.stores.shopify.store
    placed = store.place_order(like="#2112")
    store.fulfil(placed)
    store.mark_delivered(placed)
    number = placed["name"].lstrip("#")
    play.check("the signed deliveries are taken", set(play.deliver()), {202})
    email = "sato.haruka@example.test"
    until("the order", lambda: _known(play, side, number, email))
    bought = side.shop.order(number)
    play.check("the order is recorded as charged", _known(play, side, number, email), bought.total if bought else None)
    line = next(line for line in bought.lines if "Mug" in line.title) if bought else None
    wanted = Money(line.total if line else 0, "JPY")
    refunded(play, side, number, email, "ja,en;q=0.5", Choice("Mug", "changed_mind", quantity=3), wanted)


def _tell(play: Play) -> None:
    for side, rma, story in play.made:
        print(f"\n{rma}  {story}")
        print(timeline.table(timeline.of_return(play.container, play.stores.mail, side.store_id, rma)))


# --- looking at it -------------------------------------------------------------------------------------------------


def _known(play: Play, side: Side, number: str, email: str) -> int | None:
    """What the product has recorded as the order's total, minor units."""
    with play.container.database.read() as session:
        found = orders.find(session, side.store_id, number, email)
        return None if found is None else found.total_minor


def _sku(play: Play, side: Side, number: str, email: str, title: str) -> str:
    """The SKU of the order's line with this title, as recorded. Raises StepFailed."""
    with play.container.database.read() as session:
        found = orders.find(session, side.store_id, number, email)
        skus = [line.sku for line in found.lines if title in line.title] if found is not None else []
    if not skus:
        raise StepFailed(title)
    return skus[0]


def _labels(play: Play, side: Side, rma: str) -> list[bool]:
    """Of each label of the return, whether it is void."""
    with play.container.database.read() as session:
        found = returns.by_rma(session, side.store_id, rma)
        assert found is not None
        return [label.voided_at is not None for label in labels.of_return(session, side.store_id, found.id)]


def _photos_are_clean(play: Play, side: Side, rma: str, wanted: int) -> None:
    """The photos are there and say no longer where they were taken."""
    with play.container.database.read() as session:
        found = returns.by_rma(session, side.store_id, rma)
        assert found is not None
        contents = [play.container.files.get(photo.file_key) for line in found.lines for photo in line.photos]
    kept = [Image.open(io.BytesIO(content)) for content in contents if content]
    play.check(
        "the photos are kept without the place they were taken at", [dict(p.getexif()) for p in kept], [{}] * wanted
    )


def _waiting(play: Play) -> int:
    """1 while the inbox or the outbox holds work that is due."""
    now = play.container.clock.now()
    with play.container.database.read() as session:
        oldest = (inbox.oldest_waiting(session, now), outbox.oldest_waiting(session, now))
    return sum(one is not None for one in oldest)


def _everything(play: Play) -> list[object]:
    """All that may not change when a delivery comes twice."""
    facts: list[object] = []
    for side, rma, _ in play.made:
        with play.container.database.read() as session:
            found = returns.by_rma(session, side.store_id, rma)
            assert found is not None
            entries = history.of(session, side.store_id, found.id)
            number = found.order_number.lstrip("#")
            facts.append((rma, len(entries), found.order.refunded_minor, found.order.refunded_elsewhere_minor))
        bought = side.shop.order(number)
        facts.append((number, side.refunds(number), bought.refunded if bought else None))
    return facts


def a_photo(folder: Path) -> Path:
    """A picture as a phone takes it: with the place in its metadata."""
    picture = Image.new("RGB", (1600, 1200), "#b9a48c")
    exif = picture.getexif()
    exif.get_ifd(GPS)[2] = (52.0, 31.0, 12.0)
    path = folder / "sweater.jpg"
    picture.save(path, exif=exif)
    return path
