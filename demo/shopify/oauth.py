"""OAuth as Shopify does it: consent and authorization code, token exchange, refresh with rotation.

An expiring offline token lives an hour, its refresh token 90 days. Every refresh rotates the pair; the refresh token
before stays good until the new one is used, 30 days at most, so that a lost answer does not lose the shop.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import jwt
from flask import Blueprint, Response, current_app, jsonify, redirect, render_template, request

from demo.shopify.scopes import EVERYTHING
from demo.shopify.state import instant, stamp

if TYPE_CHECKING:
    from demo.shopify.store import ShopifyStore

blueprint = Blueprint("shopify_oauth", __name__, template_folder="templates")

ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(days=90)
GRACE = timedelta(days=30)
CODE_LIFE = timedelta(minutes=10)
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"
_SPENT = {"code": "invalid_grant", "description": "The refresh token is invalid or has expired"}
_BAD_SUBJECT = "invalid_subject_token"
ONLINE = "urn:shopify:params:oauth:token-type:online-access-token"


class Denied(Exception):
    """An OAuth error: code and words."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


@dataclass(slots=True)
class OAuth:
    """The app's grants in this store."""

    store: ShopifyStore
    client_id: str
    client_secret: str

    def scopes_of(self, token: str) -> tuple[str, ...] | None:
        """The scopes of a living access token; None when there is no such token."""
        if not token:
            return None
        row = self.store.state.row(
            "SELECT grants.scope, tokens.expires_at FROM tokens JOIN grants ON grants.id = grant_id WHERE token = ?",
            token,
        )
        if row is None or (row["expires_at"] and instant(row["expires_at"]) <= self.store.now()):
            return None
        return tuple(sorted(filter(None, row["scope"].split(","))))

    def grant_fixed(self, token: str, scopes: tuple[str, ...] = EVERYTHING) -> None:
        """Make ``token`` a non-expiring access token (as a custom app of the merchant has)."""
        if self.store.state.row("SELECT 1 FROM tokens WHERE token = ?", token) is None:
            grant = self.store.state.write("INSERT INTO grants (scope) VALUES (?)", ",".join(scopes))
            self.store.state.write("INSERT INTO tokens VALUES (?, ?, NULL)", token, grant)

    def issue_code(self, scope: str) -> str:
        """An authorization code, good once and for ten minutes."""
        code = secrets.token_hex(16)
        self.store.state.write("INSERT INTO codes VALUES (?, ?, ?)", code, scope, stamp(self.store.now()))
        return code

    def revoke_everything(self) -> None:
        """The app was removed: no token works any more."""
        with self.store.state.transaction():
            for table in ("tokens", "grants", "codes"):
                self.store.state.write(f"DELETE FROM {table}")  # noqa: S608 - constant names

    def by_code(self, code: str, *, expiring: bool) -> dict[str, Any]:
        """Authorization code grant. Raises Denied."""
        with self.store.state.transaction():
            row = self.store.state.row("SELECT * FROM codes WHERE code = ?", code)
            if row is None or instant(row["at"]) + CODE_LIFE <= self.store.now():
                raise Denied(
                    code="invalid_request", description="The authorization code was not found or was already used"
                )
            self.store.state.write("DELETE FROM codes WHERE code = ?", code)
            return self._open(row["scope"], expiring=expiring)

    def by_exchange(self, fields: dict[str, str], *, expiring: bool) -> dict[str, Any]:
        """Token exchange of an ID token, or of an old offline token for an expiring one. Raises Denied."""
        subject, kind = fields.get("subject_token", ""), fields.get("subject_token_type", "")
        if kind == OFFLINE:
            scopes = self.scopes_of(subject)
            if scopes is None:
                raise Denied(code="invalid_subject_token", description="The subject token is invalid or has expired")
            return self._open(",".join(scopes), expiring=expiring)
        if kind != ID_TOKEN:
            raise Denied(code="invalid_request", description="subject_token_type is not supported")
        self._check_id_token(subject)
        wanted = fields.get("requested_token_type", OFFLINE)
        if wanted == ONLINE:
            raise Denied(code="invalid_request", description="This store issues offline tokens only")
        return self._open(",".join(EVERYTHING), expiring=expiring)

    def _check_id_token(self, token: str) -> None:
        options: Any = {"require": ["exp", "nbf", "aud", "iss", "dest"], "verify_exp": False, "verify_nbf": False}
        options |= {"verify_iat": False}
        try:
            claims = jwt.decode(
                token, self.client_secret, algorithms=["HS256"], audience=self.client_id, options=options
            )
        except jwt.PyJWTError as error:
            raise Denied(code=_BAD_SUBJECT, description="The subject token is invalid") from error
        now = self.store.now().timestamp()
        if not claims["nbf"] - 10 <= now <= claims["exp"] + 10:
            raise Denied(code=_BAD_SUBJECT, description="The subject token has expired")
        if urlsplit(claims["dest"]).hostname != self.store.shop:
            raise Denied(code=_BAD_SUBJECT, description="The subject token is for another shop")

    def by_refresh(self, token: str) -> dict[str, Any]:
        """Rotate. Raises Denied with invalid_grant for a token that is unknown, used up or too old."""
        state, now = self.store.state, self.store.now()
        with state.transaction():
            row = state.row("SELECT * FROM grants WHERE refresh = ? OR previous = ?", token, token)
            if row is None or not token:
                raise Denied(**_SPENT)
            until: str = row["refresh_expires_at" if row["refresh"] == token else "previous_expires_at"]
            if instant(until) <= now:
                raise Denied(**_SPENT)
            fresh = f"shprt_{secrets.token_hex(16)}"
            state.write(
                "UPDATE grants SET refresh = ?, refresh_expires_at = ?, previous = ?, previous_expires_at = ?"
                " WHERE id = ?",
                *(fresh, stamp(now + REFRESH_LIFE), token, min(stamp(now + GRACE), until), row["id"]),
            )
            return self._answer(row["id"], row["scope"], fresh)

    def _open(self, scope: str, *, expiring: bool) -> dict[str, Any]:
        with self.store.state.transaction():
            fresh = f"shprt_{secrets.token_hex(16)}" if expiring else None
            until = stamp(self.store.now() + REFRESH_LIFE) if expiring else None
            grant = self.store.state.write(
                "INSERT INTO grants (scope, refresh, refresh_expires_at) VALUES (?, ?, ?)", scope, fresh, until
            )
            self.store.installed()
            return self._answer(grant, scope, fresh)

    def _answer(self, grant: int, scope: str, refresh: str | None) -> dict[str, Any]:
        token = f"shpat_{secrets.token_hex(16)}"
        until = stamp(self.store.now() + ACCESS_LIFE) if refresh else None
        self.store.state.write("INSERT INTO tokens VALUES (?, ?, ?)", token, grant, until)
        answer: dict[str, Any] = {"access_token": token, "scope": scope}
        if refresh:
            answer |= {
                "expires_in": int(ACCESS_LIFE.total_seconds()),
                "refresh_token": refresh,
                "refresh_token_expires_in": int(REFRESH_LIFE.total_seconds()),
            }
        return answer


def callback_signature(query: dict[str, str], secret: str) -> str:
    """The hex ``hmac`` of a redirect to the app: all other parameters, sorted, as a query string."""
    message = "&".join(f"{name}={query[name]}" for name in sorted(query) if name != "hmac")
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def _store() -> ShopifyStore:
    store: ShopifyStore = current_app.store  # type: ignore[attr-defined]
    return store


def _stranger(given: Mapping[str, str]) -> tuple[str, int] | None:
    """Why this app may not be sent a code, as a page."""
    if given.get("client_id") != _store().oauth.client_id:
        return render_template("shopify_admin/message.html", text="This app cannot be found."), 400
    if not given.get("redirect_uri", "").startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        return render_template("shopify_admin/message.html", text="The redirect_uri is not allowed for this app."), 400
    return None


@blueprint.get("/admin/oauth/authorize")
def ask() -> str | tuple[str, int]:
    """The consent page."""
    stranger = _stranger(request.args)
    if stranger:
        return stranger
    scopes = [one.strip() for one in request.args.get("scope", "").split(",") if one.strip()]
    return render_template("shopify_admin/consent.html", scopes=scopes, query=request.args)


@blueprint.post("/admin/oauth/authorize")
def grant() -> Any:
    """The merchant said yes: back to the app with a code."""
    store = _store()
    stranger = _stranger(request.form)
    if stranger:
        return stranger
    query = {
        "code": store.oauth.issue_code(request.form.get("scope", "")),
        "host": store.host_parameter(),
        "shop": store.shop,
        "state": request.form.get("state", ""),
        "timestamp": str(int(store.now().timestamp())),
    }
    query["hmac"] = callback_signature(query, store.oauth.client_secret)
    target = request.form["redirect_uri"]
    return redirect(f"{target}{'&' if urlsplit(target).query else '?'}{urlencode(query)}")


@blueprint.post("/admin/oauth/access_token")
def token() -> Response:
    """The token endpoint: code, token exchange, refresh. JSON or form."""
    given = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    fields = {str(name): str(value) for name, value in (given or {}).items()}
    try:
        return jsonify(_answer_token(_store().oauth, fields))
    except Denied as denied:
        answer = jsonify({"error": denied.code, "error_description": denied.description})
        answer.status_code = 401 if denied.code == "invalid_client" else 400
        return answer


def _answer_token(oauth: OAuth, fields: dict[str, str]) -> dict[str, Any]:
    secret_ok = hmac.compare_digest(fields.get("client_secret", "").encode(), oauth.client_secret.encode())
    if fields.get("client_id") != oauth.client_id or not secret_ok:
        raise Denied(code="invalid_client", description="Client authentication failed")
    expiring = fields.get("expiring", "0").lower() in {"1", "true"}
    kind = fields.get("grant_type")
    if kind == EXCHANGE:
        return oauth.by_exchange(fields, expiring=expiring)
    if kind == "refresh_token":
        return oauth.by_refresh(fields.get("refresh_token", ""))
    if kind in {None, "authorization_code"} and fields.get("code"):
        return oauth.by_code(fields["code"], expiring=expiring)
    raise Denied(
        code="unsupported_grant_type" if kind else "invalid_request", description="A required parameter is missing"
    )
