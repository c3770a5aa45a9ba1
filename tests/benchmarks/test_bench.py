"""`make bench`: every benchmark runs in its smallest size, and the table says what was missed."""

import json

import pytest

from benchmarks import bench
from benchmarks.measures import RESULTS, Measure, note, read

FAST = bench.Benchmark("fast", "fast", bench.OWN, (), ())


def answering(*answers, status=0):
    """A stand-in for a benchmark's process: it leaves these answers."""

    def ended(_module, environment, _seconds):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(RESULTS, environment[RESULTS])
            for answer in answers:
                note(answer)
        return status, "what it printed"

    return ended


@pytest.mark.parametrize(
    ("answers", "ends", "status", "last"),
    [
        ([Measure("one", "10 rows", 0.5, passed=True), Measure("told only", "10 rows")], 0, 0, "1 passed, 0 failed"),
        ([Measure("one", "10 rows", passed=True), Measure("two", "10 rows", passed=False)], 1, 1, "1 passed, 1 failed"),
        ([], 0, 1, "0 passed, 1 failed"),
        ([Measure("one", "10 rows", passed=True)], 1, 1, "1 passed, 1 failed"),
        ([Measure("one", "10 rows", passed=True)], -9, 1, "1 passed, 1 failed"),
    ],
    ids=["kept", "missed", "no-answer", "broke-later", "killed"],
)
def test_the_exit_status_and_the_last_line_follow_the_budgets(
    monkeypatch, capsys, tmp_path, answers, ends, status, last
):
    monkeypatch.setattr(bench, "chosen", lambda _names: [FAST])
    monkeypatch.setattr(bench, "ended", answering(*answers, status=ends))
    path = tmp_path / "new" / "bench.json"
    assert bench.main(["--json", str(path)]) == status
    assert capsys.readouterr().out.splitlines()[-1] == last
    results = json.loads(path.read_text())["results"]
    assert [one["question"] for one in results[: len(answers)]] == [one.question for one in answers]


def test_a_benchmark_for_which_no_time_is_left_has_failed(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(bench, "chosen", lambda _names: [FAST])
    assert bench.main(["--minutes", "0", "--json", str(tmp_path / "bench.json")]) == 1
    assert "no time was left" in capsys.readouterr().out


def test_a_benchmark_that_hangs_is_ended():
    status, printed = bench.ended(["http.server", "0"], {"PYTHONUNBUFFERED": "1"}, 1.0)
    assert status == -1
    assert printed.endswith("the time was up\n")


def test_run_alone_nothing_is_collected(monkeypatch, tmp_path):
    monkeypatch.delenv(RESULTS, raising=False)
    assert note(Measure("one", "10 rows", passed=True))
    assert not note(Measure("one", "10 rows", passed=False))
    assert read(tmp_path / "none") == []


def test_an_unknown_name_is_refused():
    with pytest.raises(SystemExit, match="there is no sorting"):
        bench.chosen(["sorting", "import"])


@pytest.mark.parametrize("name", ["import", "planning", "scoring", "api"])
def test_the_smallest_size_runs_and_answers(name, tmp_path):
    """On SQLite; whether a budget is kept says nothing at this size."""
    one = next(one for one in bench.chosen([name]) if one.database == bench.SQLITE)
    answers = bench.run(one, tmp_path, 120, tiny=True)
    assert answers
    assert not [answer for answer in answers if answer.size.startswith("ended with")]
    assert all(answer.rate is None or answer.rate > 0 for answer in answers)
