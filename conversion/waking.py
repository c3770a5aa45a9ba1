"""Waking workers through the broker. A wake that is lost costs a worker's next poll, nothing else."""

import logging
import time

from celery import current_app
from django.conf import settings

logger = logging.getLogger(__name__)
QUIET = 5.0  # seconds without further attempts after the broker could not be reached

_silent_until = 0.0


def wake(task: str, times: int = 1) -> bool:
    """Publish that something is due, so many times; whether that worked. Never raises: what is due stands in the database."""
    global _silent_until  # noqa: PLW0603 (a broker that is away must not slow down every request)
    if not settings.REDIS_URL or time.monotonic() < _silent_until:
        return False
    try:
        for _ in range(times):
            current_app.send_task(task, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 (redis, kombu and the resolver each have their own)
        _silent_until = time.monotonic() + QUIET
        logger.warning("no worker could be woken (%s); the next poll will find what is due", error)
        return False
    return True
