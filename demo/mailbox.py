"""The shoppers' mail: an SMTP server that keeps what it gets in a Maildir, and a page to read it."""

from __future__ import annotations

import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox as Keeping
from flask import Flask, Response, abort, render_template, request

_SIZE_LIMIT = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it lies there. ``key`` names it in the mailbox."""

    key: str
    message: EmailMessage

    @property
    def to(self) -> str:
        """The address it went to, in lower case."""
        return parseaddr(str(self.message["To"]))[1].lower()

    @property
    def subject(self) -> str:
        """The subject."""
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The plain text; empty when there is none."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The HTML; empty when there is none."""
        return self._body("html")

    @property
    def attachments(self) -> list[tuple[str, bytes, str]]:
        """(file name, content, content type) of each."""
        return [
            (part.get_filename() or "attachment", bytes(part.get_content()), part.get_content_type())
            for part in self.message.iter_attachments()
            if part.get_content_maintype() != "text"
        ]

    def _body(self, kind: str) -> str:
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part is not None else ""


class Mail:
    """Reads the Maildir in ``folder`` (made when new). Several processes may."""

    def __init__(self, folder: Path) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._box = mailbox.Maildir(folder)

    def letters(self, to: str | None = None) -> list[Letter]:
        """All mail, newest first; only that to one address when it is given."""
        found = [self._letter(key) for key in sorted(self._box.keys(), key=_order, reverse=True)]
        return [letter for letter in found if to is None or letter.to == to.lower()]

    def letter(self, key: str) -> Letter | None:
        """One of them."""
        return self._letter(key) if key in self._box else None

    def _letter(self, key: str) -> Letter:
        message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(self._box.get_bytes(key))
        return Letter(key, message)


def _order(key: str) -> tuple[int, ...]:
    """A Maildir's names begin with the time and carry the microseconds and a count."""
    return tuple(int(number) for number in re.findall(r"\d+", key.partition(".")[0] + key.partition(".")[2])[:4])


def smtp_server(folder: Path, host: str, port: int) -> Controller:
    """A server that takes all mail and lets none out; ``start()`` and ``stop()`` it."""
    return Controller(Keeping(folder), hostname=host, port=port, data_size_limit=_SIZE_LIMIT)


def make_mailbox(folder: Path) -> Flask:
    """The page: all mail (``/?to=``), one letter, its HTML by itself, its attachments."""
    app = Flask(__name__, static_folder=None, template_folder="templates")
    mail = Mail(folder)

    def one(key: str) -> Letter:
        return mail.letter(key) or abort(404)

    @app.get("/")
    def letters() -> str:
        to = request.args.get("to", "").strip()
        return render_template("mailbox/letters.html", letters=mail.letters(to or None), to=to)

    @app.get("/letters/<key>")
    def letter(key: str) -> str:
        return render_template("mailbox/letter.html", letter=one(key))

    @app.get("/letters/<key>/html")
    def letter_html(key: str) -> Response:
        # A mail is somebody's HTML: shown without scripts, forms and frames, as mail programs do.
        only = "default-src 'none'; img-src data: http: https:; style-src 'unsafe-inline'; sandbox allow-popups"
        return Response(one(key).html, mimetype="text/html", headers={"Content-Security-Policy": only})

    @app.get("/letters/<key>/attachments/<int:number>")
    def attachment(key: str, number: int) -> Response:
        found = one(key).attachments
        if number >= len(found):
            abort(404)
        name, content, kind = found[number]
        answer = Response(content, mimetype=kind)
        answer.headers.set("Content-Disposition", "inline", filename=name)
        return answer

    return app


def codes(letters: list[Letter]) -> Iterator[str]:
    """The six-digit codes in these letters, in their order."""
    for letter in letters:
        found = re.search(r"(?<!\d)(\d{3}) ?(\d{3})(?!\d)", letter.text)
        if found:
            yield found[1] + found[2]
