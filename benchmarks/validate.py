"""Does what this project says hold? Every claim on simulated worlds whose truth is known; `make validate`.

    python -m benchmarks.validate --seeds 200 --first-seed 1000

Prints a table of each claim with what was measured, and ends with `N passed, N failed`; the exit status is 1 where a claim
fails. Runs on all cores; needs no database. With `--report FILE` the table is written as a page.
"""

import argparse
import importlib
import os
import pkgutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks import validation
from benchmarks.validation.claims import Claim, Question, Scale

FRAMEWORK = "claims"  # the module that holds no claims


def questions(scale: Scale) -> Iterator[tuple[str, Question]]:
    """All questions, each with the first line of its module's docstring, in the order of the modules' names."""
    for found in sorted(pkgutil.iter_modules(validation.__path__), key=lambda module: module.name):
        if found.name != FRAMEWORK:
            module = importlib.import_module(f"{validation.__name__}.{found.name}")
            if hasattr(module, "questions"):
                subject = (module.__doc__ or found.name).partition("\n")[0]
                yield from ((subject, question) for question in module.questions(scale))


def answer(question: Question, over: Callable[..., Iterable[Any]]) -> list[Claim]:
    """The claims on a question. over: `map`, or a pool's."""
    runs = over(question.run, question.jobs)
    bar = tqdm(runs, question.name, len(question.jobs), leave=False, disable=not sys.stderr.isatty())
    return list(question.judge(list(bar)))


def page(sections: dict[str, list[Claim]], options: argparse.Namespace, seconds: float) -> str:
    """The claims as a page of the documentation."""
    last = options.first_seed + options.seeds - 1
    how = (
        f"Written by `make validate SEEDS={options.seeds} FIRST_SEED={options.first_seed}` (seeds {options.first_seed} to "
        f"{last}) in {seconds / 60:.0f} minutes. With other seeds the figures move and the claims hold. *Naive* is what the "
        "textbook way gives on the same data, *oracle* an independent library."
    )
    lines = ["# Validation", "", how]
    for subject, claims in sections.items():
        lines += ["", f"## {subject.rstrip('.')}", ""]
        lines += ["| claim | has to hold | measured | naive | oracle | |", "|---|---|---|---|---|---|"]
        for one in claims:
            cells = (one.name, one.bound, one.measured, one.naive, one.oracle, "holds" if one.holds else "**fails**")
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=200, help="simulated clients of each world and size (default 200)")
    parser.add_argument("--first-seed", type=int, default=1, help="the first of them (default 1)")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="at the same time (default all cores)")
    parser.add_argument("--only", default="", help="only questions whose subject or name contains this")
    parser.add_argument("--report", type=Path, help="write the table to this file, as Markdown")
    options = parser.parse_args(arguments)
    scale = Scale(range(options.first_seed, options.first_seed + options.seeds))
    started, sections = time.monotonic(), {}
    with ExitStack() as stack:
        over = map if options.processes == 1 else stack.enter_context(Pool(options.processes)).imap
        for subject, question in questions(scale):
            if options.only not in f"{subject} {question.name}":
                continue
            for claim in answer(question, over):
                sections.setdefault(subject, []).append(claim)
                print(
                    f"{'ok  ' if claim.holds else 'FAIL'} {claim.name:44} {claim.measured}  [{claim.bound}]", flush=True
                )
                for name, value in (("naive", claim.naive), ("oracle", claim.oracle)):
                    if value:
                        print(f"     {'':44} {name}: {value}")
    seconds = time.monotonic() - started
    if options.report:
        options.report.write_text(page(sections, options, seconds))
    claims = [claim for those in sections.values() for claim in those]
    passed = sum(claim.holds for claim in claims)
    print(f"{seconds:.0f} s")
    print(f"{passed} passed, {len(claims) - passed} failed")
    return 0 if passed == len(claims) and claims else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
