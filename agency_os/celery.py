"""The Celery application. Redis only wakes workers; what is to be done stands in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agency_os.settings")
app = Celery("agency_os")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
