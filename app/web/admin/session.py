"""Signing in, and which store a member of staff works in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from app.container import Container
from app.core.kit.errors import DomainError
from app.core.merchants import repository as merchants
from app.core.merchants import service
from app.core.merchants.errors import NotAllowed
from app.core.merchants.rules import Role
from app.core.messaging import history
from app.web.errors import sentence

if TYPE_CHECKING:
    from app.core.merchants.models import Store


@dataclass(frozen=True, slots=True)
class Staff:
    """Who is signed in, where, and as what."""

    account_id: UUID
    name: str
    store: Store
    role: Role
    stores: tuple[Store, ...]

    @property
    def actor(self) -> str:
        """How history names this person."""
        return history.staff(self.account_id)

    @property
    def may_decide(self) -> bool:
        """The warehouse receives and inspects; it decides nothing and moves no money again."""
        return self.role is not Role.WAREHOUSE

    @property
    def is_owner(self) -> bool:
        """Settings are the owner's."""
        return self.role is Role.OWNER


NO_STORE_YET = frozenset({"admin.new_store", "admin.sign_out", "admin.choose_language"})
"""What somebody may do who belongs to no store."""


def staff() -> Staff:
    """The signed-in person of this request."""
    person: Staff = g.staff
    return person


def only_owner() -> None:
    """Raises NotAllowed for everybody but an owner."""
    if not staff().is_owner:
        raise NotAllowed


def not_warehouse() -> None:
    """Raises NotAllowed for the warehouse, which receives and inspects but decides nothing."""
    if not staff().may_decide:
        raise NotAllowed


def register(blueprint: Blueprint, container: Container) -> None:
    """Sign in, sign out, choose a store; and the guard before every other page."""

    @blueprint.before_request
    def _who() -> Any:
        if request.endpoint == "admin.sign_in":
            return None
        account_id = session.get("account_id")
        if account_id is None:
            wanted = request.full_path if request.method == "GET" else None
            return redirect(url_for("admin.sign_in", next=wanted))
        with container.database.read() as db:
            mine = merchants.memberships(db, UUID(account_id))
            name = merchants.names(db, [UUID(account_id)]).get(UUID(account_id), "")
        if not name:  # the account is gone
            session.clear()
            return redirect(url_for("admin.sign_in"))
        if not mine:
            return None if request.endpoint in NO_STORE_YET else redirect(url_for("admin.new_store"))
        wanted_store = session.get("store_id")
        membership, store = next(((m, s) for m, s in mine if str(s.id) == wanted_store), mine[0])
        g.staff = Staff(UUID(account_id), name, store, membership.role, tuple(s for _, s in mine))
        if not request.args.get("lang"):
            languages = [tag for tag, _ in request.accept_languages]
            g.voice = container.texts.for_locale(session.get("lang") or languages or store.locale)
        return None

    @blueprint.context_processor
    def _frame() -> dict[str, Any]:
        return {"staff": g.get("staff")}

    @blueprint.route("/sign-in", methods=["GET", "POST"])
    def sign_in() -> str | Response | tuple[str, int]:
        email, failed = request.form.get("email", ""), None
        if request.method == "POST":
            try:
                with container.database.write() as db:
                    account = service.sign_in(db, email, request.form.get("password", ""))
            except DomainError as error:
                failed = sentence(g.voice, error.code)
            else:
                session.clear()
                session.permanent = True
                session["account_id"] = str(account.id)
                return redirect(_local(request.args.get("next")) or url_for("admin.inbox"))
        return render_template("admin/sign_in.html", email=email, failed=failed), 403 if failed else 200

    @blueprint.post("/sign-out")
    def sign_out() -> Response:
        session.clear()
        return redirect(url_for("admin.sign_in"))

    @blueprint.post("/store")
    def choose_store() -> Response:
        wanted = request.form.get("store_id", "")
        if wanted not in {str(store.id) for store in staff().stores}:
            abort(404)
        session["store_id"] = wanted
        return redirect(url_for("admin.inbox"))

    @blueprint.post("/language")
    def choose_language() -> Response:
        session["lang"] = container.texts.negotiate(request.form.get("lang", "en"))
        return redirect(_local(request.form.get("back")) or url_for("admin.inbox"))


def _local(target: str | None) -> str | None:
    """A path on this host, nothing else: two slashes, or a backslash, lead to another host in a browser."""
    if target and target.startswith("/admin") and "\\" not in target and not target.startswith("//"):
        return target
    return None
