"""The suite of faults, small: real processes, a PostgreSQL and a Redis of its own. `make chaos` runs all of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Once is enough: it brings its own database, whichever the other tests use.
pytestmark = [
    pytest.mark.postgresql,
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed"),
]


def chaos(*options):
    unset = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    command = [sys.executable, "-m", "benchmarks.chaos", "--messages", "30", *options]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603


def test_nothing_is_doubled_or_lost():
    outcome = chaos("--only", "1,6,12-email,23")
    assert outcome.stdout.splitlines()[-1] == "4 passed, 0 failed", outcome.stdout + outcome.stderr
    assert outcome.returncode == 0


def test_on_the_other_channels_neither():
    outcome = chaos("--only", "13a-linkedin,18-sms,19-voice")
    assert outcome.stdout.splitlines()[-1] == "3 passed, 0 failed", outcome.stdout + outcome.stderr


def test_without_the_claims_commit_the_suite_fails():
    outcome = chaos("--only", "1", "--without-claim-commit")
    assert outcome.stdout.splitlines()[-1] == "0 passed, 1 failed", outcome.stdout + outcome.stderr
    assert "I1: sent twice" in outcome.stdout
    assert outcome.returncode == 1
