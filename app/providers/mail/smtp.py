"""Mail by SMTP: one notice, one message, one connection.

    smtp://user:password@host:587      plain, then STARTTLS when the server offers it
    smtps://user:password@host:465     TLS from the first byte

What a failure means, for whoever may try again: a server that cannot be reached or says 4xx may do later; 5xx is
final; a connection lost after the content was sent may have delivered it (``outcome_unknown``). A repeated message has
the same Message-ID, by which mail servers and programs recognise it.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import structlog

from app.core.kit.clock import Clock, SystemClock
from app.core.kit.errors import ProviderError
from app.core.kit.files import FileStore
from app.core.kit.texts import Texts
from app.core.returns.ports import Notice
from app.providers.mail.letters import html, text
from app.providers.mail.notices import NoticeIncomplete, compose, line

_VENDOR = "mail"
_TIMEOUT = 20.0
_PORTS = {"smtp": 587, "smtps": 465}
_GO_AHEAD = 354  # the server's answer to DATA: from here on the content travels
_NOT_IN_ADDRESS = re.compile(r"[\s<>(),;:\"\\\x00-\x1f\x7f\ud800-\udfff]")
_log = structlog.get_logger(__name__)


class _Watching:
    """Remembers whether the content of a message has begun to travel."""

    content_begun = False

    def getreply(self) -> tuple[int, bytes]:
        """The server's answer, looked at in passing."""
        code, words = super().getreply()  # type: ignore[misc]  # mixed into smtplib's clients
        if code == _GO_AHEAD:
            self.content_begun = True
        return code, words


class _Plain(_Watching, smtplib.SMTP):
    """``smtp://``."""


class _Tls(_Watching, smtplib.SMTP_SSL):
    """``smtps://``."""


class SmtpNotifier:
    """A Notifier (``core.returns.ports``)."""

    def __init__(
        self,
        smtp_url: str | None,
        mail_from: str,
        texts: Texts,
        files: FileStore,
        *,
        clock: Clock | None = None,
        timeout: float = _TIMEOUT,
    ) -> None:
        """Nothing is connected yet. Raises ValueError for an address or a URL that is none, in words.

        Without ``smtp_url`` every ``notify`` raises a retryable ProviderError, so nothing is lost until it is set.
        """
        self._server = _parse(smtp_url) if smtp_url else None
        self._from = mail_address(mail_from)
        self._texts = texts
        self._files = files
        self._clock = clock or SystemClock()
        self._timeout = timeout

    def notify(self, notice: Notice) -> None:
        """Render in the notice's language and send. Raises ProviderError."""
        try:
            message = self.message(notice)
        except NoticeIncomplete as error:
            why = f"The mail could not be written: {error}."
            raise ProviderError(_VENDOR, why, code="notice_incomplete") from error
        self._send(message)
        _log.info("mail_sent", kind=notice.kind, key=notice.key)

    def message(self, notice: Notice) -> EmailMessage:
        """The message as it is sent. Raises NoticeIncomplete, ProviderError (an address or file that is not there)."""
        letter, voice = compose(notice, self._texts)
        message = EmailMessage(policy=SMTP)
        message["Subject"] = letter.subject
        name = line(notice.store_name)
        message["From"] = Address(name, self._from.username, self._from.domain)
        message["To"] = self._recipient(notice.to)
        reply_to = _usable(notice.reply_to)
        if reply_to is not None:
            message["Reply-To"] = Address(name, reply_to.username, reply_to.domain)
        key = re.sub(r"[^A-Za-z0-9._-]", "-", notice.key)
        message["Message-ID"] = f"<{key}@{self._from.domain}>"
        message["Date"] = format_datetime(self._clock.now())
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers to this, please
        message["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
        message.set_content(text(letter, voice), cte="quoted-printable")
        message.add_alternative(html(letter, voice), subtype="html", cte="quoted-printable")
        for attachment in notice.attachments:
            content = self._files.get(attachment.file_key)
            if content is None:
                why = f"The file {attachment.filename} is not in the file store."
                raise ProviderError(_VENDOR, why, code="attachment_missing", retryable=True)
            main, _, sub = attachment.content_type.partition("/")
            message.add_attachment(content, maintype=main, subtype=sub, filename=line(attachment.filename))
        message["Content-Language"] = voice.locale  # last: whatever is set on contents takes Content-* headers along
        return message

    def _recipient(self, written: str) -> Address:
        try:
            return mail_address(written)
        except ValueError as error:
            why = "The shopper's e-mail address is not valid."
            raise ProviderError(_VENDOR, why, code="address_invalid") from error

    def _send(self, message: EmailMessage) -> None:
        if self._server is None:
            why = "No mail server is set up: set HELLOWORD_SMTP_URL."
            raise ProviderError(_VENDOR, why, code="not_set_up", retryable=True)
        client = self._connected(self._server)
        try:
            refused = client.send_message(message)
            _raise_refused(refused)
        except smtplib.SMTPException as error:
            raise _failed(error, content_begun=client.content_begun) from error
        except OSError as error:
            raise _lost(error, content_begun=client.content_begun) from error
        finally:
            _leave(client)

    def _connected(self, server: _Server) -> _Plain | _Tls:
        """A client that has greeted, is encrypted where that is possible, and has signed in."""
        name = self._from.domain  # not this machine's name, which would need a look-up
        context = ssl.create_default_context()
        try:
            if server.tls:
                client: _Plain | _Tls = _Tls(server.host, server.port, name, timeout=self._timeout, context=context)
            else:
                client = _Plain(server.host, server.port, name, timeout=self._timeout)
        except smtplib.SMTPException as error:
            raise _failed(error, content_begun=False) from error
        except OSError as error:
            raise _lost(error, content_begun=False) from error
        try:
            _sign_in(client, server, context)
        except BaseException as error:
            _leave(client)
            if isinstance(error, smtplib.SMTPException):
                raise _failed(error, content_begun=False) from error
            if isinstance(error, OSError):
                raise _lost(error, content_begun=False) from error
            raise
        return client


class _Server:
    """Where to send to."""

    def __init__(self, *, host: str, port: int, tls: bool, user: str, password: str) -> None:
        self.host, self.port, self.tls, self.user, self.password = host, port, tls, user, password

    @property
    def is_this_machine(self) -> bool:
        """Whether nobody can listen on the way."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def mail_address(written: str) -> Address:
    """``name@host`` in the form mail servers take (the host in ASCII). Raises ValueError."""
    address = written.strip()
    local, at, host = address.rpartition("@")
    if not at or not local or not host or _NOT_IN_ADDRESS.search(address):
        msg = "not an e-mail address"
        raise ValueError(msg)
    try:
        return Address(username=local, domain=host.encode("idna").decode("ascii"))
    except (UnicodeError, ValueError, IndexError) as error:
        msg = "not an e-mail address"
        raise ValueError(msg) from error


def _usable(written: str | None) -> Address | None:
    """An address that may be answered to; a merchant's slip of the pen costs the Reply-To, not the mail."""
    if not written:
        return None
    try:
        return mail_address(written)
    except ValueError:
        _log.warning("reply_to_invalid")
        return None


def _parse(url: str) -> _Server:
    parts = urlsplit(url)
    try:
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in _PORTS or not parts.hostname or not port:
        msg = "HELLOWORD_SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host:465"
        raise ValueError(msg)
    return _Server(
        host=parts.hostname,
        port=port,
        tls=parts.scheme == "smtps",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _sign_in(client: smtplib.SMTP, server: _Server, context: ssl.SSLContext) -> None:
    client.ehlo_or_helo_if_needed()
    encrypted = server.tls
    if not server.tls and client.has_extn("starttls"):
        client.starttls(context=context)
        client.ehlo()
        encrypted = True
    if not server.user:
        return
    if not encrypted and not server.is_this_machine:
        why = "The mail server offers no encryption, so the password is not sent to it. Use smtps:// or STARTTLS."
        raise ProviderError(_VENDOR, why, code="no_tls", retryable=True)
    client.login(server.user, server.password)


def _leave(client: smtplib.SMTP) -> None:
    """Say goodbye; whatever happens now changes nothing for the message."""
    try:
        client.quit()
    except (smtplib.SMTPException, OSError):
        client.close()


def _raise_refused(refused: Mapping[str, tuple[int, bytes]]) -> None:
    if refused:
        raise smtplib.SMTPRecipientsRefused(dict(refused))


def _failed(error: smtplib.SMTPException, *, content_begun: bool) -> ProviderError:
    """What smtplib's error means for a second try."""
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return _lost(error, content_begun=content_begun)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        # Final for the server, but the operator can mend it, and the mails should then leave.
        why = "The mail server does not take the user name and password."
        return ProviderError(_VENDOR, why, code=str(error.smtp_code), retryable=True)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        why = "The mail server cannot deliver to this address (it has letters outside ASCII)."
        return ProviderError(_VENDOR, why, code="not_supported")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        return _answered(max(codes, default=550))
    if isinstance(error, smtplib.SMTPResponseException):
        return _answered(error.smtp_code)
    return ProviderError(_VENDOR, "The mail server gave an answer that is not SMTP.", retryable=True)


def _answered(code: int) -> ProviderError:
    later = not 500 <= code < 600  # noqa: PLR2004 (RFC 5321, 4.2.1: permanent negative completion)
    why = "The mail server cannot take the mail now." if later else "The mail server refused the mail for good."
    return ProviderError(_VENDOR, f"{why} (SMTP {code})", code=str(code), retryable=later)


def _lost(error: Exception, *, content_begun: bool) -> ProviderError:
    if content_begun:
        why = "The connection to the mail server broke while the mail was handed over; it may have been sent."
        return ProviderError(_VENDOR, why, code="connection_lost", outcome_unknown=True)
    if isinstance(error, ssl.SSLCertVerificationError):
        why = "The mail server's certificate is not valid for its name."
        return ProviderError(_VENDOR, why, code="certificate", retryable=True)
    return ProviderError(_VENDOR, "The mail server cannot be reached.", code="unreachable", retryable=True)
