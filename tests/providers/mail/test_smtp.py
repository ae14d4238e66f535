"""Sending: what travels in the headers, and what each failure says about a second try."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.kit.errors import ProviderError
from app.core.kit.texts import shipped_texts
from app.core.returns.ports import Attachment
from app.providers.local_files import LocalFiles
from app.providers.mail.smtp import SmtpNotifier, mail_address
from tests.providers.mail.postbox import LABEL, Passwords, Post, make_notice, make_notifier, server_context

LINE_BREAKS = ("\r", "\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029")


def refused(notifier: SmtpNotifier) -> ProviderError:
    """What comes of trying to send."""
    with pytest.raises(ProviderError) as caught:
        notifier.notify(make_notice("parcel_received"))
    return caught.value


def test_the_headers_say_who_to_whom_and_that_a_machine_wrote_it(notifier: SmtpNotifier, post: Post) -> None:
    notifier.notify(make_notice("parcel_received"))
    [message] = post.messages
    names = ("From", "To", "Reply-To", "Message-ID", "Date", "Auto-Submitted", "Content-Language")
    assert {name: str(message[name]) for name in names} == {
        "From": "Nordlicht <returns@mail.example>",
        "To": "alice@example.com",
        "Reply-To": "Nordlicht <help@nordlicht.example>",
        "Message-ID": "<0198c0de-0000-7000-8000-000000000001@mail.example>",
        "Date": "Tue, 24 Nov 2026 12:00:00 +0000",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "en",
    }
    assert post.recipients == ["alice@example.com"]


def test_the_same_notice_sent_twice_has_the_same_message_id(notifier: SmtpNotifier, post: Post) -> None:
    notifier.notify(make_notice("parcel_received"))
    notifier.notify(make_notice("parcel_received"))
    first, second = post.messages
    assert first["Message-ID"] == second["Message-ID"]


def test_text_and_html_travel_together_the_plain_one_first(notifier: SmtpNotifier, post: Post) -> None:
    notifier.notify(make_notice("parcel_received", locale="zh-CN"))
    [message] = post.messages
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert "您的包裹已送达" in _content(message, "plain")
    assert "您的包裹已送达" in _content(message, "html")


def _content(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_the_label_is_attached_byte_for_byte(notifier: SmtpNotifier, post: Post) -> None:
    notifier.notify(make_notice("return_approved", attachments=(LABEL,)))
    [attached] = post.messages[0].iter_attachments()
    assert attached.get_filename() == "R-7KMQ-93XH.pdf"
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content() == b"%PDF-1.4 label"


def test_a_label_that_is_not_there_yet_sends_nothing_and_may_be_tried_again(notifier: SmtpNotifier, post: Post) -> None:
    missing = Attachment("store/labels/2.pdf", "label.pdf", "application/pdf")
    with pytest.raises(ProviderError, match="not in the file store") as caught:
        notifier.notify(make_notice("return_approved", attachments=(missing,)))
    assert (caught.value.retryable, caught.value.outcome_unknown) == (True, False)
    assert post.received == []


def test_without_reply_to_there_is_no_such_header(notifier: SmtpNotifier, post: Post) -> None:
    notifier.notify(make_notice("parcel_received", reply_to=None))
    assert post.messages[0]["Reply-To"] is None


def test_a_mistyped_reply_to_costs_the_header_not_the_mail(notifier: SmtpNotifier, post: Post) -> None:
    notifier.notify(make_notice("parcel_received", reply_to="help at nordlicht"))
    assert post.messages[0]["Reply-To"] is None


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    name=st.text(max_size=80) | st.just("Evil\r\nBcc: victim@example.com"),
    number=st.text(min_size=1, max_size=80) | st.just("1\r\nX-Evil: yes"),
    filename=st.text(min_size=1, max_size=40) | st.just('a"\r\nX-Evil: yes.pdf'),
    key=st.text(min_size=1, max_size=40),
)
def test_no_value_can_add_a_header(files: LocalFiles, name: str, number: str, filename: str, key: str) -> None:
    notice = make_notice("return_approved", store_name=name, key=key, values={"rma": number, "order_number": number})
    notice = replace(notice, attachments=(replace(LABEL, filename=filename),))
    message = make_notifier(None, files).message(notice)
    written = message.as_bytes()
    head = written.partition(b"\r\n\r\n")[0]
    fields = [line.partition(b":")[0].decode() for line in head.split(b"\r\n") if line[:1] not in {b" ", b"\t"}]
    assert sorted(fields) == sorted(
        [
            "Subject", "From", "To", "Reply-To", "Message-ID", "Date", "Auto-Submitted", "X-Auto-Response-Suppress",
            "Content-Language", "MIME-Version", "Content-Type",
        ]
    )  # fmt: skip
    assert not any(mark in str(message[field]) for field in ("Subject", "From", "Message-ID") for mark in LINE_BREAKS)
    assert [part["X-Evil"] for part in message_from_bytes(written, policy=default).walk()] == [None] * 5
    assert written.isascii()


@pytest.mark.parametrize(
    "to",
    [
        "",
        "alice",
        "alice@",
        "@example.com",
        "a b@example.com",
        "alice@example.com\r\nBcc: b@example.com",
        "a@x,b@y",
        "<a@x>",
    ],
)
def test_an_address_that_is_none_is_refused_for_good(notifier: SmtpNotifier, post: Post, to: str) -> None:
    with pytest.raises(ProviderError, match="address is not valid") as caught:
        notifier.notify(make_notice("parcel_received", to=to))
    assert (caught.value.retryable, caught.value.code) == (False, "address_invalid")
    assert post.received == []


def test_a_domain_in_other_letters_is_sent_in_ascii() -> None:
    assert mail_address("info@bücher.example").addr_spec == "info@xn--bcher-kva.example"


def test_letters_outside_ascii_before_the_at_sign_arrive(notifier: SmtpNotifier, post: Post) -> None:
    notifier.notify(make_notice("parcel_received", to="jürgen@example.com"))
    assert post.recipients == ["jürgen@example.com"]


def test_a_server_that_cannot_take_such_letters_refuses_for_good(start: Callable[..., Post], files: LocalFiles) -> None:
    old = start(enable_SMTPUTF8=False)
    with pytest.raises(ProviderError, match="letters outside ASCII") as caught:
        make_notifier(f"smtp://127.0.0.1:{old.port}", files).notify(
            make_notice("parcel_received", to="jürgen@example.com")
        )
    assert caught.value.retryable is False
    assert old.received == []


@pytest.mark.parametrize(
    ("stage", "answer", "retryable"),
    [
        ("rcpt", "450 4.2.1 mailbox busy", True),
        ("rcpt", "550 5.1.1 no such user", False),
        ("data", "451 4.3.0 try later", True),
        ("data", "554 5.7.1 spam", False),
    ],
)
def test_4xx_may_be_tried_again_and_5xx_may_not(
    notifier: SmtpNotifier, post: Post, stage: str, answer: str, retryable: bool
) -> None:
    setattr(post, stage, answer)
    error = refused(notifier)
    assert (error.retryable, error.outcome_unknown, error.code) == (retryable, False, answer[:3])
    assert post.received == []


def test_a_connection_lost_after_the_content_leaves_the_outcome_unknown(notifier: SmtpNotifier, post: Post) -> None:
    post.hang_up = True
    error = refused(notifier)
    assert (error.retryable, error.outcome_unknown, error.code) == (True, True, "connection_lost")


def test_a_server_that_is_not_there_may_be_tried_again(files: LocalFiles) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = refused(make_notifier(f"smtp://127.0.0.1:{port}", files))
    assert (error.retryable, error.outcome_unknown, error.code) == (True, False, "unreachable")


def test_a_server_that_says_nothing_is_left_after_the_timeout(files: LocalFiles) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = refused(make_notifier(f"smtp://127.0.0.1:{silent.getsockname()[1]}", files, timeout=0.3))
    assert (error.retryable, error.outcome_unknown, error.code) == (True, False, "unreachable")


def test_a_server_that_is_none_may_be_tried_again(files: LocalFiles) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer() -> None:
            connection, _ = other.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        speaking = Thread(target=answer)
        speaking.start()
        error = refused(make_notifier(f"smtp://127.0.0.1:{other.getsockname()[1]}", files))
        speaking.join()
    assert (error.retryable, error.outcome_unknown) == (True, False)


def test_without_a_server_nothing_is_lost(files: LocalFiles) -> None:
    error = refused(make_notifier(None, files))
    assert (error.retryable, error.code) == (True, "not_set_up")
    assert "HELLOWORD_SMTP_URL" in error.message


def test_starttls_is_used_when_the_server_offers_it(
    start: Callable[..., Post], files: LocalFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secure = start(tls_context=server_context(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "tls.pem"))
    make_notifier(f"smtp://127.0.0.1:{secure.port}", files).notify(make_notice("parcel_received"))
    assert secure.encrypted == [True]


def test_a_certificate_that_nobody_vouches_for_gets_no_mail(
    start: Callable[..., Post], files: LocalFiles, tmp_path: Path
) -> None:
    secure = start(tls_context=server_context(tmp_path))
    error = refused(make_notifier(f"smtp://127.0.0.1:{secure.port}", files))
    assert (error.retryable, error.code) == (True, "certificate")
    assert secure.received == []


def test_a_password_with_signs_in_it_signs_in(start: Callable[..., Post], files: LocalFiles) -> None:
    guarded = start(authenticator=Passwords(), auth_require_tls=False)
    make_notifier(f"smtp://us%40er:pa%3Ass@127.0.0.1:{guarded.port}", files).notify(make_notice("parcel_received"))
    assert len(guarded.received) == 1


def test_a_wrong_password_sends_nothing_and_is_not_told(start: Callable[..., Post], files: LocalFiles) -> None:
    guarded = start(authenticator=Passwords(), auth_require_tls=False)
    error = refused(make_notifier(f"smtp://user:secret-word@127.0.0.1:{guarded.port}", files))
    assert (error.retryable, error.code) == (True, "535")
    assert "secret-word" not in str(error)
    assert guarded.received == []


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtp://host:99999999", "smtp://host:x"]
)
def test_a_url_that_is_none_is_refused_when_the_product_starts(files: LocalFiles, url: str) -> None:
    with pytest.raises(ValueError, match="HELLOWORD_SMTP_URL must look like smtp://user:password@host:587"):
        make_notifier(url, files)


def test_a_sender_that_is_none_is_refused_when_the_product_starts(files: LocalFiles) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        SmtpNotifier(None, "returns", shipped_texts(), files)


def test_a_password_is_not_sent_in_the_clear_to_another_machine(start: Callable[..., Post], files: LocalFiles) -> None:
    guarded = start(authenticator=Passwords(), auth_require_tls=False)
    error = refused(make_notifier(f"smtp://us%40er:pa%3Ass@127.1:{guarded.port}", files))  # a name, not an address
    assert (error.retryable, error.code) == (True, "no_tls")
    assert guarded.received == []
