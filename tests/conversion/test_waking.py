"""A broker that is away holds nobody up."""

from socket import socket

import pytest
from celery import Celery
from django.conf import settings as configured

from conversion import waking


@pytest.fixture
def nobody_there(settings, monkeypatch):
    """A broker's address at which nobody listens."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{free.getsockname()[1]}/0"
    app = Celery("away", broker=settings.REDIS_URL, set_as_current=False)
    app.conf.broker_transport_options = configured.CELERY_BROKER_TRANSPORT_OPTIONS
    monkeypatch.setattr(waking, "current_app", app)
    monkeypatch.setattr(waking, "_silent_until", 0.0)
    yield app
    app.close()


def test_whoever_wakes_waits_for_no_second_attempt(nobody_there, monkeypatch):
    waited = []
    monkeypatch.setattr("kombu.utils.functional.sleep", waited.append)
    assert waking.wake("send_due") is False
    assert waited == []


def test_and_for_a_while_nobody_tries_again(nobody_there, monkeypatch):
    assert waking.wake("send_due") is False
    monkeypatch.setattr(nobody_there, "send_task", pytest.fail)
    assert waking.wake("send_due") is False
