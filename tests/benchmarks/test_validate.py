"""The runner of the claims: it tells what it measured, and fails where a claim does."""

import pytest

from benchmarks import validate
from benchmarks.validation.claims import Claim, Question, Scale


def half(seed):
    return seed / 2


def judged(results, *, most):
    yield Claim("halves", f"at most {most}", f"{max(results):g}", max(results) <= most, naive="twice that")


def asking(most):
    def questions(scale):
        yield "A subject", Question("halves", list(scale.seeds), half, lambda results: judged(results, most=most))

    return questions


@pytest.mark.parametrize(("most", "status", "last"), [(2, 0, "1 passed, 0 failed"), (1.4, 1, "0 passed, 1 failed")])
def test_the_exit_status_and_the_last_line_follow_the_claims(monkeypatch, capsys, tmp_path, most, status, last):
    monkeypatch.setattr(validate, "questions", asking(most))
    report = tmp_path / "validation.md"
    assert validate.main(["--seeds", "3", "--first-seed", "1", "--processes", "1", "--report", str(report)]) == status
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == last
    assert "1.5" in printed[0]
    assert printed[1].split() == ["naive:", "twice", "that"]
    row = f"| halves | at most {most} | 1.5 | twice that |  | {'holds' if status == 0 else '**fails**'} |"
    assert row in report.read_text().splitlines()


def test_nothing_run_is_a_failure(monkeypatch, capsys):
    monkeypatch.setattr(validate, "questions", asking(2))
    assert validate.main(["--processes", "1", "--only", "another subject"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 0 failed"


def test_every_module_asks_something():
    subjects = {subject for subject, _ in validate.questions(Scale(range(1, 5)))}
    assert len(subjects) >= 5


def test_a_part_of_the_seeds():
    assert Scale(range(10, 210)).some(20) == range(10, 30)
    assert Scale(range(10, 50)).some(20) == range(10, 14)
    assert Scale(range(10, 12)).some(1) == range(10, 12)
