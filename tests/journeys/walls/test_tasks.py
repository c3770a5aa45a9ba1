"""Work in the background says whose rows it means, or raises. Messages of the broker carry no rows and no clients: a task finds
in the database whose turn it is.
"""

import inspect

import pytest
from celery import current_app, shared_task

from conversion.models import Lead
from conversion.policies import APPS
from conversion.tenancy import UnscopedQueryError, across_clients
from engines import tasks as _of_engines  # noqa: F401 (registered)
from patterns import tasks as _of_patterns  # noqa: F401
from tests.factories import lead

# Each task, and in which named place it looks at several clients.
TASKS = {
    "send_due": "dispatch",
    "poll": "each of its parts has its own",
    "pattern_learning_flow": "learning",
    "learn_client": "learning",
    "pattern_health_flow": "health",
    "pattern_backfill_flow": "learning",
    "import_uploads": "imports",
}


def ours():
    return {name: task for name, task in current_app.tasks.items() if task.run.__module__.split(".")[0] in APPS}


def test_every_task_has_a_row():
    assert set(ours()) == set(TASKS), "say in tests/journeys/walls/test_tasks.py whose rows these tasks touch"


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_task_is_told_nothing(name):
    """What a message cannot say, nobody can forge or mix up."""
    assert [one for one in inspect.signature(ours()[name].run).parameters if one != "self"] == []


@pytest.mark.django_db
def test_a_task_without_its_client_raises(customer):
    lead(customer)

    @shared_task(name="tests.forgets", shared=False)
    def forgets():
        return Lead.objects.count()

    with across_clients("learning"):  # what another task in this thread may do does not rub off
        Lead.objects.count()
    with pytest.raises(UnscopedQueryError):
        forgets.apply(throw=True)
    current_app.tasks.unregister("tests.forgets")
