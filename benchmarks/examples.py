"""Do the examples of docs/api.md work? Runs every one of them, in order, against a server whose data may change.

    API_TOKEN=aos_... python -m benchmarks.examples --url http://localhost:8000 --client acme

The token is an admin's at the client. What an example speaks of by a variable (`$LEAD`, `$ALERT`) is found by asking the API;
where there is no such row the example is left out, and said so. Exits with 1 where one failed.
"""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "api.md"
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
VARIABLE = re.compile(r"\$\{?([A-Z]+)\b")
GIVEN = {"API", "TOKEN", "RANDOM"}
# Where a row of each kind is found: the newest of that list.
LISTS = {
    "LEAD": "leads",
    "TOUCH": "activities?channel=email&state=planned",
    "CALL": "activities?channel=voice&state=planned",
    "UNKNOWN": "activities?state=unknown",
    "SEQUENCE": "sequences",
    "EVENT": "events",
    "MESSAGE": "inbound?state=unmatched",
    "TEMPLATE": "templates",
    "SUPPRESSION": "suppressions",
    "ALERT": "alerts",
    "WEBHOOK": "webhooks",
    "DELIVERY": "deliveries",
}
RUN = re.compile(r'"run_id":\s*"([0-9a-f-]{36})"')
SHELL = """auth=(-H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json")
curl() { command curl --silent --show-error --fail-with-body --max-time 30 "$@" && echo; }
"""
SECONDS = 30


@dataclass
class Examples:
    """Of a server. url: with the prefix of the API. client: its slug, in the place of `acme`. missing: variables, by
    the example that was left out.
    """

    url: str
    token: str
    client: str
    run_id: str = ""
    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def run(self) -> None:
        for call in calls(DOCUMENT.read_text()):
            wanted = set(VARIABLE.findall(call)) - GIVEN
            known = {name: self.found(name) for name in wanted}
            if absent := [name for name, value in known.items() if not value]:
                self.missing[call] = ", ".join(sorted(absent))
                continue
            self.carry_out(call, {name: value for name, value in known.items() if value})

    def carry_out(self, call: str, known: dict[str, str]) -> None:
        environment = {**os.environ, "API": self.url, "TOKEN": self.token, **known}
        script = SHELL + re.sub(r"\bacme\b", self.client, call)
        done = subprocess.run(  # noqa: S603 (our own document)
            ["/bin/bash", "-euo", "pipefail", "-c", script],
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if started := RUN.search(done.stdout):
            self.run_id = started.group(1)
        if done.returncode:
            self.failed[call] = f"{done.stdout}{done.stderr}".strip()[:500]
        else:
            self.passed.append(call)

    def found(self, name: str) -> str | None:
        """The value of a variable; None where there is none."""
        if name == "RUN":
            return self.run_id or None
        if name not in LISTS:
            return None
        address = f"{self.url}/{LISTS[name]}"
        headers = {"Authorization": f"Bearer {self.token}"}
        query: dict[str, Any] = {"client": self.client, "limit": 1}
        answer = requests.get(address, query, headers=headers, timeout=SECONDS)
        answer.raise_for_status()
        rows = answer.json()["results"]
        return str(rows[0]["id"]) if rows else None


def calls(document: str) -> Iterator[str]:
    """The calls of the examples, one each, with the lines that go on with them."""
    for block in BLOCK.findall(document):
        yield from re.split(r"\n(?=curl )", block.strip())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--client", required=True, help="slug")
    options = parser.parse_args()
    examples = Examples(f"{options.url.rstrip('/')}/api/v1", os.environ["API_TOKEN"], options.client)
    examples.run()
    for call, reason in examples.missing.items():
        print(f"left out, no {reason}: {call.splitlines()[0]}")
    for call, reason in examples.failed.items():
        print(f"failed: {call}\n{reason}")
    print(f"{len(examples.passed)} passed, {len(examples.failed)} failed, {len(examples.missing)} left out")
    return int(bool(examples.failed))


if __name__ == "__main__":
    sys.exit(main())
