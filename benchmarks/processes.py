"""What a command costs, as a process of its own.

Linux counts the memory of whoever starts a process as the first memory of that process, so a small one stands between: else a
benchmark that holds its own rows would measure itself.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

BETWEEN = """
import json, os, subprocess, sys, time
start = time.perf_counter()
with open(sys.argv[1], "wb") as out:
    process = subprocess.Popen(sys.argv[2:], stdout=out)
_, status, used = os.wait4(process.pid, 0)
seconds = time.perf_counter() - start
print(json.dumps([os.waitstatus_to_exitcode(status), seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""


class Cost(NamedTuple):
    """Seconds by the clock and of a core, the most megabytes that it held, and what it printed."""

    seconds: float
    core: float
    megabytes: float
    printed: str = ""


def cost(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Run the command. Raises SystemExit where it fails."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        shim = [sys.executable, "-c", BETWEEN, str(out), *command]
        told = subprocess.run(shim, env=dict(environment), stdout=subprocess.PIPE, check=True)  # noqa: S603
        status, *figures = json.loads(told.stdout)
        if status:
            raise SystemExit(f"{' '.join(command[:3])} ended with {status}")
        return Cost(*figures, printed=out.read_text(encoding="utf-8"))
