"""Files of an import: CSV that was never meant well, through the command itself.

An import ends with a report or with one line that says what is wrong. What is refused leaves every table as it was; what is
reported adds up to the rows that are there; the same files again change nothing; the twin is never touched.
"""
# ruff: noqa: S101 (what each case has to hold)

import csv
import gzip
import io
import json
import tempfile
from functools import partial
from pathlib import Path

from django.core.management import CommandError, call_command
from hypothesis import strategies as st

from benchmarks.fuzz.hostile import spoiled_bytes, texts
from benchmarks.fuzz.rows import EMAIL, PHONE, World, counts, rows_of
from benchmarks.fuzz.tally import Tally, examine

GOOD = {
    "leads": {
        "external_id": "L-1",
        "email": EMAIL,
        "phone": PHONE,
        "title": "Founder",
        "employee_count": "12",
        "is_hiring": "true",
        "status": "new",
        "created_at": "2026-03-02T10:00:00Z",
        "timezone": "Australia/Sydney",
        "linkedin_url": "https://www.linkedin.com/in/bob/",
    },
    "activities": {
        "external_id": "A-1",
        "lead_external_id": "L-1",
        "channel": "email",
        "occurred_at": "2026-03-02T10:00:00Z",
        "touch_number": "1",
        "subject": "Hi",
        "body": "Hi Bob",
    },
    "events": {
        "external_id": "E-1",
        "lead_external_id": "L-1",
        "activity_external_id": "A-1",
        "kind": "replied",
        "occurred_at": "2026-03-03T10:00:00Z",
    },
}
MODELS = {"leads": "Lead", "activities": "Activity", "events": "Event"}
ENCODINGS = ("utf-8-sig", "latin-1", "utf-16", "utf-32", "cp037")
Files = dict[str, bytes]


def fuzz_files(world: World, *, count: int, first_seed: int) -> list[Tally]:
    return [examine("imports", file_sets(), partial(check, world), count=count, first_seed=first_seed)]


@st.composite
def files(draw: st.DrawFn, kind: str) -> bytes:
    """A table with odd cells, names or lengths of rows, written in an odd way, or with its bytes spoiled."""
    good = GOOD[kind]
    odd = texts | st.sampled_from(sorted({value for table in GOOD.values() for value in table.values()}))
    header = [draw(texts) if once_in(draw, 80) else name for name in good]
    rows = [
        [draw(odd) if once_in(draw, 9) else value for value in good.values()] for _ in range(draw(st.integers(0, 6)))
    ]
    for row in rows:
        row[0] = row[0] if draw(st.booleans()) else f"{row[0]}-{draw(st.integers(0, 50))}"
        if once_in(draw, 20):
            row[draw(st.integers(0, len(row))) :] = draw(st.lists(odd, max_size=3))
    written = io.StringIO()
    csv.writer(written, delimiter=draw(st.sampled_from(",;\t|" if once_in(draw, 6) else ","))).writerows(
        [header, *rows]
    )
    data = written.getvalue().encode(draw(st.sampled_from(ENCODINGS)) if once_in(draw, 8) else "utf-8", "replace")
    if once_in(draw, 9):
        data = draw(spoiled_bytes(data))
    if once_in(draw, 9):
        data = gzip.compress(data, mtime=0)
        data = draw(spoiled_bytes(data)) if draw(st.booleans()) else data
    return data


def once_in(draw: st.DrawFn, times: int) -> bool:
    return draw(st.integers(1, times)) == times // 2 + 1  # not the ends, which hypothesis prefers


def file_sets() -> st.SearchStrategy[Files]:
    return st.fixed_dictionaries(
        {"leads": files("leads")}, optional={kind: files(kind) for kind in ("activities", "events")}
    )


def check(world: World, given: Files) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = {kind: Path(folder) / f"{kind}.csv" for kind in given}
        for kind, data in given.items():
            paths[kind].write_bytes(data)
        before, twins = counts(), rows_of(world.twin)
        report = imported(world, paths)
        after = counts()
        if report is None:
            assert after == before, "refused, but something of it was stored"
            return
        assert rows_of(world.twin) == twins, "another client's rows changed"
        added_up(report, before, after)
        again = imported(world, paths)
        assert again is not None, "the same files were refused the second time"
        changed = {kind: (again[kind]["created"], again[kind]["updated"]) for kind in given}
        assert set(changed.values()) == {(0, 0)}, f"the same files again changed something: {changed}"


def added_up(report: dict[str, dict[str, int]], before: dict[str, int], after: dict[str, int]) -> None:
    for kind, model in MODELS.items():
        found = report[kind]
        parts = sum(found[name] for name in ("created", "updated", "unchanged", "rejected"))
        assert found["rows"] == parts, f"{kind}: the report does not add up: {found}"
        assert after[model] - before[model] == found["created"], f"{kind}: created are not as many as were reported"


def imported(world: World, paths: dict[str, Path]) -> dict[str, dict[str, int]] | None:
    """The report; None where the files were refused, in one line."""
    told = io.StringIO()
    try:
        rejects = next(iter(paths.values())).parent / "rejects.csv"
        call_command("import_history", world.client.slug, **paths, rejects=rejects, json=True, stdout=told)
    except CommandError as error:
        assert len(str(error).splitlines()) == 1, f"told in more than one line: {error}"  # noqa: PT017 (it may end well)
        return None
    report: dict[str, dict[str, int]] = json.loads(told.getvalue())
    return report
