"""Files below one folder of this machine (or of a mounted volume that every process sees)."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from app.core.kit.errors import ProviderError

_VENDOR = "files"
# Parts of letters, digits and . _ - that do not begin with a dot: no "..", no hidden file, nothing absolute, no
# drive, no byte that means something to a file system or a shell.
_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,127}){0,7}")


class LocalFiles:
    """A FileStore. A key such as ``<store id>/labels/<id>.pdf`` is the path below ``root``."""

    def __init__(self, root: Path) -> None:
        """``root`` is made when first written to."""
        self._root = root

    def put(self, key: str, content: bytes) -> None:
        """Write whole or not at all; the same key again replaces the content. On the disk when this returns.

        Raises ProviderError when the disk refuses, ValueError for a key that is no key (a defect of the caller).
        """
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, content)
        except OSError as error:
            raise _refused(error, "could not be written") from error

    def get(self, key: str) -> bytes | None:
        """The content, None if there is none."""
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise _refused(error, "could not be read") from error

    def delete(self, key: str) -> None:
        """Remove; nothing happens if there is none."""
        try:
            self._path(key).unlink(missing_ok=True)
        except (NotADirectoryError, IsADirectoryError):
            return
        except OSError as error:
            raise _refused(error, "could not be removed") from error

    def check(self) -> None:
        """Raise ProviderError, in words, when files cannot be written: by writing one."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._root) as file:
                file.write(b"check")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise _refused(error, f"cannot be kept in {self._root}") from error

    def _path(self, key: str) -> Path:
        if _KEY.fullmatch(key) is None:
            msg = f"not a key of a file: {key!r}"
            raise ValueError(msg)
        return self._root.joinpath(*key.split("/"))


def _write(path: Path, content: bytes) -> None:
    # Dot first: a key can never name a half-written file.
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the new name must survive a power cut as well
    finally:
        os.close(folder)


def _refused(error: OSError, what: str) -> ProviderError:
    message = f"Files {what}: {error.strerror or error}."
    return ProviderError(_VENDOR, message, code=error.__class__.__name__, retryable=True)
