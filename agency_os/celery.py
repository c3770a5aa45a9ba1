"""The Celery application. Redis only wakes workers; what is to be done stands in the database."""

import os

from celery import Celery
from kombu.transport.redis import Channel

# A worker that loses the broker would give back what it had not acknowledged over a connection that is gone, and go down by
# that (kombu 5.7). No message carries anything that is not found again in the database.
Channel.do_restore = False

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agency_os.settings")
app = Celery("agency_os")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
