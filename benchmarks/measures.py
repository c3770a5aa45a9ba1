"""What a benchmark found, beside its budget. `python -m benchmarks.bench` collects it; run alone, a benchmark only prints."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = "BENCH_RESULTS"  # names the file that results are added to, one JSON object a line


@dataclass(frozen=True)
class Measure:
    """An answer.

    size: what was measured, in words. seconds: of one run, the median where runs > 1. megabytes: the most memory of the
    process that did it. rate: a second. ratio: to the limit, measured in the same run. budget: in words. passed: whether
    it was kept; None where nothing is asked.
    """

    question: str
    size: str
    seconds: float | None = None
    megabytes: float | None = None
    rate: float | None = None
    ratio: float | None = None
    runs: int = 1
    budget: str = ""
    passed: bool | None = None


def note(measure: Measure) -> bool:
    """Hand the answer to whoever collects; whether its budget was kept."""
    if path := os.environ.get(RESULTS):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(measure)) + "\n")
    return measure.passed is not False


def read(path: Path) -> list[Measure]:
    if not path.exists():
        return []
    return [Measure(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
