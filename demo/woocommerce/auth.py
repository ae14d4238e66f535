"""Who calls: WooCommerce's keys, as class-wc-rest-authentication.php checks them.

Over https: HTTP Basic, or consumer_key and consumer_secret in the query. Over plain http Basic is not even looked at;
only OAuth 1.0a counts (HMAC-SHA1 or -SHA256, 15 minutes, each nonce once). A caller without a key is a guest.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from flask import Request

from demo.woocommerce.errors import WpError, refuse
from demo.woocommerce.state import State

WINDOW_SECONDS = 15 * 60
_WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_OAUTH = ("oauth_consumer_key", "oauth_timestamp", "oauth_nonce", "oauth_signature", "oauth_signature_method")
_HASHES = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Key:
    """A REST key. ``permissions``: read, write or read_write."""

    key: str
    secret: str
    permissions: str = "read_write"


def _refused(message: str) -> WpError:
    return WpError("woocommerce_rest_authentication_error", message, 401)


class Authentication:
    """Finds the key of a request. ``keys`` may be changed at any time."""

    def __init__(self, state: State, now: Callable[[], datetime], keys: Sequence[Key]) -> None:
        self._state = state
        self._now = now
        self.keys = {key.key: key for key in keys}

    def caller(self, request: Request, pairs: Sequence[tuple[str, str]]) -> Key | None:
        """The key of this request, None for a guest. ``pairs``: the decoded query. Raises WpError (401)."""
        key = self._basic(request, dict(pairs)) if request.is_secure else self._oauth(request, pairs)
        if key is not None:
            wanted = "write" if request.method in _WRITING else "read"
            if wanted not in key.permissions:
                refuse(_refused(f"The API key provided does not have {wanted} permissions."))
        return key

    def _basic(self, request: Request, query: dict[str, str]) -> Key | None:
        name, secret = query.get("consumer_key", ""), query.get("consumer_secret", "")
        if not (name and secret) and request.authorization is not None and request.authorization.type == "basic":
            name, secret = request.authorization.username or "", request.authorization.password or ""
        key = self.keys.get(name) if name and secret else None
        if key is not None and not hmac.compare_digest(key.secret.encode(), secret.encode()):
            refuse(_refused("Consumer secret is invalid."))
        return key

    def _oauth(self, request: Request, pairs: Sequence[tuple[str, str]]) -> Key | None:
        query = dict(pairs)
        missing = [name for name in _OAUTH if not query.get(name)]
        if len(missing) == len(_OAUTH):
            return None
        if missing:
            message = f"Missing OAuth parameter{'s' if len(missing) > 1 else ''} {', '.join(missing)}"
            refuse(WpError("woocommerce_rest_authentication_missing_parameter", message, 401))
        key = self.keys.get(query["oauth_consumer_key"])
        if key is None:
            refuse(_refused("Consumer key is invalid."))
        if query["oauth_signature_method"] not in _HASHES:
            refuse(_refused("Invalid signature - signature method is invalid."))
        expected = oauth_signature(request.method, request.base_url, pairs, key.secret)
        if not hmac.compare_digest(expected.encode(), query["oauth_signature"].encode()):
            refuse(_refused("Invalid signature - provided signature does not match."))
        self._fresh(query["oauth_timestamp"], query["oauth_nonce"])
        return key

    def _fresh(self, timestamp: str, nonce: str) -> None:
        now = int(self._now().timestamp())
        if not re.fullmatch(r"\d{1,11}", timestamp) or abs(now - int(timestamp)) > WINDOW_SECONDS:
            refuse(_refused("Invalid timestamp."))
        with self._state.transaction():
            self._state.write("DELETE FROM nonces WHERE at < ?", now - WINDOW_SECONDS)
            if self._state.rows("SELECT 1 FROM nonces WHERE nonce = ?", nonce):
                refuse(_refused("Invalid nonce - nonce has already been used."))
            self._state.write("INSERT INTO nonces VALUES (?, ?)", nonce, int(timestamp))


def oauth_signature(method: str, url: str, pairs: Sequence[tuple[str, str]], secret: str) -> str:
    """The OAuth 1.0a signature of a request. ``pairs``: its decoded query; an ``oauth_signature`` in it is left out.

    Names and values are encoded (RFC 3986), sorted by name, joined with "=", and the pair is encoded once more.
    """
    query = {_encode(name): _encode(value) for name, value in pairs if name != "oauth_signature"}
    joined = "%26".join(_encode(f"{name}={value}") for name, value in sorted(query.items()))
    message = f"{method}&{_encode(url)}&{joined}"
    digest = _HASHES[dict(pairs)["oauth_signature_method"]]
    return base64.b64encode(hmac.new(f"{secret}&".encode(), message.encode(), digest).digest()).decode()


def _encode(text: str) -> str:
    return quote(text, safe="~")
