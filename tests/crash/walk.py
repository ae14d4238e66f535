"""One return from the sale to the money, in phases: what people do in each, then what the worker makes of it.

A walk can be closed between two phases and gone on with in a copy, as often as there are steps to be killed at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from app.bootstrap import make_container
from app.core.kit.clock import SystemClock
from app.core.kit.ids import new_id
from app.core.merchants import repository as merchants
from app.core.merchants import service as merchant_service
from app.core.merchants.ports import StoreConnection
from app.core.merchants.rules import PlatformName
from app.core.messaging import history
from app.core.orders import repository as orders
from app.core.returns import repository as returns
from app.core.returns import service
from app.core.returns.access import service as access
from app.core.returns.receiving import service as receiving
from app.core.returns.receiving.rules import Disposition, Grade
from app.settings import Settings
from app.web.webhooks import WebhookIntake
from tests.crash.sides import BOUGHT, SIDES
from tests.crash.stage import NOBODY, Ended, Stage
from tests.doors import client_of, no_pages
from tests.fakes.store import FakeBell
from tests.replay.state import State, whole_state

STAFF = "staff:01900000-0000-7000-8000-000000000001"
WAREHOUSE = {"name": "Returns", "line1": "Dock 4", "city": "Rotterdam", "postcode": "3011 AA", "country": "NL"}
TOLD = "told"
NOT_YET = UUID(int=0)
ROUNDS = 8
"""Workers after a crash; a lease and a short back-off fit in three rounds."""


class MovingClock:
    """The product's time: stands still until it is moved."""

    def __init__(self, time: datetime) -> None:
        self.time = time

    def now(self) -> datetime:
        return self.time

    def forward(self, **how: float) -> None:
        self.time += timedelta(**how)


@dataclass(frozen=True, slots=True)
class Saved:
    """A walk that was closed: where its files are, and what those who walk remember."""

    platform: PlatformName
    folder: Path
    database_url: str
    time: datetime
    letters: tuple[bytes, ...] = ()
    store_id: UUID = NOT_YET
    challenge_id: UUID = NOT_YET
    return_id: UUID = NOT_YET
    number: str = ""
    moves_before: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Everything by which two walks are compared."""

    refunds: int
    refunded: int
    movements: list[int]
    history: list[tuple[str | None, ...]]
    """In order. Without "told": mails have a lane of their own, and may go out before or after what follows."""
    state: State
    letters: list[tuple[str, ...]]
    """Each mail once: to, subject, texts and attachments, without what is the walk's own."""
    doubtful_letters: list[str]
    """Message-IDs under which two different mails were sent."""
    waiting: list[str]
    dead: list[str]


class Walk:
    """A walk that is open. What people do, they do in this process, as the product's web does it for them."""

    def __init__(self, stage: Stage, saved: Saved, redis_url: str = NOBODY) -> None:
        self.stage, self.saved = stage, saved
        self.clock = MovingClock(saved.time)
        self.settings = stage.settings(saved.database_url, saved.folder, redis_url)
        self.container = make_container(Settings(_env_file=None, **self.settings), self.clock)
        if redis_url == NOBODY:  # a doorbell's thread lives as long as its process, and this one has hundreds of walks
            self.container = replace(self.container, bell=FakeBell())
            self.container.database._on_commit = None
        self._intake: Any = WebhookIntake(self.container, no_pages)
        self._http = client_of(self._intake)
        # The store has the machine's time: it refuses signatures that are a quarter of an hour old.
        self.side = SIDES[saved.platform](saved.folder / "store.sqlite", SystemClock(), stage.served.url, self._http)
        stage.served.app = self.side.app
        stage.post.received[:] = saved.letters

    def close(self) -> Saved:
        """Let everything go; gives what it takes to go on."""
        self.stage.served.app = None
        self.side.close()
        self._http.close()
        self._intake._writer._keeper.close()
        for platform in self.container.platforms.values():
            closing: Any = platform
            closing.close()
        self.container.database.dispose()
        self.saved = replace(self.saved, time=self.clock.time, letters=tuple(self.stage.post.received))
        return self.saved

    # --- the phases ---------------------------------------------------------------------------------------------------

    def act(self, phase: str) -> None:
        """What people (and the store) do in one phase."""
        PHASES[phase](self)

    def work(self, kill_at: int = 0, lanes: int = 1) -> Ended:
        """One worker."""
        now = self.clock.time.isoformat()
        return self.stage.workers.run(self.settings, now, self.saved.folder, kill_at=kill_at, lanes=lanes)

    def recover(self) -> None:
        """Workers that nobody kills, and time, until nothing waits."""
        for _ in range(ROUNDS):
            assert self.work().signal == 0
            if not self.waiting():
                return
            self.clock.forward(minutes=3)
        raise AssertionError(self.waiting())

    def connect(self) -> None:
        """A merchant connects the store and says where returns go."""
        platform, url = self.saved.platform, self.side.url(self.stage.served.url)
        proved = StoreConnection(store_id=new_id(), url=url, credentials=self.side.credentials)
        facts = self.container.platforms[platform.value].facts(proved)
        now = self.clock.now()
        with self.container.database.write() as session:
            store = merchant_service.connect(
                session, self.container.vault, platform, url, self.side.credentials, facts, actor="system", now=now
            )
            merchant_service.set_return_address(session, store, WAREHOUSE, actor="system", now=now)
        self.saved = replace(self.saved, store_id=store.id)

    def ask(self) -> None:
        """A sale; no webhook has come yet when the shopper asks for the order."""
        bought = BOUGHT[self.saved.platform]
        before = len(self.side.movements(bought.sku))
        number = self.side.sell(str(bought.number))
        secret = self.container.settings.secret_key.get_secret_value().encode()
        with self.container.database.write() as session:
            challenge_id = access.ask(
                session, self.saved.store_id, number, bought.email, "en", secret, now=self.clock.now()
            )
        self.saved = replace(self.saved, number=number, challenge_id=challenge_id, moves_before=before)

    def deliver(self) -> None:
        """The store's webhooks come in, through the real intake."""
        answers = self.side.deliver()
        assert answers
        assert all(status is not None and status < 300 for status in answers), answers

    def request(self) -> None:
        """The shopper proves the order by the code and asks to return all of one article."""
        store_id, now = self.saved.store_id, self.clock.now()
        bought = BOUGHT[self.saved.platform]
        [code] = {found[0] for one in self.stage.post.messages if (found := re.findall(r"\b\d{6}\b", _plain(one)))}
        with self.container.database.write() as session:
            proven = access.prove(session, store_id, self.saved.challenge_id, code, now=now)
            assert isinstance(proven, access.Proven)
            order = orders.get(session, store_id, proven.order_id)
            [line] = [line for line in order.lines if line.sku == bought.sku]
            wish = service.Wish((service.WishedLine(line.id, bought.units, "too_small"),), "en", "one form")
            returned = service.submit(session, merchants.store(session, store_id), order, wish, now=now)
        self.saved = replace(self.saved, return_id=returned.id)

    def receive(self) -> None:
        """Staff scan the parcel."""
        with self.container.database.write() as session:
            store = merchants.store(session, self.saved.store_id)
            returned = returns.get(session, store.id, self.saved.return_id)
            receiving.receive(session, store, returned, actor=STAFF, now=self.clock.now())

    def inspect(self) -> None:
        """Staff find every unit as new."""
        with self.container.database.write() as session:
            store = merchants.store(session, self.saved.store_id)
            returned = returns.get(session, store.id, self.saved.return_id)
            [line] = returned.lines
            units = [
                receiving.GradedUnit(line.id, unit, Grade.NEW, Disposition.RESTOCK) for unit in range(line.quantity)
            ]
            receiving.inspect(session, store, returned, units, actor=STAFF, now=self.clock.now())

    # --- what became of it ----------------------------------------------------------------------------------------

    def waiting(self) -> list[str]:
        """Rows of inbox and outbox that are not finished."""
        return self._say(
            "SELECT kind || ' ' || status FROM outbox_messages WHERE status IN ('pending', 'leased', 'unknown')"
            " UNION ALL SELECT topic FROM inbox_events WHERE handled_at IS NULL"
        )

    def _say(self, query: str) -> list[str]:
        with self.container.database.engine.connect() as connection:
            return sorted(str(row[0]) for row in connection.execute(text(query)))

    def found(self) -> Found:
        """All that can be seen of it, at the store, in the mails and in the product."""
        bought = BOUGHT[self.saved.platform]
        order = self.side.front.order(self.saved.number)
        assert order is not None
        own: list[str] = []
        with self.container.database.read() as session:
            happened = [
                (row.machine, row.from_state, row.event, row.to_state, row.actor)
                for row in history.of(session, self.saved.store_id, self.saved.return_id)
            ]
            if self.saved.return_id != NOT_YET:
                returned = returns.get(session, self.saved.store_id, self.saved.return_id)
                own = [returned.rma, returned.access_key]
        letters: dict[str, set[tuple[str, ...]]] = {}
        for one in self.stage.post.messages:
            letters.setdefault(str(one["Message-ID"]), set()).add(_content(one, own))
        return Found(
            refunds=self.side.refunds(self.saved.number),
            refunded=order.refunded,
            movements=self.side.movements(bought.sku)[self.saved.moves_before :],
            history=[one for one in happened if one[2] != TOLD],
            state=whole_state(self.container.database, times=False),
            letters=sorted(next(iter(contents)) for contents in letters.values()),
            doubtful_letters=[key for key, contents in letters.items() if len(contents) > 1],
            waiting=self.waiting(),
            dead=self._say("SELECT kind || ': ' || error FROM outbox_messages WHERE status = 'dead'"),
        )


PHASES: Mapping[str, Callable[[Walk], None]] = {
    "ask": Walk.ask,
    "deliver": Walk.deliver,
    "request": Walk.request,
    "receive": Walk.receive,
    "inspect": Walk.inspect,
    "echo": Walk.deliver,
}
"""What people do in each. The echo is the store telling us of the refund that we booked."""


def _plain(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain",))
    assert body is not None
    return str(body.get_content())


def _content(message: EmailMessage, own: Sequence[str]) -> tuple[str, ...]:
    html = message.get_body(preferencelist=("html",))
    assert html is not None
    files = [str(part.get_content_type()) for part in message.iter_attachments()]
    parts = [str(message["To"]), str(message["Subject"]), _plain(message), str(html.get_content()), *files]
    drawn = "|".join([r"\b\d{6}\b", *map(re.escape, own)])
    return tuple(re.sub(drawn, "*", part) for part in parts)
