"""The API against its own description: schemathesis makes calls that the description allows and calls that it does not, and looks
at every answer.

All of its checks are on but for one: `positive_data_acceptance`. It takes whatever a description allows for acceptable, and a
description cannot say that a domain is a public suffix, that a time zone exists, or that a template's placeholder has a meaning.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.fuzz.tally import Tally

LEFT_OUT = "positive_data_acceptance"
SECONDS = 3600
ANSWER = 30  # seconds that one answer may take
PHASES = "coverage,fuzzing"


def fuzz_api(url: str, token: str, *, each: int, seed: int, phases: str = PHASES, only: str = "") -> Tally:
    """Call a server whose data may change. each: the most generated calls of an operation. only: a pattern of paths."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/api/schema?format=json"),
            *("--header", f"Authorization: Bearer {token}", "--checks", "all", "--exclude-checks", LEFT_OUT),
            *("--phases", phases, "--max-examples", str(each), "--seed", str(seed)),
            *("--continue-on-failure", "--request-timeout", str(ANSWER), "--suppress-health-check", "all"),
            *("--generation-database", "none", "--no-color"),
            *("--report", "json", "--report-json-path", str(report)),
            *(("--include-path-regex", only) if only else ()),
        ]
        done = subprocess.run(  # noqa: S603 (our own words)
            command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        if not report.exists():
            return Tally("API", failed=["schemathesis did not run:\n" + done.stdout[-2_000:] + done.stderr[-2_000:]])
        return told(json.loads(report.read_text()), done.stdout)
