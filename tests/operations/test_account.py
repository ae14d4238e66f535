from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from app.operations.doors import ROOT


def account(folder: Path, email: str, password: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELLOWORD_")}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "account", email, "--name", "Mia", "--data", "var"],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(ROOT)},
        input=f"{password}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_first_person_on_an_empty_machine_and_what_is_refused(tmp_path: Path) -> None:
    made = account(tmp_path, "Mia@example.test", "correct horse battery")
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout == "mia@example.test can sign in at http://127.0.0.1:8000/admin/\n"
    short = account(tmp_path, "mia@example.test", "short")
    assert (short.returncode, short.stdout) == (1, "")
    assert short.stderr == "Please use a password of at least twelve characters.\n"
    assert account(tmp_path, "mia", "correct horse battery").stderr.startswith("This is not an e-mail address.")
