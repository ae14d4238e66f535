"""A worker that stops in the middle of its drain, to be killed: ``python -m tests.jobs.killed URL FOLDER MOMENT``."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

from app.container import Container
from app.core.kit.db import Database, make_engine
from app.core.kit.texts import shipped_texts
from app.core.merchants.vault import Vault
from app.core.messaging import inbox
from app.core.messaging.models import InboxEvent
from app.core.messaging.ports import MalformedDelivery
from app.core.orders.ports import Command, Disconnected, OrderDeleted, PullOrder, RecordOrder
from app.jobs import inbox as jobs
from app.settings import Settings
from tests.builders import NOW, make_snapshot
from tests.fakes.store import FakeBell, FakeCarrier, FakeFiles, FakeNotifier, FakePlatform, FakeStore, FixedClock


class Telling(FakePlatform):
    """A delivery's body says what it asks: ``{"record": ref, "status": word, "at": minutes}``, ``{"pull": ref}``..."""

    def translate(self, topic: str, body: bytes) -> Command:
        asked: Any = json.loads(body)
        match asked:
            case {"record": ref}:
                at = NOW + timedelta(minutes=asked.get("at", 0))
                status = asked.get("status", "processing")
                snapshot = make_snapshot(ref=ref, number=ref, status=status, updated_at=at)
                return RecordOrder(snapshot, pull=asked.get("pull", False))
            case {"pull": ref}:
                return PullOrder(ref)
            case {"delete": ref}:
                return OrderDeleted(ref)
            case {"leave": _}:
                return Disconnected()
            case {"defect": words}:
                raise RuntimeError(words)
        raise MalformedDelivery


def stop() -> None:
    """Say so, and wait for the end."""
    print("now", flush=True)  # noqa: T201 (the test waits for it)
    time.sleep(60)


def main(url: str, folder: str, moment: str) -> None:
    jobs.BATCH = 3
    platform = Telling(FakeStore())
    translate, apply, take = platform.translate, jobs._apply, inbox.take
    taken: list[int] = []

    def translate_and_stop(topic: str, body: bytes) -> Command:
        command = translate(topic, body)
        stop()
        return command

    def apply_and_stop(session: Session, tasks: Sequence[jobs.Task], now: datetime) -> None:
        apply(session, tasks, now)
        session.flush()
        stop()

    def take_and_stop(session: Session, now: datetime, limit: int) -> Sequence[InboxEvent]:
        taken.append(1)
        if len(taken) > 1:  # the first batch has been committed
            stop()
        return take(session, now, limit)

    match moment:
        case "translated":
            platform.translate = translate_and_stop  # type: ignore[method-assign]
        case "applied":
            jobs._apply = apply_and_stop
        case "committed":
            inbox.take = take_and_stop
    jobs.drain_inbox(product(url, Path(folder), platform))


def product(url: str, folder: Path, platform: Telling) -> Container:
    settings = Settings(
        _env_file=None,
        database_url=url,
        redis_url="memory://",
        secret_key="a secret that is long enough for the tests",
        vault_keys=Fernet.generate_key().decode(),
        public_url="https://app.helloword.example",
        data_dir=folder,
    )
    return Container(
        settings=settings,
        clock=FixedClock(NOW + timedelta(seconds=1)),
        database=Database(make_engine(url)),
        vault=Vault([settings.vault_keys.get_secret_value()]),
        texts=shipped_texts(),
        files=FakeFiles(),
        bell=FakeBell(),
        notifier=FakeNotifier(),
        platforms={"woocommerce": platform},
        carriers={"own_label": FakeCarrier()},
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
