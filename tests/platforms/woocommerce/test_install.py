from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.container import ConnectedStore, Platform
from app.core.kit.errors import ProviderError
from app.core.merchants.ports import StoreConnection, StoreFacts
from app.platforms.woocommerce.adapter import WooCommercePlatform
from app.platforms.woocommerce.install import store_root
from tests.platforms.woocommerce.builders import two_sweaters
from tests.platforms.woocommerce.loopback import KEY, SECRET, Answer, Loopback, recording, tls_on

GENERAL = [{"id": "woocommerce_default_country", "value": "DE:DE-BE"}, {"id": "woocommerce_currency", "value": "EUR"}]
NO_ORDER_ZERO = Answer({"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID."}, 400)


def serve(loopback: Loopback) -> None:
    loopback.on("GET", "/wc/v3/settings/general", Answer(GENERAL))
    loopback.on(
        "GET", "/wc/v3/settings/email", Answer([{"id": "woocommerce_email_from_address", "value": "shop@example.test"}])
    )
    loopback.on(
        "GET", "/wc/v3/system_status", Answer({"environment": {"language": "en_US"}, "settings": {"currency": "EUR"}})
    )
    loopback.on(
        "GET", "/", Answer({"name": "Caf&eacute; &amp; Co", "timezone_string": "Europe/Berlin", "gmt_offset": 1})
    )
    loopback.on("PUT", "/wc/v3/orders/0", NO_ORDER_ZERO)


def failure(platform: WooCommercePlatform, connection: StoreConnection) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        platform.facts(connection)
    assert SECRET not in str(caught.value)
    return caught.value


def test_the_adapters_are_what_the_house_asks_for(platform: WooCommercePlatform, connection: StoreConnection) -> None:
    house: Platform = platform
    store: ConnectedStore = house.connect(connection)
    assert store is not None


def test_a_store_tells_what_it_is(
    platform: WooCommercePlatform, connection: StoreConnection, loopback: Loopback
) -> None:
    serve(loopback)
    assert platform.facts(connection) == StoreFacts(
        name="Café & Co",
        currency="EUR",
        country="DE",
        timezone="Europe/Berlin",
        locale="en-US",
        location_ref=None,
        support_email="shop@example.test",
    )
    index = next(asked for asked in loopback.asked if asked.path == "/")
    assert "oauth_consumer_key" not in index.query


def test_a_key_that_may_only_read_is_refused_in_words(
    platform: WooCommercePlatform, connection: StoreConnection, loopback: Loopback
) -> None:
    serve(loopback)
    said = {
        "code": "woocommerce_rest_authentication_error",
        "message": "The API key provided does not have write permissions.",
    }
    loopback.on("PUT", "/wc/v3/orders/0", Answer(said, 401))
    error = failure(platform, connection)
    assert (error.code, error.retryable) == ("read_only_key", False)
    assert "Read/Write" in error.message


def test_a_read_only_key_of_a_store_in_another_language_is_found_too(
    platform: WooCommercePlatform, connection: StoreConnection, loopback: Loopback
) -> None:
    serve(loopback)
    said = {"code": "woocommerce_rest_authentication_error", "message": "Der API-Schlüssel darf nicht schreiben."}
    loopback.on("PUT", "/wc/v3/orders/0", Answer(said, 401))
    assert failure(platform, connection).code == "read_only_key"


def test_proving_that_the_key_may_write_changes_nothing(
    platform: WooCommercePlatform, connection: StoreConnection, loopback: Loopback
) -> None:
    serve(loopback)
    platform.facts(connection)
    writes = [asked for asked in loopback.asked if asked.method != "GET"]
    assert [(asked.method, asked.path, asked.body) for asked in writes] == [("PUT", "/wc/v3/orders/0", {})]


@pytest.mark.parametrize(
    "name", ["error_auth_none", "error_auth_bad_key", "error_auth_bad_secret", "error_auth_basic_over_http"]
)
def test_a_wrong_key_is_refused_before_anything_is_written(
    platform: WooCommercePlatform, connection: StoreConnection, loopback: Loopback, name: str
) -> None:
    serve(loopback)
    one = recording(name)
    loopback.on("GET", "/wc/v3/settings/general", Answer(one["body"], one["status"]))
    assert failure(platform, connection).code == one["body"]["code"]
    assert loopback.of("PUT") == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [(Answer(b"<html>", 404), "Permalinks"), (Answer([]), "currency"), (Answer(b"<html>"), "plugin")],
)
def test_what_is_no_woocommerce_is_told(
    platform: WooCommercePlatform, connection: StoreConnection, loopback: Loopback, answer: Answer, words: str
) -> None:
    loopback.on("GET", "/wc/v3/settings/general", answer)
    assert words in failure(platform, connection).message


def test_a_store_that_tells_little_is_still_connected(
    platform: WooCommercePlatform, connection: StoreConnection, loopback: Loopback
) -> None:
    loopback.on("GET", "/wc/v3/settings/general", Answer(GENERAL))
    loopback.on("PUT", "/wc/v3/orders/0", NO_ORDER_ZERO)
    host = loopback.url.removeprefix("http://")
    assert platform.facts(connection) == StoreFacts(name=host, currency="EUR", country="DE")


@pytest.mark.parametrize(
    ("index", "zone"),
    [
        ({"gmt_offset": 8}, "Etc/GMT-8"),
        ({"gmt_offset": -5}, "Etc/GMT+5"),
        ({"gmt_offset": 5.5}, "UTC"),
        ({"gmt_offset": "x"}, "UTC"),
        ([], "UTC"),
    ],
)
def test_a_plain_offset_becomes_a_zone_where_there_is_one(
    platform: WooCommercePlatform, connection: StoreConnection, loopback: Loopback, index: Any, zone: str
) -> None:
    serve(loopback)
    loopback.on("GET", "/", Answer(index))
    assert platform.facts(connection).timezone == zone


# --- https ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "store.pem"
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure(loopback: Loopback, certificate: Path) -> StoreConnection:
    tls_on(loopback, certificate)
    return StoreConnection(UUID(int=1), loopback.url, {"consumer_key": KEY, "consumer_secret": SECRET})


def test_over_https_the_key_is_sent_as_basic_and_never_in_the_address(
    platform: WooCommercePlatform,
    secure: StoreConnection,
    loopback: Loopback,
    certificate: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    loopback.on("GET", "/wc/v3/orders/23", Answer(two_sweaters()))
    assert platform.connect(secure).order("23") is not None
    asked = loopback.asked[0]
    assert asked.headers["Authorization"].startswith("Basic ")
    assert asked.target == "/wp-json/wc/v3/orders/23?dp=6"


def test_a_certificate_that_nobody_vouches_for_never_gets_the_key(
    platform: WooCommercePlatform, secure: StoreConnection, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with pytest.raises(ProviderError) as caught:
        platform.connect(secure).order("23")
    assert (caught.value.code, caught.value.retryable) == ("bad_certificate", False)
    assert loopback.asked == []


@pytest.mark.parametrize(
    ("typed", "root"),
    [
        ("shop.example", "https://shop.example"),
        (" https://Shop.Example/ ", "https://shop.example"),
        ("https://shop.example:8443/en/wp-admin/admin.php?page=wc-settings", "https://shop.example:8443/en"),
        ("shop.example/shop/", "https://shop.example"),
        ("https://shopping.example/shopping", "https://shopping.example/shopping"),
        ("https://bücher.example", "https://bücher.example"),
        ("https://8.8.8.8/", "https://8.8.8.8"),
    ],
)
def test_a_store_is_found_by_whatever_address_a_merchant_pastes(typed: str, root: str) -> None:
    assert store_root(typed) == root


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "shop",
        "http://shop.example",
        "ftp://shop.example",
        "javascript://shop.example/%0aalert(1)",
        "https://user:secret@shop.example",
        "https://shop.example:port",
        "https://[::1",
        "http://127.0.0.1:8001",
        "https://localhost",
        "https://10.0.0.8",
        "https://169.254.169.254/latest",
        "https://[fd00::1]/",
        "https://printer.local",
        "https://db.internal",
    ],
)
def test_what_is_no_store_or_lies_inside_our_own_network_is_refused(typed: str) -> None:
    assert store_root(typed) == ""


def test_beside_a_demo_a_store_on_this_machine_may_be_connected() -> None:
    assert store_root("http://127.0.0.1:8001/", on_this_machine=True) == "http://127.0.0.1:8001"
    assert store_root("http://10.0.0.8", on_this_machine=True) == ""
