"""Tasks of the acting floor. A message carries no rows: it only says that something may be due."""

from celery import shared_task
from django.conf import settings

from engines.outbox.runner import Runner
from engines.outbox.waking import TASK, wake

SECONDS = 5.0  # of one task; then it wakes the next one, so that a worker that is to end need not wait long


@shared_task(name=TASK)
def send_due() -> int:
    """Send what is due; returns how many touches were claimed."""
    runner = Runner(settings.SEND_THREADS)
    claimed = runner.run(until_idle=True, seconds=SECONDS)
    if runner.is_cut_short:
        wake()
    return claimed
