"""The product's settings with the harness's provider, and the faults that must be inside a worker."""

import os
import time

from django.utils import timezone

OFFSET = float(os.environ.get("CHAOS_CLOCK_OFFSET", "0"))
if OFFSET:  # before any module of the product takes its own reference
    _now, _time = timezone.now, time.time
    timezone.now = lambda: _now() + timezone.timedelta(seconds=OFFSET)
    time.time = lambda: _time() + OFFSET

from agency_os.settings import *  # noqa: E402, F403
from agency_os.settings import CELERY_BROKER_TRANSPORT_OPTIONS, INSTALLED_APPS  # noqa: E402

INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.chaos.apps.ChaosConfig"]
PUBLIC_URL = "https://chaos.example"
EMAIL_AT_ANY_TIME = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    **CELERY_BROKER_TRANSPORT_OPTIONS,
    "visibility_timeout": int(os.environ.get("CHAOS_VISIBILITY", "3600")),
}
