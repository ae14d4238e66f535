"""The shape of the house: names, sizes, words. Each rule is in docs/adr or CONTRIBUTING.md; here it is held."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
CORE = APP / "core"

IN_A_CAPABILITY = {"__init__.py", "rules.py", "ports.py", "models.py", "repository.py", "service.py", "errors.py"}
OWN_NAMES = {
    # One table and its few functions each; "inbox" says more here than "service" would.
    "messaging/history.py",
    "messaging/inbox.py",
    "messaging/outbox.py",
    # Encryption with nothing to decide and nothing to store.
    "merchants/vault.py",
    # Which store a signed request is for: asked by every door before there is a tenant.
    "merchants/directory.py",
    # How each country writes an address: a table of the trade, no rule of ours.
    "labels/addresses.py",
    # The words for every stable code of a return, kept together for the translators.
    "returns/words.py",
    # What makes a photo harmless, read by its content: neither a decision nor a query.
    "returns/photos.py",
    # The machine of a single refund, which models and rules both need.
    "returns/refunds/states.py",
}
NAMELESS = {"base", "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils"}
LONG_BY_NATURE = {"migrations/versions/0001_initial.py"}  # generated: the whole first schema
LIMIT = 400
# Hosts of package registries: which one a machine uses is its own configuration. (The lock file names one.)
REGISTRIES = re.compile(r"py[p]i\.org|python[h]osted\.org|registry\.npm[j]s\.org|proxy\.gol[a]ng\.org|crat[e]s\.io")


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted((ROOT / folder).rglob("*.py")) if "__pycache__" not in path.parts)


def written() -> Iterator[Path]:
    """Every text that we write, generated and downloaded ones left out."""
    ours = ("app", "demo", "tests", "bin", "benchmarks", "migrations", "docs", "extensions", ".ci")
    for folder in ours:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and not {"__pycache__", "node_modules"} & set(path.parts):
                yield path
    yield from (path for path in sorted(ROOT.iterdir()) if path.is_file() and path.name not in {"uv.lock", ".env"})


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def capability_files() -> list[Path]:
    return [path for path in sources("app/core") if len(path.relative_to(CORE).parts) > 1 and "kit" not in path.parts]


def modules() -> list[tuple[Path, ast.Module]]:
    return [(path, ast.parse(path.read_text())) for path in sources("app")]


def calls(tree: ast.AST, name: str) -> list[int]:
    nodes = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [node.lineno for node in nodes if isinstance(node.func, ast.Name) and node.func.id == name]


def undocumented(node: ast.stmt) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Whether it is a public function or class that does not say what it gives."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    return not node.name.startswith("_") and ast.get_docstring(node) is None


def test_a_capability_has_the_same_file_names_as_every_other() -> None:
    odd = {
        path.relative_to(CORE).as_posix()
        for path in capability_files()
        if path.name not in IN_A_CAPABILITY and path.relative_to(CORE).as_posix() not in OWN_NAMES
    }
    assert odd == set()


def test_every_exception_to_the_file_names_is_still_needed() -> None:
    assert {name for name in OWN_NAMES if not (CORE / name).exists()} == set()


def test_no_file_or_folder_is_named_for_nothing() -> None:
    nameless = {relative(path) for path in sources("app", "demo") if NAMELESS & {path.stem, *path.parent.parts}}
    assert nameless == set()


def test_no_file_is_longer_than_a_person_reads() -> None:
    folders = ("app", "demo", "tests", "bin", "benchmarks", "migrations")
    lengths = {relative(path): len(path.read_text().splitlines()) for path in sources(*folders)}
    assert {name: n for name, n in lengths.items() if n > LIMIT and name not in LONG_BY_NATURE} == {}


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX"])
def test_nothing_is_left_for_later(word: str) -> None:
    marked = re.compile(rf"#.*\b{word}\b")
    assert [relative(path) for path in sources("app", "demo", "bin") if marked.search(path.read_text())] == []


def test_no_registry_of_packages_is_named() -> None:
    named = []
    for path in written():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue  # an image or a font
        if REGISTRIES.search(text):
            named.append(relative(path))
    assert named == []


def test_every_public_thing_says_its_contract() -> None:
    bare = []
    for path, tree in modules():
        if path.name != "__init__.py" and ast.get_docstring(tree) is None:
            bare.append(relative(path))
        classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
        members = [*tree.body, *(member for owner in classes for member in owner.body)]
        bare += [f"{relative(path)}:{node.lineno} {node.name}" for node in members if undocumented(node)]
    assert bare == []


def test_product_code_logs_and_does_not_print() -> None:
    printing = {relative(path): lines for path, tree in modules() if (lines := calls(tree, "print"))}
    assert set(printing) <= {"app/cli.py"}


def test_time_is_read_in_one_place() -> None:
    reading = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|time\.time)\(")
    found = {relative(path) for path, _ in modules() if reading.search(path.read_text())}
    assert found <= {"app/core/kit/clock.py"}


def test_no_float_comes_near_money() -> None:
    near = [*sources("app/core"), *sources("app/platforms")]
    near = [path for path in near if path.name != "client.py"]  # a client's only floats are seconds to wait
    found = {relative(path): lines for path in near if (lines := calls(ast.parse(path.read_text()), "float"))}
    assert found == {}


def test_ports_know_only_the_kit_and_other_ports() -> None:
    wrong = []
    for path in sources("app/core"):
        if path.name == "ports.py":
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app."):
                    module = node.module or ""
                    if not module.startswith("app.core.kit.") and not module.endswith(".ports"):
                        wrong.append(f"{relative(path)} imports {module}")
    assert wrong == []


def test_rules_ask_nobody() -> None:
    """A decision is a function of its arguments: no clock, no chance, no session."""
    banned = {"app.core.kit.clock", "app.core.kit.db", "random", "secrets", "os"}
    wrong = []
    for path in sources("app/core"):
        if path.name == "rules.py":
            for node in ast.walk(ast.parse(path.read_text())):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                wrong += [f"{relative(path)} imports {name}" for name in names if name in banned]
    assert wrong == []


def test_the_platforms_have_the_same_file_names() -> None:
    """What the platform forces is named; everything else has one name on both."""
    forced = {
        "shopify": {"payments.py", "wire.py", "billing.py"},
        "woocommerce": {"articles.py", "values.py", "refunds.py", "stock.py"},
    }
    shared = {"__init__.py", "adapter.py", "client.py", "mapping.py", "webhooks.py", "install.py", "storefront.py"}
    for name, more in forced.items():
        found = {path.name for path in (APP / "platforms" / name).glob("*.py")}
        assert found - shared - more == set(), name
        assert shared - found == set(), name
