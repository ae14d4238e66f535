"""Shopify's GraphQL Admin API over HTTP: one operation out, its data back, or a ProviderError that says what to do.

What a call can meet, and what becomes of it (sources: shopify.dev "GraphQL Admin API rate limits", "API status and
error codes", "Implementing idempotency"):

    no connection                  retryable; nothing was sent
    cut off after sending, 5xx     a query is retryable, a mutation's outcome is unknown
    429, THROTTLED (HTTP 200!)     waited out here when short, else retryable after ``retry_after`` seconds
    401, 402, 403, 404, 423        not retryable; words a merchant can act on
    errors without data            by their code; an unknown code on a mutation means the outcome is unknown
    errors beside data             only personal fields may be missing (the app was not approved for them)
    userErrors                     not retryable; Shopify's own sentence, except the idempotency codes
"""

from __future__ import annotations

import ipaddress
import json
import math
import os
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import httpx
import structlog

from app.core.kit.errors import ProviderError

VENDOR = "Shopify"
QUERIES = Path(__file__).parent / "queries"

_log = structlog.get_logger(__name__)

_SHOP = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com", re.ASCII)
_VERSION = re.compile(r"20\d\d-(01|04|07|10)", re.ASCII)
_OPERATION = re.compile(r"^(query|mutation) (\w+)", re.MULTILINE)
_SPREAD = re.compile(r"\.\.\.(\w+)")

_TRIES = 4
_PATIENCE = 2.0  # seconds that one wait may take while somebody may be looking at a page
_SETBACK = 60.0  # a Retry-After that cannot be read

# Shopify shows what it may not show as null beside the data (protected customer data, level 2). Everything else that
# is missing would make a wrong order of a right one.
_PERSONAL = frozenset({"customer", "email", "shippingAddress", "billingAddress"})

_OUR_FAULT = frozenset(
    "BAD_REQUEST INVALID_VARIABLE INVALID_FIELD_ARGUMENTS MAX_COST_EXCEEDED undefinedField argumentNotAccepted "
    "missingRequiredArguments argumentLiteralsIncompatible variableMismatch RESOURCE_NOT_FOUND".split()
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One document of ``queries``, with the fragments it uses."""

    name: str
    document: str
    mutation: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``withheld`` names the personal fields that Shopify would not show to this app."""

    data: dict[str, Any]
    withheld: tuple[str, ...] = ()


class PreviousAttemptFailed(ProviderError):
    """The first call with this idempotency key failed inside Shopify and did nothing; the key is burnt."""


@cache
def operation(name: str) -> Operation:
    """The operation in ``queries/{name}.graphql``, read once; comments stay at home."""
    text = _bare(QUERIES / f"{name}.graphql")
    found = _OPERATION.search(text)
    if found is None:
        msg = f"queries/{name}.graphql holds no named operation"
        raise ValueError(msg)
    fragments = _fragments()
    wanted: dict[str, str] = {}
    pending = _SPREAD.findall(text)
    while pending:
        spread = pending.pop()
        if spread not in wanted:
            wanted[spread] = fragments[spread]
            pending += _SPREAD.findall(fragments[spread])
    return Operation(found[2], "\n".join([text, *wanted.values()]), mutation=found[1] == "mutation")


@cache
def _fragments() -> dict[str, str]:
    texts = [_bare(path) for path in sorted((QUERIES / "fragments").glob("*.graphql"))]
    return {text.split()[1]: text for text in texts}


def _bare(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def is_shop(domain: str) -> bool:
    """Whether ``domain`` is exactly a shop's own host name, so that a token may be sent to it."""
    return _SHOP.fullmatch(domain) is not None and len(domain) <= 255  # noqa: PLR2004 (RFC 1035)


class Transport:
    """The process's pooled connections to Shopify.

    ``api_base`` replaces ``https://{shop}`` for a stand-in on this machine and must be a loopback address, because
    tokens go there. ``transport`` and ``sleep`` are for tests. Raises ValueError for a bad version or base.
    """

    def __init__(
        self,
        version: str,
        api_base: str | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if _VERSION.fullmatch(version) is None:
            msg = f"{version!r} is no version of Shopify's Admin API (such as 2026-10)"
            raise ValueError(msg)
        if api_base is not None and not _is_loopback(api_base):
            msg = "HELLOWORD_SHOPIFY_API_BASE is only for a stand-in store on this machine (http://127.0.0.1:port)"
            raise ValueError(msg)
        self.version = version
        self.sleep = sleep
        self._base = api_base.rstrip("/") if api_base else None
        self._transport = transport
        self._lock = Lock()
        self._clients: dict[int, httpx.Client] = {}

    def url(self, shop: str) -> str:
        """Where this shop's GraphQL is. Raises ProviderError for what is no shop's domain."""
        if not is_shop(shop):
            msg = "This is not a Shopify store's address; it ends in .myshopify.com."
            raise ProviderError(VENDOR, msg, code="shop_domain_invalid")
        root = self._base or f"https://{shop}"
        return f"{root}/admin/api/{self.version}/graphql.json"

    def client(self) -> httpx.Client:
        """This process's client: a worker's forked child must not share its parent's sockets."""
        pid = os.getpid()
        client = self._clients.get(pid)
        if client is None:
            with self._lock:
                client = self._clients.get(pid)
                if client is None:
                    client = self._clients[pid] = httpx.Client(
                        timeout=httpx.Timeout(20.0, connect=5.0),
                        limits=httpx.Limits(max_connections=20, max_keepalive_connections=10),
                        follow_redirects=False,  # a redirect would carry the token to another host
                        trust_env=self._base is None,
                        transport=self._transport,
                    )
        return client

    def close(self) -> None:
        """Let this process's connections go."""
        client = self._clients.pop(os.getpid(), None)
        if client is not None:
            client.close()


def _is_loopback(base: str) -> bool:
    parts = urlsplit(base)
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or parts.query or parts.fragment:
        return False
    host = parts.hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class AdminClient:
    """One shop's Admin API with one token. Nothing is sent before ``run``."""

    transport: Transport
    shop: str
    token: str = field(repr=False)

    def run(self, name: str, variables: Mapping[str, Any], *, patience: float = _PATIENCE) -> Answer:
        """Send ``queries/{name}.graphql``. A throttled call is repeated here a few times while each wait takes at
        most ``patience`` seconds. Raises ProviderError.
        """
        chosen = operation(name)
        for attempt in range(1, _TRIES + 1):
            try:
                return self._once(chosen, variables)
            except _Throttled as throttled:
                if attempt == _TRIES or throttled.wait > patience:
                    raise ProviderError(
                        VENDOR,
                        "Shopify asks us to slow down; we go on by ourselves in a moment.",
                        code="throttled",
                        retryable=True,
                        retry_after=throttled.wait,
                    ) from None
                self.transport.sleep(throttled.wait)
        raise AssertionError  # pragma: no cover (the last attempt returns or raises)

    def _once(self, chosen: Operation, variables: Mapping[str, Any]) -> Answer:
        url = self.transport.url(self.shop)
        body = json.dumps({"query": chosen.document, "operationName": chosen.name, "variables": dict(variables)})
        headers = {
            "X-Shopify-Access-Token": _header_safe(self.token),
            "Content-Type": "application/json",
            "Accept": "application/json",
            "User-Agent": "Helloword",
        }
        # "from None" throughout: httpx's errors hold the request, and with it the token.
        try:
            response = self.transport.client().post(url, content=body.encode(), headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            msg = "Shopify could not be reached; we try again."
            raise ProviderError(VENDOR, msg, code="unreachable", retryable=True) from None
        except httpx.HTTPError as error:
            raise _cut_off(chosen, type(error).__name__) from None
        _refuse_status(chosen, response)
        try:
            reply = json.loads(response.content, parse_float=Decimal)
        except (ValueError, RecursionError):
            raise _cut_off(chosen, "no JSON") from None
        if not isinstance(reply, dict):
            raise _cut_off(chosen, "no JSON object")
        _log.debug("shopify_called", shop=self.shop, operation=chosen.name, cost=_cost(reply).get("actualQueryCost"))
        return self._judge(chosen, reply)

    def _judge(self, chosen: Operation, reply: dict[str, Any]) -> Answer:
        errors, data = reply.get("errors"), reply.get("data")
        if not errors:
            if not isinstance(data, dict):
                raise _cut_off(chosen, "no data")
            return Answer(data)
        problems = [_problem(one) for one in errors] if isinstance(errors, list) else [Problem("", str(errors), ())]
        if any(problem.code == "THROTTLED" for problem in problems):
            raise _Throttled(_wait(_cost(reply)))
        if isinstance(data, dict) and any(value is not None for value in data.values()):
            grave = [problem for problem in problems if not problem.only_personal]
            if not grave or chosen.mutation:
                # a mutation with a result has happened, whatever could not be shown of it
                withheld = tuple(".".join(problem.path) for problem in problems)
                _log.warning("shopify_withheld", shop=self.shop, operation=chosen.name, fields=withheld)
                return Answer(data, withheld)
            problems = grave
        raise _refusal(chosen, problems[0])


@dataclass(frozen=True, slots=True)
class Problem:
    """One entry of ``errors``. ``path`` leads to the field, without list positions."""

    code: str
    message: str
    path: tuple[str, ...]
    access: str = ""

    @property
    def only_personal(self) -> bool:
        """Whether all that is missing is something about the shopper that this app may not see."""
        return self.code == "ACCESS_DENIED" and not _PERSONAL.isdisjoint(self.path)


class _Throttled(Exception):
    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


def _problem(entry: Any) -> Problem:
    if not isinstance(entry, dict):
        return Problem("", str(entry), ())
    extensions, path = entry.get("extensions"), entry.get("path")
    if not isinstance(extensions, dict):
        extensions = {}
    return Problem(
        code=str(extensions.get("code") or ""),
        message=str(entry.get("message") or ""),
        path=tuple(step for step in path if isinstance(step, str)) if isinstance(path, list) else (),
        access=str(extensions.get("requiredAccess") or ""),
    )


def _cost(reply: dict[str, Any]) -> dict[str, Any]:
    extensions = reply.get("extensions")
    cost = extensions.get("cost") if isinstance(extensions, dict) else None
    return cost if isinstance(cost, dict) else {}


def _wait(cost: dict[str, Any]) -> float:
    """Seconds until the bucket holds what the call asks for, rounded up to a tenth; a second if it does not say."""
    status = cost.get("throttleStatus")
    status = status if isinstance(status, dict) else {}
    asked, there, rate = (
        Decimal(value) if isinstance(value, int | Decimal) else None
        for value in (cost.get("requestedQueryCost"), status.get("currentlyAvailable"), status.get("restoreRate"))
    )
    if asked is None or there is None or rate is None or rate <= 0:
        return 1.0
    return max(0.1, math.ceil((asked - there) / rate * 10) / 10)


def _refuse_status(chosen: Operation, response: httpx.Response) -> None:
    status = response.status_code
    if status == httpx.codes.OK:
        return
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise _Throttled(_retry_after(response))
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise _cut_off(chosen, f"HTTP {status}")
    words = {
        401: "Shopify no longer accepts our access to this store. Open Helloword in your Shopify admin, or enter a new "
        "access token.",
        402: "Shopify has frozen this store until its bill is paid; then we go on.",
        403: "Shopify does not let Helloword do this. Open Helloword in your Shopify admin and accept its permissions.",
        404: "There is no Shopify store at this address.",
        423: "Shopify has locked this store; its support can say why.",
    }
    message = words.get(status, f"Shopify did not take our request (HTTP {status}).")
    raise ProviderError(VENDOR, message, code=f"http_{status}")


def _retry_after(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "1.0")
    return min(float(text), 3600.0) if re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII) else _SETBACK


def _cut_off(chosen: Operation, why: str) -> ProviderError:
    if chosen.mutation:
        msg = f"Shopify did not answer ({why}); we look whether it was done before we try again."
        return ProviderError(VENDOR, msg, code="no_answer", outcome_unknown=True)
    msg = f"Shopify did not answer ({why}); we try again."
    return ProviderError(VENDOR, msg, code="no_answer", retryable=True)


def _refusal(chosen: Operation, problem: Problem) -> ProviderError:
    known = idempotency_error(problem.code, problem.message)
    if known is not None:
        return known
    if problem.code == "ACCESS_DENIED":
        needed = f" It needs: {problem.access}" if problem.access else ""
        msg = f"Shopify does not let Helloword do this. Accept its permissions in your Shopify admin.{needed}"
        return ProviderError(VENDOR, msg, code="access_denied")
    message = f"Shopify refused: {problem.message}" if problem.message else "Shopify refused without saying why."
    if problem.code in _OUR_FAULT:
        return ProviderError(VENDOR, message, code=problem.code)
    return ProviderError(VENDOR, message, code=problem.code or None, retryable=True, outcome_unknown=chosen.mutation)


def refuse_user_errors(payload: Mapping[str, Any]) -> None:
    """Raise Shopify's own refusal of a mutation, if it made one. ``payload`` is the mutation's field in the data."""
    for error in payload.get("userErrors") or []:
        code, message = str(error.get("code") or ""), str(error.get("message") or "")
        known = idempotency_error(code, message)
        if known is not None:
            raise known
        again = code in {"SERVICE_UNAVAILABLE", "ADJUST_QUANTITIES_FAILED", "CHANGE_FROM_QUANTITY_STALE"}
        raise ProviderError(VENDOR, f"Shopify refused: {message}", code=code or "user_error", retryable=again)


def idempotency_error(code: str, message: str) -> ProviderError | None:
    """What an idempotency code means. refundCreate's userErrors have no code, so there the words must do."""
    text = f"{code} {message}"
    if "IDEMPOTENCY_CONCURRENT_REQUEST" in text or "request is currently in progress" in message:
        msg = "Shopify is still working on the first call; we look at its result in a moment."
        return ProviderError(VENDOR, msg, code="IDEMPOTENCY_CONCURRENT_REQUEST", outcome_unknown=True)
    if "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED" in text or "with this idempotency key failed" in message:
        msg = "Shopify's first attempt failed; nothing was done."
        return PreviousAttemptFailed(VENDOR, msg, code="IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED", retryable=True)
    if "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" in text or "with different operation parameters" in message:
        msg = "Shopify has already been asked for this with other amounts. Look at the order in your Shopify admin."
        return ProviderError(VENDOR, msg, code="IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
    return None


def _header_safe(token: str) -> str:
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        msg = "The access token is not one that Shopify gives (it looks like shpat_...)."
        raise ProviderError(VENDOR, msg, code="token_malformed")
    return token
