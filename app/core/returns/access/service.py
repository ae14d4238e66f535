"""A guest proves that an order is theirs: order number + e-mail, then a one-time code by mail.

The answer is the same for right and wrong, in words and in work done, so that nobody learns which orders exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.kit.ids import new_id
from app.core.messaging import outbox
from app.core.orders import repository as orders
from app.core.orders import service as order_service
from app.core.orders.models import Order
from app.core.orders.rules import email_key, number_key
from app.core.returns.access.rules import CODE_LIFE, MAX_ATTEMPTS, MAX_CODES, code_for, digest, same
from app.core.returns.models import AccessChallenge
from app.core.returns.notices.service import SHOPPER_NOTIFY

ORDER_FIND = "order.find"


@dataclass(frozen=True, slots=True)
class Proven:
    """The code was right: this order may be returned."""

    order_id: UUID


@dataclass(frozen=True, slots=True)
class Refused:
    """Wrong, used, out of time or out of tries; ``attempts_left`` counts down alike for orders that do not exist."""

    attempts_left: int


def ask(
    session: Session, store_id: UUID, number: str, email: str, locale: str, secret: bytes, *, now: datetime
) -> UUID:
    """Begin: gives a challenge id, whatever was typed. A mail goes out only where an order matches.

    An order we do not know yet is looked for in the store itself, later, by the worker (``order.find``).
    """
    order = orders.find(session, store_id, number, email)
    challenge = _open(session, store_id, order, secret, now=now)
    if order is not None:
        order_service.learn_articles(session, order, now=now)  # while the shopper looks for the code
        send(session, store_id, order, challenge, locale, now=now)
    else:
        payload = {"number": number, "email": email, "locale": locale, "challenge_id": str(challenge.id)}
        window = int(now.timestamp() // CODE_LIFE.total_seconds())
        key = f"{ORDER_FIND}:{number_key(number)[:60]}:{email_key(email)[:100]}:{window}"
        outbox.put(session, store_id, ORDER_FIND, payload, lane=f"find:{challenge.id}", now=now, once_key=key)
    return challenge.id


def found(session: Session, store_id: UUID, challenge_id: UUID, order: Order, locale: str, *, now: datetime) -> None:
    """The store had the order after all: the waiting challenge is for it, and the code goes out."""
    challenge = session.scalar(
        select(AccessChallenge).where(AccessChallenge.store_id == store_id, AccessChallenge.id == challenge_id)
    )
    if challenge is None or challenge.order_id is not None or challenge.expires_at < now:
        return
    challenge.order_id = order.id
    send(session, store_id, order, challenge, locale, now=now)


def prove(session: Session, store_id: UUID, challenge_id: UUID, typed: str, *, now: datetime) -> Proven | Refused:
    """Check a typed code. Every try counts; a right one can be used once."""
    challenge = session.scalar(
        select(AccessChallenge)
        .where(AccessChallenge.store_id == store_id, AccessChallenge.id == challenge_id)
        .with_for_update()
    )
    if challenge is None:
        return Refused(0)
    right = same(typed, challenge.id, challenge.code_hash)
    usable = challenge.used_at is None and challenge.expires_at >= now and challenge.attempts < MAX_ATTEMPTS
    if right and usable and challenge.order_id is not None:
        challenge.used_at = now
        return Proven(challenge.order_id)
    challenge.attempts = min(MAX_ATTEMPTS, challenge.attempts + 1)
    return Refused(MAX_ATTEMPTS - challenge.attempts if usable else 0)


def send(
    session: Session, store_id: UUID, order: Order, challenge: AccessChallenge, locale: str, *, now: datetime
) -> None:
    """Intend the mail with the code, unless this order has had enough of them lately."""
    recent = session.scalar(
        select(func.count())
        .select_from(AccessChallenge)
        .where(
            AccessChallenge.store_id == store_id,
            AccessChallenge.order_id == order.id,
            AccessChallenge.created_at > now - CODE_LIFE,
        )
    )
    if (recent or 0) > MAX_CODES:
        return
    outbox.put(
        session,
        store_id,
        SHOPPER_NOTIFY,
        {
            "kind": "access_code",
            "to": order.email,
            "locale": locale,
            "challenge_id": str(challenge.id),
            "values": {"order_number": order.number, "minutes_valid": int(CODE_LIFE.total_seconds() // 60)},
        },
        lane=f"mail:{challenge.id}",
        now=now,
    )


def _open(session: Session, store_id: UUID, order: Order | None, secret: bytes, *, now: datetime) -> AccessChallenge:
    challenge_id = new_id()
    challenge = AccessChallenge(
        store_id=store_id,
        id=challenge_id,
        order_id=order.id if order is not None else None,
        code_hash=digest(code_for(challenge_id, secret), challenge_id),
        attempts=0,
        created_at=now,
        expires_at=now + CODE_LIFE,
    )
    session.add(challenge)
    session.flush()
    return challenge
