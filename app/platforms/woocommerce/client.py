"""HTTP to one store's wc/v3, over the ``woocommerce`` package with its transport replaced.

    StoreClient        get, put, post: decoded JSON out, ProviderError otherwise
    Sessions           pooled connections of this process, shared by all stores
    refusal            what a reply that is not 2xx means (pure)

The package (3.0.0) opens a connection a call, follows redirects (a redirected POST silently becomes a GET), never
retries, and signs a slash and a percent sign differently from the store. All four are mended here. What it knows and we
keep: where the API lives, Basic over https, OAuth 1.0a over plain http (where WooCommerce ignores Basic).
"""

from __future__ import annotations

import json
import os
import re
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import requests
import structlog
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from woocommerce import API
from woocommerce.oauth import OAuth

from app.core.kit.errors import ProviderError

VENDOR: Final = "woocommerce"
CONNECT_SECONDS: Final = 5
READ_SECONDS: Final = 20

_READ_TRIES = 3
_LONGEST_WAIT = 5.0
_BODY_LIMIT = 32 * 1024 * 1024
_USER_AGENT = "Helloword (+https://helloword.example)"

# WordPress answers a PHP crash with a JSON code too: that is an outage, not the shop's decision.
_CRASH_CODES = frozenset({"internal_server_error", "wp_die"})
_TAG = re.compile(r"<[^>]*>")
_KEY = re.compile(r"\bc[ks]_[0-9A-Za-z]{6,}")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """A 2xx answer: ``data`` is decoded JSON, fractions as Decimal; ``pages`` is X-WP-TotalPages (1 if absent)."""

    data: Any
    pages: int = 1


class Sessions:
    """One ``requests.Session`` a process: connections are kept, cookies are not (stores share it).

    A forked worker gets a session of its own, because two processes must not write into one socket.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid = 0
        self._session: requests.Session | None = None

    def current(self) -> requests.Session:
        """This process's session."""
        with self._lock:
            if self._session is None or self._pid != os.getpid():
                self._session, self._pid = self._open(), os.getpid()
            return self._session

    def close(self) -> None:
        """Close the kept connections."""
        with self._lock:
            if self._session is not None and self._pid == os.getpid():
                self._session.close()
            self._session = None

    @staticmethod
    def _open() -> requests.Session:
        session = requests.Session()
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = HTTPAdapter(pool_connections=64, pool_maxsize=8, max_retries=0)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session


class _Signature(OAuth):  # type: ignore[misc]  # the package has no types
    """OAuth 1.0a as the store checks it (class-wc-rest-authentication.php): RFC 3986 on the value as it is."""

    @staticmethod
    def normalize_parameters(params: Mapping[str, Any] | None) -> dict[str, str]:
        """Names and values encoded twice, a slash included (the package leaves it bare and the store says 401)."""

        def encode(text: Any) -> str:
            return quote(str(text), safe="~").replace("%", "%25")

        return {encode(name): encode(value) for name, value in (params or {}).items()}

    @staticmethod
    def generate_nonce() -> str:
        """Unguessable: the package's hundred million values repeat within the store's 15 minutes on a busy day."""
        return secrets.token_hex(16)


class _Api(API):  # type: ignore[misc]  # the package has no types
    """The package's client with its one private request method replaced; ``get``, ``post``, ``put`` are its own."""

    def __init__(self, url: str, key: str, secret: str, sessions: Sessions) -> None:
        super().__init__(url, key, secret, wp_api=True, version="wc/v3", user_agent=_USER_AGENT)
        self._sessions = sessions

    def _API__request(  # noqa: N802 (the package's name-mangled hook)
        self,
        method: str,
        endpoint: str,
        data: Any,
        params: Mapping[str, str] | None = None,
        read_timeout: float = READ_SECONDS,
    ) -> requests.Response:
        url, auth = self._API__get_url(endpoint), None
        if params:
            url = f"{url}?{urlencode(params)}"
        if self.is_ssl:
            auth = HTTPBasicAuth(self.consumer_key, self.consumer_secret)
        else:
            url = _Signature(
                url=url,
                consumer_key=self.consumer_key,
                consumer_secret=self.consumer_secret,
                version=self.version,
                method=method,
            ).get_oauth_url()
        return send(self._sessions, method, url, auth=auth, data=data, read_timeout=read_timeout)


def send(
    sessions: Sessions,
    method: str,
    url: str,
    *,
    auth: HTTPBasicAuth | None = None,
    data: Any = None,
    read_timeout: float = READ_SECONDS,
) -> requests.Response:
    """One request. Redirects are not followed; the body stays unread until ``_read``."""
    headers = {"User-Agent": _USER_AGENT, "Accept": "application/json"}
    body = None
    if data is not None:
        body = json.dumps(data, ensure_ascii=False).encode()
        headers["Content-Type"] = "application/json; charset=utf-8"
    return sessions.current().request(
        method,
        url,
        auth=auth,
        data=body,
        headers=headers,
        timeout=(CONNECT_SECONDS, read_timeout),
        allow_redirects=False,
        stream=True,
    )


class StoreClient:
    """One store's wc/v3. ``endpoint`` is without a leading slash; every method may raise ProviderError."""

    def __init__(
        self, url: str, key: str, secret: str, sessions: Sessions, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """``url`` is the store's root. No network happens here. Raises ProviderError when ``url`` is no web address."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = "the store's address must begin with https:// (or http://)"
            raise ProviderError(VENDOR, msg, code="bad_address")
        self.url = url.rstrip("/")
        self._sessions = sessions
        self._sleep = sleep
        self._api = _Api(self.url, key, secret, sessions)

    def get(self, endpoint: str, **params: str) -> Reply:
        """Read; a passing fault is tried again twice."""
        return self._patiently(endpoint, lambda: self._api.get(endpoint, params=params))

    def pages(self, endpoint: str, *, most: int = 50, **params: str) -> list[Any]:
        """All items of a collection, 100 a request, at most ``most`` requests."""
        items: list[Any] = []
        for page in range(1, most + 1):
            reply = self.get(endpoint, **params, per_page="100", page=str(page))
            if not isinstance(reply.data, list):
                raise unreadable(endpoint)
            items += reply.data
            if page >= reply.pages:
                break
        return items

    def index(self) -> Reply:
        """WordPress's public index (``/wp-json/``): the site's name and time zone. Sent without the key."""
        return self._patiently("", lambda: send(self._sessions, "GET", f"{self.url}/wp-json/"))

    def put(self, endpoint: str, data: Mapping[str, Any], **params: str) -> Reply:
        """Change, once: never tried again here."""
        return self._once(endpoint, lambda: self._api.put(endpoint, data, params=params), write=True)

    def post(
        self, endpoint: str, data: Mapping[str, Any], *, read_timeout: float = READ_SECONDS, **params: str
    ) -> Reply:
        """Create, once: never tried again here."""
        return self._once(
            endpoint, lambda: self._api.post(endpoint, data, params=params, read_timeout=read_timeout), write=True
        )

    def _patiently(self, endpoint: str, call: Callable[[], requests.Response]) -> Reply:
        for tried in range(1, _READ_TRIES):
            try:
                return self._once(endpoint, call, write=False)
            except ProviderError as error:
                wait = error.retry_after if error.retry_after is not None else 0.25 * tried
                if not error.retryable or wait > _LONGEST_WAIT:
                    raise
                log.info("store_read_again", endpoint=endpoint, code=error.code, wait=wait)
                self._sleep(wait)
        return self._once(endpoint, call, write=False)

    def _once(self, endpoint: str, call: Callable[[], requests.Response], *, write: bool) -> Reply:
        # "from None" throughout: the vendor's exceptions hold the address with its signed query.
        try:
            with call() as response:
                body = _read(response)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            failed = broken(error, write=write)
        else:
            if not 200 <= response.status_code < 300:  # noqa: PLR2004 (the meaning of 2xx)
                failed = refusal(response.status_code, response.headers, body, write=write)
            else:
                data = _decoded(body)
                if data is not None:
                    return Reply(data, _count(response.headers.get("X-WP-TotalPages")))
                failed = unreadable(endpoint, write=write)
        raise failed from None


def _read(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(64 * 1024):
        body += chunk
        if len(body) > _BODY_LIMIT:
            msg = "the answer is too large"
            raise requests.exceptions.ContentDecodingError(msg)
    return bytes(body)


def _decoded(body: bytes) -> Any:
    """The JSON in ``body`` (some hosts put a byte order mark before it), None if it is none."""
    try:
        return json.loads(body.decode("utf-8-sig"), parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def _count(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 1  # noqa: PLR2004 (digits that are sane)


# --- what failures mean ---------------------------------------------------------------------------------------------


def unreadable(endpoint: str, *, write: bool = False) -> ProviderError:
    """A 2xx that is not what the API documents. After a write nobody knows what happened."""
    return ProviderError(
        VENDOR,
        f"the store's answer to {endpoint or 'its index'} cannot be read; "
        "a plugin may be printing text into the REST API's replies",
        code="unreadable_answer",
        outcome_unknown=write,
    )


def broken(error: Exception, *, write: bool) -> ProviderError:
    """No whole answer came. A connection that was never made did nothing; a later break after a write is unknown."""
    if isinstance(error, requests.exceptions.ConnectTimeout) or _never_connected(error):
        return ProviderError(VENDOR, "the store cannot be reached", code="unreachable", retryable=True)
    if _untrusted(error):
        return ProviderError(
            VENDOR, "the store's https certificate is not valid, so we do not send the key", code="bad_certificate"
        )
    if isinstance(error, requests.exceptions.Timeout):
        message = "the store did not answer in time"
        return ProviderError(VENDOR, message, code="timeout", retryable=True, outcome_unknown=write)
    if isinstance(error, ValueError) and not isinstance(error, requests.exceptions.ContentDecodingError):
        return ProviderError(VENDOR, "the store's address is not a valid web address", code="bad_address")
    message = "the connection to the store broke"
    return ProviderError(VENDOR, message, code="connection_broken", retryable=True, outcome_unknown=write)


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting and len(found) < 20:  # noqa: PLR2004 (exceptions can point in circles)
        one = waiting.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
    return found


def _never_connected(error: BaseException) -> bool:
    never = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
    return any(isinstance(cause, never) for cause in _causes(error))


def _untrusted(error: BaseException) -> bool:
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, write: bool) -> ProviderError:
    """The error that a reply which is not 2xx stands for.

    WooCommerce sends business refusals as HTTP 500 with a JSON ``code``; those are final. A 5xx without one, and
    WordPress's own crash page, are outages: after a write the outcome is unknown.
    """
    decoded = _decoded(body)
    said = decoded if isinstance(decoded, dict) else {}
    code = said["code"][:120] if isinstance(said.get("code"), str) and said["code"] else None
    message = _plain(said.get("message"))
    wait = _retry_after(headers)
    if status == 429 or (status == 503 and wait is not None):  # noqa: PLR2004
        return ProviderError(
            VENDOR, "the store asks us to wait", code=code or f"http_{status}", retryable=True, retry_after=wait
        )
    if status >= 500 and (code is None or code in _CRASH_CODES):  # noqa: PLR2004
        return ProviderError(
            VENDOR,
            f"the store failed with error {status}",
            code=code or f"http_{status}",
            retryable=True,
            outcome_unknown=write,
            retry_after=wait,
        )
    return ProviderError(VENDOR, _sentence(status, headers, code, message, write=write), code=code or f"http_{status}")


def _sentence(status: int, headers: Mapping[str, str], code: str | None, message: str, *, write: bool) -> str:
    """Words a merchant can act on."""
    if 300 <= status < 400:  # noqa: PLR2004
        target = urlsplit(headers.get("Location") or "").hostname or "another address"
        return f"the store sends us on to {target}; connect it with its final address"
    if status in {401, 403}:
        return _auth_sentence(status, code, message, write=write)
    if status == 404 and code in {None, "rest_no_route"}:  # noqa: PLR2004
        return (
            "WooCommerce's REST API is not found there: check the address, that WooCommerce is active, "
            "and that Settings > Permalinks is not set to Plain"
        )
    return f"the store refused: {message}" if message else f"the store refused with error {status}"


def _auth_sentence(status: int, code: str | None, message: str, *, write: bool) -> str:
    if code is None:
        return f"a firewall or security plugin in front of the store turns us away (error {status})"
    if code == "woocommerce_rest_authentication_error" and write and "write" in message.casefold():
        return "the key may only read; give it Read/Write under WooCommerce > Settings > Advanced > REST API"
    if code.startswith("woocommerce_rest_authentication"):
        return (
            f"the store does not accept the key: {message} Copy consumer key and consumer secret again, whole, "
            "and use exactly the address that stands under Settings > General"
        )
    return (
        "the store does not know this key, or its user may not manage the shop. Check that the key is not revoked, "
        "that Settings > Permalinks is not set to Plain, and that the web server passes the Authorization header on"
    )


def _plain(message: Any) -> str:
    if not isinstance(message, str):
        return ""
    text = " ".join(unescape(_TAG.sub(" ", message)).split())
    return _KEY.sub("[key]", text)[:300]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, if the header tells seconds (a date is left to our own back-off)."""
    text = (headers.get("Retry-After") or "").strip()
    return float(int(text)) if text.isdecimal() and text.isascii() and len(text) < 7 else None  # noqa: PLR2004
