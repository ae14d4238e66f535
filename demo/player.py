"""A shopper and a member of staff who use the product's pages as people do: links and forms, nothing else.

They read HTML with MechanicalSoup and mail from the mailbox; every step that does not go as a person expects raises
``StepFailed`` with what the page said.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, Self, TypeVar
from urllib.parse import urljoin, urlsplit

import mechanicalsoup
import requests
from bs4 import BeautifulSoup, Tag

from demo.mailbox import Mail, codes

PATIENCE_S = 60.0
_LOOK_AGAIN_S = 0.1
_Answer = TypeVar("_Answer")


class StepFailed(Exception):
    """Something did not go as it should; the text says what was expected and what came."""


def until(what: str, ask: Callable[[], _Answer | None], patience_s: float = PATIENCE_S) -> _Answer:
    """Ask until there is an answer. Raises StepFailed when none comes in time."""
    deadline = time.monotonic() + patience_s
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            msg = f"{what}: not within {patience_s:g} seconds"
            raise StepFailed(msg)
        time.sleep(_LOOK_AGAIN_S)


@dataclass(frozen=True, slots=True)
class Choice:
    """One line that comes back. ``title`` as on the page; ``answers`` by the question's code; ``photos`` are files."""

    title: str
    reason: str
    quantity: int = 1
    answers: dict[str, str] = field(default_factory=dict)
    photos: Sequence[Path] = ()
    note: str = ""


class _Reader:
    """A browser without JavaScript."""

    def __init__(self, language: str = "en") -> None:
        session = requests.Session()
        session.trust_env = False
        session.headers["Accept-Language"] = language
        self.browser = mechanicalsoup.StatefulBrowser(session=session, soup_config={"features": "lxml"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.browser.close()

    @property
    def page(self) -> BeautifulSoup:
        """The page that is open."""
        found: BeautifulSoup = self.browser.page
        return found

    @property
    def heading(self) -> str:
        """Its first heading."""
        heading = self.page.find("h1")
        return heading.get_text(" ", strip=True) if heading else ""

    @property
    def words(self) -> str:
        """All its text."""
        return self.page.get_text(" ", strip=True)

    def _form(self, field_name: str) -> Any:
        """Choose the form that has a field of this name."""
        forms = [form for form in self.page.find_all("form") if form.select_one(f'[name="{field_name}"]')]
        if not forms:
            self._fail(f"a form with the field {field_name}")
        return self.browser.select_form(forms[0])

    def _send(self) -> None:
        answer = self.browser.submit_selected()
        if answer.status_code >= requests.codes.bad_request:
            self._fail("a page")

    def _fail(self, wanted: str) -> NoReturn:
        said = " ".join(tag.get_text(" ", strip=True) for tag in self.page.select("[role=alert]"))
        msg = f"Expected {wanted} at {self.browser.url}; there is {self.heading!r} {said}".strip()
        raise StepFailed(msg)


class Shopper(_Reader):
    """Somebody with an order, on the returns page of the store (``returns_url``)."""

    def __init__(self, returns_url: str, mail: Mail, email: str, language: str = "en") -> None:
        super().__init__(language)
        self._returns_url = returns_url
        self._mail = mail
        self.email = email

    def find(self, number: str) -> None:
        """Order number and e-mail, then the code from the mail."""
        seen = {letter.key for letter in self._mail.letters(self.email)}
        self.browser.open(self._returns_url)
        form = self._form("number")
        form["number"], form["email"] = number, self.email
        self._send()
        code = until(
            f"the mail with the code to {self.email}",
            lambda: next(codes([one for one in self._mail.letters(self.email) if one.key not in seen]), None),
        )
        form = self._form("code")
        form["code"] = code
        self._send()
        if "code" in {tag.get("name") for tag in self.page.find_all("input")}:
            self._fail("the order")

    def choose(self, choices: Sequence[Choice]) -> None:
        """Fill in what comes back and why; ends on the page that shows what comes of it."""
        form = self._form("k")
        for choice in choices:
            line_id = self._line(choice.title)
            form.set_checkbox({"line": line_id}, uncheck_other_boxes=False)
            if choice.quantity > 1:
                form.set_select({f"quantity-{line_id}": str(choice.quantity)})
            form.set_select({f"reason-{line_id}": choice.reason})
            for question, answer in choice.answers.items():
                form.set_select({f"answer-{line_id}-{question}": answer})
            form[f"note-{line_id}"] = choice.note
            for photo in choice.photos:
                form[f"photos-{line_id}"] = photo.open("rb")
        self._send()
        if not self.page.find("input", attrs={"name": "seen"}):
            self._fail("the page to check")

    def _line(self, title: str) -> str:
        boxes = [box for box, item in self._boxes(title) if not box.has_attr("disabled")]
        if not boxes:
            self._fail(f"{title} to choose")
        return str(boxes[0]["value"])

    def _boxes(self, title: str) -> list[tuple[Tag, Tag]]:
        """The check boxes of the items with this title, each with its item."""
        boxes = self.page.select('input[name="line"]')
        found = [(box, item) for box in boxes if (item := box.find_parent("li")) is not None]
        return [(box, item) for box, item in found if title in item.get_text(" ", strip=True)]

    def closed(self, title: str) -> str:
        """Why a line cannot be chosen; empty when it can."""
        for box, item in self._boxes(title):
            if box.has_attr("disabled"):
                why = item.find(id=f"hw-why-{box['value']}")
                return (why or item).get_text(" ", strip=True)
        return ""

    @property
    def promised(self) -> str:
        """The total on the page to check, as written there."""
        total = self.page.select_one("tfoot td")
        return total.get_text(" ", strip=True) if total else ""

    def confirm(self) -> str:
        """Confirm; gives the address of the return's own page."""
        self._form("seen")
        self._send()
        return self._status_address()

    def _status_address(self) -> str:
        """A page inside the store shows the return at the form's address: the link to it is found by its key."""
        here = urlsplit(self.browser.url)
        if "/status/" in here.path:
            return str(here._replace(query="").geturl())
        links = [urljoin(self.browser.url, str(tag["href"])) for tag in self.page.select("a[href]")]
        keys = [match[1] for link in links if (match := re.search(r"/(?:status|label)/([^/?]+)", link))]
        if not keys:
            self._fail("the page of the return")
        return f"{self._returns_url}/status/{keys[0]}"

    def rma(self, address: str) -> str:
        """The number of the return whose own page has this address."""
        self.look(address)
        found = re.search(r"\bR-[0-9A-Z]{4}-[0-9A-Z]{4}\b", self.words)
        if found is None:
            self._fail("an RMA number")
        return found[0]

    def look(self, address: str) -> None:
        """Open the page of a return."""
        self.browser.open(address)

    def label(self, address: str) -> tuple[str, bytes]:
        """Wait for the label and fetch it; gives its address and the PDF."""

        def there() -> str | None:
            self.browser.open(address)
            link = next((tag for tag in self.page.find_all("a", href=True) if "/label/" in tag["href"]), None)
            return urljoin(self.browser.url, link["href"]) if link else None

        found = until("the label", there)
        answer = self.browser.session.get(found, timeout=PATIENCE_S)
        if not answer.content.startswith(b"%PDF-"):
            self._fail(f"a PDF at {found}")
        return found, answer.content

    def withdraw(self, address: str) -> None:
        """Take the return back."""
        self.browser.open(f"{address}/withdraw")
        for form in self.page.find_all("form"):
            if str(form.get("action", "")).split("?")[0].endswith("/withdraw"):
                self.browser.select_form(form)
                self._send()
                return
        self._fail("the question whether to take it back")


class Staff(_Reader):
    """Somebody of the merchant's staff."""

    def __init__(self, helloword_url: str, email: str, password: str) -> None:
        super().__init__()
        self._url = helloword_url
        self.browser.open(f"{helloword_url}/admin/sign-in")
        form = self._form("password")
        form["email"], form["password"] = email, password
        self._send()
        if self.page.find("input", attrs={"name": "password"}):
            self._fail("the inbox")

    def work_in(self, store_name: str) -> None:
        """Choose the store to work in."""
        self.browser.open(f"{self._url}/admin/")
        option = next((tag for tag in self.page.find_all("option") if tag.get_text(strip=True) == store_name), None)
        if option is None:
            if store_name in self.words:
                return
            self._fail(f"the store {store_name}")
        form = self._form("store_id")
        form.set_select({"store_id": option["value"]})
        self._send()

    def open(self, rma: str) -> None:
        """Open a return by its RMA number, as a scanner would."""
        self.browser.open(f"{self._url}/admin/scan", params={"rma": rma})
        if rma not in self.heading:
            self._fail(f"the return {rma}")

    def press(self, verb: str, reason: str = "") -> None:
        """approve, decline, receive or retry."""
        button, around = self._button(verb)
        form = self.browser.select_form(around)
        if form.form.select_one('[name="reason"]'):
            form["reason"] = reason
        if button.get("formaction"):
            form.form["action"] = button["formaction"]
        self._send()

    def _button(self, verb: str) -> tuple[Tag, Tag]:
        """The button, and the form it is in."""
        pairs = [(button, form) for button in self.page.find_all("button") if (form := button.find_parent("form"))]
        found = [
            (button, form)
            for button, form in pairs
            if str(button.get("formaction") or form.get("action") or "").endswith(f"/{verb}")
        ]
        if not found:
            self._fail(f"a button to {verb}")
        return found[0]

    def inspect(self, grade: str = "new", disposition: str = "restock") -> None:
        """Give every unit this grade and let it go the same way."""
        names = [str(tag["name"]) for tag in self.page.find_all("select", attrs={"name": True})]
        grades = [name for name in names if name.startswith("grade-")]
        if not grades:
            self._fail("the inspection")
        form = self._form(grades[0])
        for name in grades:
            form.set_select({name: grade})
            form.set_select({name.replace("grade-", "disposition-"): disposition})
        self._send()
