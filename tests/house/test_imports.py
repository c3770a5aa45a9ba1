"""The directions of imports hold."""

import subprocess
import sys
from pathlib import Path


def test_contracts():
    command = Path(sys.executable).with_name("lint-imports")
    outcome = subprocess.run([command, "--no-cache"], capture_output=True, text=True, check=False)  # noqa: S603 (our own tool)
    assert outcome.returncode == 0, outcome.stdout
    assert "0 broken" in outcome.stdout
