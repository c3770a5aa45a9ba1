"""Work in a second process: the same results, in the same order, whether it lives, dies or never starts."""

import os
import signal
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
    found = []
    for things in [*lists, []]:
        found.append(work.exchange(things))
        between()
    return found


def test_each_result_comes_when_the_next_things_are_given(sorting):
    assert results(sorting, MANY) == [None, *map(sorted, MANY)]
    assert sorting.exchange([2, 1]) is None
    assert sorting.exchange([]) == [1, 2]


def test_a_process_is_started_for_many_things_alone(sorting, monkeypatch):
    started = []
    monkeypatch.setattr(Beside, "start", lambda work: started.append(work))  # noqa: PLW0108 (a method takes itself)
    results(sorting, [[2, 1], [3] * (WORTH - 1)])
    assert started == []
    results(sorting, MANY)
    assert started


def test_the_work_of_a_process_that_dies_is_done_here(sorting):
    assert results(
        sorting, MANY, lambda: os.kill(sorting._process.pid, signal.SIGKILL) if sorting._process else None
    ) == [
        None,
        *map(sorted, MANY),
    ]
    assert sorting._process is None


@pytest.mark.parametrize("python", ["/there/is/none", "false"])
def test_without_a_process_the_work_is_done_here(sorting, monkeypatch, python):
    monkeypatch.setattr(sys, "executable", python)
    assert results(sorting, MANY) == [None, *map(sorted, MANY)]


def test_an_error_of_the_work_is_raised_here():
    work = Beside(sum)
    work.exchange(["text"] * WORTH)
    with pytest.raises(TypeError):
        work.exchange([])
    work.close()


def test_a_process_ends_when_it_is_closed(sorting):
    sorting.exchange(MANY[0])
    process = sorting._process
    sorting.close()
    assert process.returncode == -signal.SIGKILL


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
