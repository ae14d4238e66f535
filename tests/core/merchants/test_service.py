from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

from app.core.kit.db import Database
from app.core.kit.errors import DomainError
from app.core.merchants import repository, service
from app.core.merchants.errors import EmailInvalid, PasswordTooShort, SettingInvalid, SignInRefused, StoreTaken
from app.core.merchants.models import Account, Store
from app.core.merchants.ports import StoreFacts
from app.core.merchants.rules import PlatformName, Role
from app.core.merchants.vault import Vault
from app.core.messaging import history
from tests.builders import NOW

VAULT = Vault([Fernet.generate_key().decode()])
SECRETS = {"consumer_key": "ck_1", "consumer_secret": "cs_1"}


def connect(session: Session, url: str, name: str, **facts: Any) -> Store:
    told = StoreFacts(name=name, currency="EUR", country="DE", **facts)
    return service.connect(session, VAULT, PlatformName.WOOCOMMERCE, url, SECRETS, told, actor="system", now=NOW)


@pytest.mark.parametrize(
    ("name", "url", "slug"),
    [
        ("Lintang & Co", "https://shop.example", "lintang-co"),
        ("Maison Émile", "https://shop.example", "maison-emile"),
        ("杭州小店", "https://www.hangzhou.example", "hangzhou-example"),
        ("杭州小店", "https://acme.myshopify.com", "acme"),
        ("!", "https://例子", "store"),
    ],
)
def test_a_store_is_called_by_its_name_in_our_links(sqlite_database: Database, name: str, url: str, slug: str) -> None:
    with sqlite_database.write() as session:
        assert connect(session, url, name).slug == slug


def test_two_stores_of_one_name_have_two_addresses(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        slugs = [connect(session, f"https://{n}.example", "Lintang").slug for n in ("a", "b", "c")]
    assert slugs == ["lintang", "lintang-2", "lintang-3"]


def test_a_store_that_is_connected_again_keeps_its_address_and_its_old_secret_for_a_while(
    sqlite_database: Database,
) -> None:
    with sqlite_database.write() as session:
        first = connect(session, "https://a.example", "Lintang")
        service.keep_credential(session, VAULT, first.id, "consumer_secret", "cs_2", now=NOW)
        again = connect(session, "https://a.example/", "Another name")
        assert (again.id, again.slug, again.name) == (first.id, "lintang", "Another name")
        assert service.signing_secrets(session, VAULT, again.id, "consumer_secret") == ("cs_1", "cs_2")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://shop.example/returns/", "https://shop.example/returns"),
        (" https://shop.example/apps/returns ", "https://shop.example/apps/returns"),
        ("http://127.0.0.1:8001/returns", "http://127.0.0.1:8001/returns"),
        ("", None),
    ],
)
def test_the_returns_page_in_the_storefront(sqlite_database: Database, given: str, kept: str | None) -> None:
    with sqlite_database.write() as session:
        store = connect(session, "https://shop.example", "Lintang")
        service.set_returns_url(session, store, given, actor="system", now=NOW)
        assert store.returns_url == kept
        assert [entry.event for entry in history.of(session, store.id, store.id)][-1] == "returns_url_changed"


@pytest.mark.parametrize(
    "given",
    [
        "http://shop.example/returns",
        "javascript:alert(1)",
        "shop.example/returns",
        "https:///x",
        "https://" + "a" * 260,
    ],
)
def test_an_address_that_shoppers_should_not_be_sent_to_is_refused(sqlite_database: Database, given: str) -> None:
    with sqlite_database.write() as session:
        store = connect(session, "https://shop.example", "Lintang")
        with pytest.raises(SettingInvalid) as refused:
            service.set_returns_url(session, store, given, actor="system", now=NOW)
        assert refused.value.field == "returns_url"
        assert store.returns_url is None


# --- people --------------------------------------------------------------------------------------------------------


def open_store(session: Session, owner: UUID, url: str = "https://a.example") -> Store:
    told = StoreFacts(name="Lintang", currency="EUR", country="DE")
    return service.open_store(session, VAULT, PlatformName.WOOCOMMERCE, url, SECRETS, told, owner=owner, now=NOW)


def person(session: Session, email: str) -> Account:
    return service.set_account(session, email, "Mia", "a long password", now=NOW)


def test_whoever_connects_a_store_owns_it(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        mia = person(session, "mia@example.test")
        store = open_store(session, mia.id)
        again = open_store(session, mia.id, "https://a.example/")
        assert again.id == store.id
        assert [(m.role, s.id) for m, s in repository.memberships(session, mia.id)] == [(Role.OWNER, store.id)]
        assert [e.actor for e in history.of(session, store.id, store.id)] == [history.staff(mia.id)] * 2


def test_a_store_that_is_somebody_s_cannot_be_connected_by_another(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        store = open_store(session, person(session, "mia@example.test").id)
        other = person(session, "eve@example.test")
        with pytest.raises(StoreTaken):
            open_store(session, other.id)
        service.enrol(session, store.id, "eve@example.test", "Eve", "unused password", Role.AGENT, now=NOW)
        with pytest.raises(StoreTaken):
            open_store(session, other.id)
        assert service.signing_secrets(session, VAULT, store.id, "consumer_secret") == ("cs_1",)


def test_a_store_without_people_may_be_taken_up(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        left = connect(session, "https://a.example", "Lintang")
        assert open_store(session, person(session, "mia@example.test").id).id == left.id


def test_an_account_is_made_once_and_gets_a_new_password(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        first = person(session, " Mia@Example.test ")
        again = service.set_account(session, "mia@example.test", "", "another long one", now=NOW)
        assert (again.id, again.name, again.email) == (first.id, "Mia", "mia@example.test")
        assert service.sign_in(session, "MIA@example.test", "another long one").id == first.id
        with pytest.raises(SignInRefused):
            service.sign_in(session, "mia@example.test", "a long password")


@pytest.mark.parametrize(
    ("email", "password", "refusal"),
    [
        ("mia@example.test", "eleven long", PasswordTooShort),
        ("mia", "a long password", EmailInvalid),
        ("mia@example", "a long password", EmailInvalid),
        ("a b@example.test", "a long password", EmailInvalid),
    ],
)
def test_what_cannot_be_an_account(
    sqlite_database: Database, email: str, password: str, refusal: type[DomainError]
) -> None:
    with sqlite_database.write() as session:
        with pytest.raises(refusal):
            service.set_account(session, email, "Mia", password, now=NOW)
        assert repository.account_by_email(session, email) is None
