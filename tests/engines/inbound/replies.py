"""The corpus of replies, and how well they are read."""

import tomllib
from collections import Counter
from datetime import date
from pathlib import Path

from engines.inbound.classify import classify

CORPUS = Path(__file__).parent / "corpus"
MONDAY = date(2026, 3, 2)


def replies(*names):
    """The replies of the named files of the corpus, of all of them without a name; each a dict with its `file`."""
    files = [CORPUS / f"{name}.toml" for name in names] or sorted(CORPUS.glob("*.toml"))
    return [{**reply, "file": path.stem} for path in files for reply in tomllib.loads(path.read_text())["reply"]]


def read(reply):
    return classify(
        reply["text"],
        reply.get("subject", ""),
        reply.get("headers", {}),
        reply.get("channel", "email"),
        reply.get("today", MONDAY),
    )


class Tally:
    """How the replies of a list were read: `confusion[(expected, got)]` counts, `wrong` says which."""

    def __init__(self, found):
        self.confusion, self.wrong = Counter(), []
        for reply in found:
            reading = read(reply)
            self.confusion[reply["kind"], reading.kind.value] += 1
            if reading.kind != reply["kind"]:
                self.wrong.append(f"{reply['kind']} read as {reading.kind} ({reading.rule}): {reply['text'][:120]!r}")

    def recall(self, kind):
        there = sum(count for (expected, _), count in self.confusion.items() if expected == kind)
        return self.confusion[kind, kind] / there if there else 1.0

    def precision(self, kind):
        said = sum(count for (_, got), count in self.confusion.items() if got == kind)
        return self.confusion[kind, kind] / said if said else 1.0

    def __str__(self):
        rows = [f"{expected} -> {got}: {count}" for (expected, got), count in sorted(self.confusion.items())]
        return "\n".join([*rows, *self.wrong])
