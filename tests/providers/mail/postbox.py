"""A real mail server for this machine, and notices of every kind."""

from __future__ import annotations

import ssl
from asyncio import WriteTransport
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from app.core.kit.texts import shipped_texts
from app.core.returns.ports import Attachment, Notice
from app.providers.local_files import LocalFiles
from app.providers.mail.smtp import SmtpNotifier
from tests.fakes.store import FixedClock

EUR = {"minor": 7990, "currency": "EUR"}
COMMON: dict[str, Any] = {
    "rma": "R-7KMQ-93XH",
    "order_number": "#1001",
    "items": [
        {"title": "Linen shirt", "options": "Size M, Blue", "quantity": 1},
        {"title": "Merino cardigan", "options": "", "quantity": 2},
    ],
    "status_url": "https://shop.example/apps/returns/status/abc",
}
VALUES: Mapping[str, dict[str, Any]] = {
    "access_code": {"code": "493027", "minutes_valid": 15, "order_number": "#1001"},
    "return_received": COMMON,
    "return_approved": {
        **COMMON,
        "refund": EUR,
        "refund_to": [
            {"instrument": "card", "amount": {"minor": 6000, "currency": "EUR"}},
            {"instrument": "gift_card", "amount": {"minor": 1990, "currency": "EUR"}},
        ],
        "send_by": "2026-12-05",
        "address_lines": ["Nordlicht Returns", "Lagerstraße 12", "20357 Hamburg"],
        "address_country": "DE",
    },
    "return_declined": {
        **COMMON,
        "reasons": [
            {"code": "window_closed", "outcome": "decline", "line_id": "1", "values": {"date": "2026-10-30"}},
            {"code": "window_closed", "outcome": "decline", "line_id": "2", "values": {"date": "2026-10-30"}},
        ],
    },
    "return_withdrawn": COMMON,
    "return_expired": COMMON,
    "parcel_received": COMMON,
    "credit_issued": {**COMMON, "amount": EUR, "bonus": EUR, "credit_code": "TAKE-WHAT-YOU-LIKE"},
    "refund_issued": {
        **COMMON,
        "amount": EUR,
        "parts": [{"instrument": "card", "amount": EUR}],
        "by_hand": False,
        "days_hint": 10,
    },
    "return_inspected_less": {**COMMON, "amount": EUR, "explanation": "The cardigan has a stain on the sleeve."},
}


def make_notice(kind: str, locale: str = "en", **changes: Any) -> Notice:
    """A notice of this kind; ``values`` in ``changes`` are put over the usual ones."""
    values = {**VALUES[kind], **changes.pop("values", {})}
    given: dict[str, Any] = {
        "key": "0198c0de-0000-7000-8000-000000000001",
        "kind": kind,
        "to": "alice@example.com",
        "locale": locale,
        "store_name": "Nordlicht",
        "reply_to": "help@nordlicht.example",
        "brand": {"colour": "#0b6e4f"},
        "values": values,
        **changes,
    }
    return Notice(**given)


LABEL = Attachment("store/labels/1.pdf", "R-7KMQ-93XH.pdf", "application/pdf")


@dataclass
class Post:
    """The mail server: what it got, and how it is told to answer."""

    rcpt: str = "250 OK"
    data: str = "250 OK"
    hang_up: bool = False
    received: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    port: int = 0

    @property
    def messages(self) -> list[EmailMessage]:
        """What arrived, read as mail."""
        return [message_from_bytes(content, policy=default) for content in self.received]

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Answer RCPT TO."""
        del server, session, options
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Answer the content, or hang up once it is here."""
        if self.data.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.received.append(envelope.content)
            self.recipients.extend(envelope.rcpt_tos)
            self.encrypted.append(session.ssl is not None)
        if self.hang_up:
            assert isinstance(server.transport, WriteTransport)
            server.transport.abort()
        return self.data


def make_notifier(url: str | None, files: LocalFiles, timeout: float = 5) -> SmtpNotifier:
    """Our notifier, at a fixed moment."""
    return SmtpNotifier(url, "returns@mail.example", shipped_texts(), files, clock=FixedClock(), timeout=timeout)


class Passwords:
    """Knows one user."""

    def __call__(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        """Judge."""
        del server, session, envelope, mechanism
        return AuthResult(success=(data.login, data.password) == (b"us@er", b"pa:ss"), handled=False)


def server_context(folder: Path) -> ssl.SSLContext:
    """TLS for 127.0.0.1 with a certificate of its own, written to ``folder``/tls.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "tls.pem").write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem")
    return context
