"""The sender's command tells what is missing, instead of waiting for it."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_a_database_without_tables_is_told_of(tmp_path):
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3"}
    words = [sys.executable, "manage.py", "run_sender", "--once"]
    done = subprocess.run(  # noqa: S603 (our own command)
        words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, "run `python manage.py migrate` first" in done.stderr) == (1, True)
