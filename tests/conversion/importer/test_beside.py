"""Work in a second process: the same results, in the same order, whether it lives, dies or never starts."""

import os
import pickle
import signal
import subprocess
import sys

import pytest

from conversion.clients import create_client
from conversion.importer import beside
from conversion.importer.beside import WORTH, Beside
from tests.conversion.importer.history import history, texts

MANY = [list(range(WORTH, 0, -1)), [3, 1, 2], list(range(2 * WORTH, 0, -1))]


@pytest.fixture
def sorting():
    work = Beside(sorted)
    yield work
    work.close()


def results(work, lists, between=lambda: None):
    """One is given before the result of the one before it is taken."""
    found = []
    for things in lists:
        work.give(things)
        between()
        if len(work) > 1:
            found.append(work.take())
    while work:
        found.append(work.take())
    return found


def test_results_come_in_the_order_in_which_things_were_given(sorting):
    assert results(sorting, MANY) == [*map(sorted, MANY)]
    for things in (*MANY, [2, 1], *MANY):
        sorting.give(things)
    assert len(sorting) == 7
    assert [sorting.take() for _ in range(7)] == [*map(sorted, MANY), [1, 2], *map(sorted, MANY)]
    assert len(sorting) == 0


def test_much_may_wait_on_both_sides():
    work = Beside(list)
    lists = [["x" * 1000] * 4000 for _ in range(4)]  # 4 MB each, to and fro
    for things in lists:
        work.give(things)
    assert [len(work.take()) for _ in lists] == [4000] * 4
    assert work._process is not None
    work.close()


def test_a_process_is_started_for_many_things_alone(sorting, monkeypatch):
    started = []
    monkeypatch.setattr(Beside, "start", lambda work: started.append(work))  # noqa: PLW0108 (a method takes itself)
    results(sorting, [[2, 1], [3] * (WORTH - 1)])
    assert started == []
    results(sorting, MANY)
    assert started


def test_a_process_may_be_started_before(sorting):
    sorting.start()
    process = sorting._process
    sorting.start()
    assert sorting._process is process
    assert results(sorting, [[2, 1], [3]]) == [[1, 2], [3]]


def test_the_work_of_a_process_that_dies_is_done_here(sorting):
    assert results(
        sorting, MANY, lambda: os.kill(sorting._process.pid, signal.SIGKILL) if sorting._process else None
    ) == [*map(sorted, MANY)]
    assert sorting._process is None


@pytest.mark.parametrize("python", ["/there/is/none", "false"])
def test_without_a_process_the_work_is_done_here(sorting, monkeypatch, python):
    monkeypatch.setattr(sys, "executable", python)
    assert results(sorting, MANY) == [*map(sorted, MANY)]


def test_an_error_of_the_work_is_raised_here():
    work = Beside(sum)
    work.give(["text"] * WORTH)
    with pytest.raises(TypeError):
        work.take()
    work.close()


def test_a_process_ends_when_it_is_closed(sorting):
    sorting.give(MANY[0])
    process = sorting._process
    sorting.close()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("cut", [1, 100_000, None])
def test_a_process_ends_quietly_when_nobody_is_there(cut):
    things = b"".join(pickle.dumps(what) for what in (sorted, ["x" * 100_000] * 30))
    command = [sys.executable, "-m", beside.__name__]
    with subprocess.Popen(  # noqa: S603 (our own words)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        process.stdin.write(things[:cut])
        process.stdin.close()
        assert (process.stderr.read(), process.wait(10)) == (b"", 0)


@pytest.mark.django_db
@pytest.mark.parametrize("again", ["more leads", "more revenue"])
def test_an_import_is_the_same_with_a_second_process_and_without(bring, facts, monkeypatch, again):
    people, touches, events = history(leads=40)
    changed = [line.replace("more leads", again) if number % 3 else line for number, line in enumerate(touches)]
    found = []
    for worth in (1, 10**9):
        monkeypatch.setattr(beside, "WORTH", worth)
        monkeypatch.setattr("conversion.importer.run.CHUNK", 20)
        client = create_client(f"Worth {worth}")
        brought = [bring(client, **texts(people, lines, events)) for lines in (touches, changed)]
        found.append((facts(client), [(one.activities, one.events, one.rejects) for one in brought]))
    assert found[0] == found[1]
