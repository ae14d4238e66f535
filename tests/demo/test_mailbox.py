from __future__ import annotations

import smtplib
import socket
from email.message import EmailMessage
from pathlib import Path

import pytest

from demo.mailbox import Mail, codes, make_mailbox, smtp_server

TO = "Karla.Kunde@example.test"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def letter(subject: str, text: str, to: str = TO) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "returns@helloword.example", to, subject
    message["Date"] = "Tue, 24 Nov 2026 12:00:00 +0000"
    message.set_content(text)
    message.add_alternative(f"<p onclick=alert(1)>{text}</p><script>alert(2)</script>", subtype="html")
    return message


@pytest.fixture
def mail(tmp_path: Path) -> Mail:
    """Two letters, the second with a label."""
    folder, port = tmp_path / "mail", free_port()
    server = smtp_server(folder, "127.0.0.1", port)
    server.start()
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
            client.send_message(letter("Ihr Code für #1112", "Ihr Code: 123 456"))
            second = letter("Your label", "Print it.", to="uma.smith@example.test")
            second.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="label.pdf")
            client.send_message(second)
    finally:
        server.stop()
    return Mail(folder)


def test_what_is_sent_lies_there_newest_first(mail: Mail) -> None:
    assert [one.subject for one in mail.letters()] == ["Your label", "Ihr Code für #1112"]
    mine = mail.letters(TO)
    assert [(one.to, one.text.strip()) for one in mine] == [(TO.lower(), "Ihr Code: 123 456")]
    assert list(codes(mail.letters())) == ["123456"]
    assert mail.letters()[0].attachments == [("label.pdf", b"%PDF-1.7", "application/pdf")]


def test_the_page_shows_a_letter_without_letting_it_act(mail: Mail, tmp_path: Path) -> None:
    client = make_mailbox(tmp_path / "mail").test_client()
    assert "Your label" in client.get("/").text
    assert "Your label" not in client.get("/", query_string={"to": TO}).text
    key = mail.letters()[0].key
    page = client.get(f"/letters/{key}").text
    assert "label.pdf" in page
    assert "<script>" not in page
    html = client.get(f"/letters/{key}/html")
    assert "default-src 'none'" in html.headers["Content-Security-Policy"]
    assert "sandbox allow-popups" in html.headers["Content-Security-Policy"]
    attachment = client.get(f"/letters/{key}/attachments/0")
    assert (attachment.mimetype, attachment.data) == ("application/pdf", b"%PDF-1.7")
    assert client.get(f"/letters/{key}/attachments/1").status_code == 404
    assert client.get("/letters/none").status_code == 404


def test_an_empty_mailbox_says_what_will_come(tmp_path: Path) -> None:
    assert "Nothing has come yet" in make_mailbox(tmp_path / "mail").test_client().get("/").text
