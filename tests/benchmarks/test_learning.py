"""What learning costs: its smallest size, in this process and database."""

from contextlib import nullcontext
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from benchmarks import learning
from benchmarks.measures import RESULTS, read
from benchmarks.processes import Cost
from conversion.tenancy import across_clients
from patterns.models import LearningRun


def here(client):
    call_command("learn_patterns", str(client.pk), "--json", stdout=StringIO())
    return Cost(2.0, 1.0, 200.0)


@pytest.mark.django_db
def test_the_smallest_size_answers(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(RESULTS, str(tmp_path / "results"))
    monkeypatch.setattr(
        learning, "database", lambda: nullcontext({"sqlite": "SQLite"}.get(connection.vendor, "PostgreSQL"))
    )
    monkeypatch.setattr(learning, "learned", here)
    status = learning.main(["--activities", "300", "--larger", "500", "--runs", "2"])
    answers = {answer.question: answer for answer in read(tmp_path / "results")}
    asked = {"learning, memory", "learning, larger"}
    assert {*answers} == asked | ({"learning, all four patterns"} if connection.vendor == "postgresql" else set())
    assert (answers["learning, memory"].megabytes, answers["learning, larger"].ratio) == (0, 1)
    assert status == 0, capsys.readouterr().out
    with across_clients("learning"):
        assert LearningRun.objects.filter(state="done").count() == 4
