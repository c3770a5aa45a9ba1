"""The API against its own description: schemathesis makes calls that the description allows and calls that it does not, and
looks at every answer.

All of its checks are on but one, `positive_data_acceptance`: it takes whatever a description allows for acceptable, and none
can say that a time zone exists, that a domain is not a whole country's, or that a placeholder has a meaning.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.fuzz.known import CLIENT
from benchmarks.fuzz.tally import Tally

LEFT_OUT = "positive_data_acceptance"
# Schemathesis does not know that a body may be too long to be looked at (413), nor one without a length (411).
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 411, 413, 415, 422, 429]
"""
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
SECONDS = 7_200
ANSWER = 30  # seconds that one answer may take
SHOWN = 20_000  # characters of what it says of failures


def fuzz_api(
    url: str, token: str, client: str, *, each: int, seed: int, phases: str = "coverage,fuzzing", only: str = ""
) -> Tally:
    """Call a server whose data may change, with the token of an admin at the client of that slug.

    each: the most generated calls of an operation. phases: in schemathesis's words. only: a pattern of paths.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        (Path(folder) / "schemathesis.toml").write_text(CONFIGURATION)
        command = [
            *(SCHEMATHESIS, "run", f"{url}/api/schema?format=json", "--header", f"Authorization: Bearer {token}"),
            *("--checks", "all", "--exclude-checks", LEFT_OUT, "--phases", phases),
            *(
                "--max-examples",
                str(each),
                "--seed",
                str(seed),
                "--continue-on-failure",
                "--suppress-health-check",
                "all",
            ),
            *("--request-timeout", str(ANSWER), "--generation-database", "none", "--warnings", "off", "--no-color"),
            *("--report", "json", "--report-json-path", str(report)),
            *(("--include-path-regex", only) if only else ()),
        ]
        environment = os.environ | {
            CLIENT: client,
            "SCHEMATHESIS_HOOKS": "benchmarks.fuzz.known",
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        }
        done = subprocess.run(  # noqa: S603 (our own words)
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        if not report.exists():
            return Tally("API", failed=[f"schemathesis did not run:\n{done.stdout[-2_000:]}{done.stderr[-2_000:]}"])
        return tally_of(json.loads(report.read_text())["test_cases"], done)


def tally_of(cases: dict[str, int], done: subprocess.CompletedProcess[str]) -> Tally:
    """Cases that were made but never looked at count as neither."""
    bad = cases["with_failures"] + cases["errored"]
    if done.returncode and not bad:
        bad = 1
    failed = [done.stdout[:SHOWN]] + ["see above"] * (bad - 1) if bad else []
    return Tally("API", cases["generated"] - cases["without_checks"] - bad, failed)
