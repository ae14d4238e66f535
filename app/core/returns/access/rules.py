"""One-time codes: six digits made from the challenge's id, so that nothing readable is ever stored."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from uuid import UUID

CODE_LIFE = timedelta(minutes=15)
MAX_ATTEMPTS = 5
MAX_CODES = 4
"""So many codes an order in one ``CODE_LIFE``; further requests get the same answer and no mail."""


def code_for(challenge_id: UUID, secret: bytes) -> str:
    """The six digits of a challenge (HMAC-SHA256, truncated as RFC 4226 section 5.3 does)."""
    digest = hmac.new(secret, b"returns-access:" + challenge_id.bytes, hashlib.sha256).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def digest(code: str, challenge_id: UUID) -> str:
    """What is stored of a code."""
    return hashlib.sha256(challenge_id.bytes + code.encode()).hexdigest()


def same(typed: str, challenge_id: UUID, stored: str) -> bool:
    """Whether the typed digits (blanks and hyphens allowed) are the code, in constant time."""
    digits = "".join(ch for ch in typed if ch.isdigit())
    return hmac.compare_digest(digest(digits, challenge_id), stored)
