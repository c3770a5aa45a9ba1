"""Tasks of learning. A message carries no rows: it only says that something may be due."""

from celery import shared_task
from django.conf import settings

from conversion.clock import database_now
from conversion.vocabulary import Flow
from conversion.waking import wake
from patterns import flows

GRACE = 60  # seconds from the end of a client's time to the end of its process


@shared_task(name=Flow.LEARNING.value)
def pattern_learning_flow() -> None:
    """Open the run that is due, if one is."""
    flows.look(database_now())


@shared_task(
    name=flows.LEARN,
    acks_late=True,  # else a learner would take a second message along and keep it from an idle one
    soft_time_limit=settings.LEARN_TIMEOUT_SECONDS,
    time_limit=settings.LEARN_TIMEOUT_SECONDS + GRACE,
)
def learn_client() -> None:
    """Learn for the client that has waited longest, and wake the next learner."""
    if flows.step():
        wake(flows.LEARN)
