"""Tasks of the acting floor. A message carries no rows: it only says that something may be due."""

from celery import shared_task
from django.conf import settings

from conversion import imports
from conversion.clock import database_now
from conversion.ledger import open_due
from conversion.vocabulary import Flow
from conversion.waking import wake as wake_next
from engines import backfill
from engines import poll as polling
from engines.outbox.runner import Runner
from engines.outbox.waking import TASK, wake

SECONDS = 5.0  # of one task; then it wakes the next one, so that a worker that is to end need not wait long
HOURS = 6 * 3600  # of a backfill: one that is cut off goes on where it stood


@shared_task(name=TASK)
def send_due() -> int:
    """Send what is due; returns how many touches were claimed."""
    runner = Runner(settings.SEND_THREADS)
    claimed = runner.run(until_idle=True, seconds=SECONDS)
    if runner.is_cut_short:
        wake()
    return claimed


@shared_task(name="poll")
def poll() -> None:
    """One round of what runs by itself (`engines.poll`)."""
    polling.poll(database_now())


@shared_task(name=Flow.HEALTH.value)
def pattern_health_flow() -> None:
    """Take the daily look, where it is due."""
    at = database_now()
    open_due(at)
    polling.check_health(at)


@shared_task(name=backfill.TASK, soft_time_limit=HOURS, time_limit=HOURS + 60)
def pattern_backfill_flow() -> None:
    """Do the backfill that has waited longest, and wake the next worker."""
    if backfill.work():
        wake_next(backfill.TASK)


@shared_task(name=imports.TASK, soft_time_limit=imports.HOURS, time_limit=imports.HOURS + 60)
def import_uploads() -> None:
    """Do what was asked for of an upload that has waited longest, and wake the next worker."""
    if imports.work():
        wake_next(imports.TASK)
