"""Once a minute: everything that runs by itself and is not a send. Beat's task or the scheduler's loop calls it.

Any number may poll at once, and a poll that is missed costs a minute: what is due stands in the database. Each part looks for
work of its own, takes seconds, and leaves the rest to the next poll; one that fails is logged, and the others go on.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from django.db import close_old_connections

from conversion import imports, leases, signs
from conversion.models import FlowPeriod
from conversion.vocabulary import Flow
from engines import backfill, notices, running
from engines import health as sending_health
from engines.inbound import arrivals, imap
from engines.outbox.sweep import sweep
from engines.rescoring import rescore
from patterns import flows, health

log = logging.getLogger(__name__)


def check_health(at: datetime) -> None:
    """Take the daily look at all clients, where it is due and nobody else does."""
    period = leases.take(FlowPeriod.objects.filter(flow=Flow.HEALTH))
    if period is None:
        return
    with leases.held(period):
        try:
            summary = health.health_flow(at)
            leases.finish(period, results=asdict(summary))
        except Exception as error:
            leases.fail(period, f"{type(error).__name__}: {error}")
            raise


PARTS: dict[str, Callable[[datetime], object]] = {
    "sign of life": lambda _: signs.beat("poll"),
    "sweep": lambda _: sweep(),
    "sequences": lambda _: running.queue_due(),
    "arrivals": lambda _: arrivals.retry_waiting(),
    "flows": flows.look,
    "backfills": backfill.look,
    "imports": imports.look,
    "health": check_health,
    "health of sending": sending_health.look,
    "notices": lambda _: notices.deliver_due(),
    "mailboxes": lambda _: imap.poll_mailboxes(),
    "rescoring": rescore,
}


def poll(at: datetime) -> list[str]:
    """One round. at: the present moment, by the database's clock. Returns the names of the parts that failed."""
    failed = []
    for name, part in PARTS.items():
        close_old_connections()  # the part before may have lost its connection
        try:
            part(at)
        except Exception:  # whatever it was, the other parts are still to come
            log.exception("polling: %s failed", name)
            failed.append(name)
    return failed
