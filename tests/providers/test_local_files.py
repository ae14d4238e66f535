"""Files on this machine: whole or not at all, and nowhere but below their folder."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.kit.errors import ProviderError
from app.providers.local_files import LocalFiles

KEY = f"{uuid4()}/labels/{uuid4()}.pdf"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def files(root: Path) -> LocalFiles:
    return LocalFiles(root)


def below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_is_put_can_be_got(files: LocalFiles) -> None:
    files.put(KEY, b"%PDF")
    assert files.get(KEY) == b"%PDF"


def test_the_same_key_again_replaces_the_content(files: LocalFiles, root: Path) -> None:
    files.put(KEY, b"first")
    files.put(KEY, b"second")
    assert files.get(KEY) == b"second"
    assert below(root) == [KEY]


def test_what_is_not_there_is_none(files: LocalFiles) -> None:
    files.put(KEY, b"x")
    assert files.get(f"{KEY}x") is None
    assert files.get(KEY.rpartition("/")[0]) is None
    assert files.get(f"{KEY}/deeper") is None


def test_deleting_removes_and_deleting_nothing_is_harmless(files: LocalFiles, root: Path) -> None:
    files.put(KEY, b"x")
    files.delete(KEY)
    files.delete(KEY)
    assert files.get(KEY) is None
    assert below(root) == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/",
        ".hidden",
        "a/.b",
        "a\\b",
        "a\x00b",
        "a b",
        "ä",
        "a/" * 9 + "b",
        "~/x",
    ],
)
def test_a_key_that_leads_astray_is_refused_and_nothing_is_touched(files: LocalFiles, tmp_path: Path, key: str) -> None:
    (tmp_path / "x").write_bytes(b"not yours")
    with pytest.raises(ValueError, match="not a key"):
        files.put(key, b"evil")
    with pytest.raises(ValueError, match="not a key"):
        files.get(key)
    with pytest.raises(ValueError, match="not a key"):
        files.delete(key)
    assert below(tmp_path) == ["x"]
    assert (tmp_path / "x").read_bytes() == b"not yours"


@given(st.text(alphabet="ab./\\~ \x00", max_size=20))
def test_no_key_leaves_the_folder(key: str) -> None:
    root = Path("/nowhere/files")
    try:
        path = LocalFiles(root)._path(key)
    except ValueError:
        return
    assert Path(os.path.normpath(path)).is_relative_to(root)
    assert path != root


def test_a_write_that_fails_leaves_the_old_content_and_no_rest(
    files: LocalFiles, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.put(KEY, b"old")

    def full(descriptor: int) -> None:
        del descriptor
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ProviderError, match="Files could not be written: No space left on device") as caught:
        files.put(KEY, b"new")
    assert caught.value.retryable is True
    assert files.get(KEY) == b"old"
    assert below(root) == [KEY]


def test_check_is_silent_where_files_can_be_kept(files: LocalFiles, root: Path) -> None:
    files.check()
    assert below(root) == []


def test_check_says_where_files_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "files").write_bytes(b"a file, not a folder")
    with pytest.raises(ProviderError, match=f"Files cannot be kept in {tmp_path / 'files'}"):
        LocalFiles(tmp_path / "files").check()
