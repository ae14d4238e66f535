"""OAuth round trips, and every way in which they are refused."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from flask.testing import FlaskClient
from shopify_app import ShopifyApp

from demo.shopify.app import CLIENT_ID, DemoShop
from demo.shopify.scopes import EVERYTHING
from demo.shopify.store import ShopifyStore
from tests.demo.shopify.small_shop import SECRET, SHOP, TOKEN, Send
from tests.demo.standins import Clock

CALLBACK = "https://app.example/callback"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
NAME = "{ shop { name } }"


def ask(web: FlaskClient, **fields: str) -> Any:
    return web.post("/admin/oauth/access_token", json={"client_id": CLIENT_ID, "client_secret": SECRET, **fields})


def works(web: FlaskClient, token: str) -> bool:
    answer = web.post(
        "/admin/api/2026-10/graphql.json", json={"query": NAME}, headers={"X-Shopify-Access-Token": token}
    )
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


def consent(web: FlaskClient) -> dict[str, str]:
    """Press the button on the consent page; gives the query of the redirect."""
    fields = {"client_id": CLIENT_ID, "scope": "read_orders,write_orders", "redirect_uri": CALLBACK, "state": "nonce"}
    page = web.get("/admin/oauth/authorize", query_string=fields)
    assert page.status_code == 200
    assert "write_orders" in page.text
    answer = web.post("/admin/oauth/authorize", data=fields)
    assert answer.status_code == 302
    target = urlsplit(answer.headers["Location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == CALLBACK
    return {name: values[0] for name, values in parse_qs(target.query).items()}


def id_token(clock: Clock, *, secret: str = SECRET, age: int = 0, **claims: Any) -> str:
    at = int(clock().timestamp()) - age
    body = {
        "iss": f"https://{SHOP}/admin",
        "dest": f"https://{SHOP}",
        "aud": CLIENT_ID,
        "sub": "42",
        "exp": at + 60,
        "nbf": at,
        "iat": at,
        "jti": "one",
        "sid": "session",
    }
    return jwt.encode({**body, **claims}, secret, algorithm="HS256")


def exchange(web: FlaskClient, token: str, **more: str) -> Any:
    kind = "urn:ietf:params:oauth:token-type:id_token"
    offline = "urn:shopify:params:oauth:token-type:offline-access-token"
    fields = {"subject_token": token, "subject_token_type": kind, "requested_token_type": offline, "expiring": "1"}
    return ask(web, grant_type=EXCHANGE, **{**fields, **more})


def test_the_redirect_carries_code_and_state_and_a_true_hmac(web: FlaskClient) -> None:
    query = consent(web)
    assert (query["shop"], query["state"]) == (SHOP, "nonce")
    message = "&".join(f"{name}={query[name]}" for name in sorted(query) if name != "hmac")
    assert query["hmac"] == hmac.new(SECRET.encode(), message.encode(), hashlib.sha256).hexdigest()


def test_a_code_buys_a_token_without_an_end_when_expiring_is_not_asked_for(web: FlaskClient, clock: Clock) -> None:
    answer = ask(web, code=consent(web)["code"])
    assert set(answer.json) == {"access_token", "scope"}
    assert answer.json["scope"] == "read_orders,write_orders"
    clock.forward(days=400)
    assert works(web, answer.json["access_token"])


def test_a_code_buys_an_expiring_pair(web: FlaskClient, clock: Clock) -> None:
    answer = ask(web, code=consent(web)["code"], expiring="1").json
    assert (answer["expires_in"], answer["refresh_token_expires_in"]) == (3600, 90 * 24 * 3600)
    clock.forward(minutes=59)
    assert works(web, answer["access_token"])
    clock.forward(minutes=1)
    assert not works(web, answer["access_token"])


def test_a_code_is_good_once_and_for_ten_minutes(web: FlaskClient, clock: Clock) -> None:
    code = consent(web)["code"]
    assert ask(web, code=code).status_code == 200
    assert ask(web, code=code).status_code == 400
    late = consent(web)["code"]
    clock.forward(minutes=10)
    assert ask(web, code=late).status_code == 400


@pytest.mark.parametrize("wrong", [{"client_secret": "x"}, {"client_id": "x"}, {"client_secret": "é"}])
def test_a_stranger_gets_no_token(web: FlaskClient, wrong: dict[str, str]) -> None:
    code = consent(web)["code"]
    answer = ask(web, **{"code": code, **wrong})
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    assert ask(web, code=code).status_code == 200


def test_the_consent_page_knows_its_app_and_does_not_send_codes_anywhere(web: FlaskClient) -> None:
    assert web.get("/admin/oauth/authorize", query_string={"client_id": "x"}).status_code == 400
    query = {"client_id": CLIENT_ID, "redirect_uri": "javascript:alert(1)"}
    assert web.get("/admin/oauth/authorize", query_string=query).status_code == 400
    assert web.post("/admin/oauth/authorize", data=query).status_code == 400


# --- token exchange ------------------------------------------------------------------------------------------------


def test_an_id_token_is_exchanged_for_an_expiring_pair_with_the_apps_scopes(web: FlaskClient, clock: Clock) -> None:
    answer = exchange(web, id_token(clock)).json
    assert answer["scope"] == ",".join(EVERYTHING)
    assert answer["refresh_token"]
    assert works(web, answer["access_token"])


def bad_tokens(clock: Clock) -> dict[str, str]:
    return {
        "expired": id_token(clock, age=71),
        "not yet": id_token(clock, age=-11),
        "another app": id_token(clock, aud="other"),
        "another shop": id_token(clock, dest="https://evil.myshopify.com"),
        "another secret": id_token(clock, secret="shpss_of_quite_another_app_of_the_same_length"),
        "no token": "x.y.z",
        "unsigned": jwt.encode({"aud": CLIENT_ID, "dest": f"https://{SHOP}"}, "", algorithm="none"),
    }


@pytest.mark.parametrize(
    "name", ["expired", "not yet", "another app", "another shop", "another secret", "no token", "unsigned"]
)
def test_a_bad_id_token_is_refused(web: FlaskClient, store: ShopifyStore, clock: Clock, name: str) -> None:
    before = len(store.state.rows("SELECT * FROM tokens"))
    answer = exchange(web, bad_tokens(clock)[name])
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_subject_token")
    assert len(store.state.rows("SELECT * FROM tokens")) == before


def test_an_old_token_without_an_end_can_be_exchanged_for_a_pair(web: FlaskClient) -> None:
    kind = "urn:shopify:params:oauth:token-type:offline-access-token"
    answer = exchange(web, TOKEN, subject_token_type=kind).json
    assert answer["refresh_token"]
    assert works(web, answer["access_token"])
    assert exchange(web, "shpat_unknown", subject_token_type=kind).status_code == 400


def test_shopifys_own_library_exchanges_and_refreshes_here(shop: DemoShop, clock: Clock) -> None:
    app = ShopifyApp(client_id=CLIENT_ID, client_secret=SECRET)
    token = {"exchangeable": True, "token": id_token(clock), "claims": {"dest": f"https://{SHOP}"}}
    with httpx.Client(transport=httpx.WSGITransport(app=shop)) as http:
        bought = app.exchange_using_token_exchange(
            access_mode="offline", id_token=token, expiring=True, http_client=http
        )
        assert bought.ok, bought.log
        assert bought.access_token is not None
        assert works(shop.test_client(), bought.access_token.token)
        old = {
            "shop": SHOP.partition(".")[0],
            "token": bought.access_token.token,
            "scope": bought.access_token.scope,
            "access_mode": "offline",
            "expires": "2020-01-01T00:00:00Z",
            "refresh_token": bought.access_token.refresh_token,
            "refresh_token_expires": "2099-01-01T00:00:00Z",
            "user": None,
        }
        fresh = app.refresh_token_exchanged_access_token(old, http_client=http)
        assert fresh.ok, fresh.log
        assert fresh.access_token is not None
        assert fresh.access_token.refresh_token != bought.access_token.refresh_token
        assert works(shop.test_client(), fresh.access_token.token)


# --- refresh -------------------------------------------------------------------------------------------------------


def refresh(web: FlaskClient, token: str) -> Any:
    return ask(web, grant_type="refresh_token", refresh_token=token)


@pytest.fixture
def pair(web: FlaskClient, clock: Clock) -> dict[str, Any]:
    return dict(exchange(web, id_token(clock)).json)


def test_a_refresh_rotates_the_pair(web: FlaskClient, pair: dict[str, Any], clock: Clock) -> None:
    clock.forward(hours=2)
    assert not works(web, pair["access_token"])
    fresh = refresh(web, pair["refresh_token"]).json
    assert fresh["refresh_token"] != pair["refresh_token"]
    assert works(web, fresh["access_token"])


def test_the_refresh_token_before_stays_good_until_the_new_one_is_used(web: FlaskClient, pair: dict[str, Any]) -> None:
    lost = refresh(web, pair["refresh_token"]).json
    again = refresh(web, pair["refresh_token"])
    assert again.status_code == 200
    assert refresh(web, lost["refresh_token"]).json["error"] == "invalid_grant"
    newest = refresh(web, again.json["refresh_token"])
    assert newest.status_code == 200
    answer = refresh(web, pair["refresh_token"])
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")


def test_the_grace_ends_after_thirty_days(web: FlaskClient, pair: dict[str, Any], clock: Clock) -> None:
    refresh(web, pair["refresh_token"])
    clock.forward(days=30)
    assert refresh(web, pair["refresh_token"]).json["error"] == "invalid_grant"


def test_a_refresh_token_dies_after_ninety_days(web: FlaskClient, pair: dict[str, Any], clock: Clock) -> None:
    clock.forward(days=90)
    assert refresh(web, pair["refresh_token"]).json["error"] == "invalid_grant"


@pytest.mark.parametrize("token", ["", "shprt_unknown", TOKEN])
def test_what_is_no_refresh_token_is_an_invalid_grant(web: FlaskClient, token: str) -> None:
    assert refresh(web, token).json["error"] == "invalid_grant"


def test_after_the_app_is_removed_no_token_works(
    web: FlaskClient, store: ShopifyStore, send: Send, pair: dict[str, Any]
) -> None:
    assert send("mutation { appUninstall { userErrors { message } } }")["data"]["appUninstall"]["userErrors"] == []
    assert not works(web, TOKEN)
    assert not works(web, pair["access_token"])
    assert refresh(web, pair["refresh_token"]).json["error"] == "invalid_grant"
    assert [one["topic"] for one in store.deliveries.all()] == ["app/uninstalled"]
