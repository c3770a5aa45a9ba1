"""Each request, and each task that it publishes, can be followed through the log."""

import logging
from types import SimpleNamespace

import pytest
from django.http import HttpResponse

from conversion import logs
from engines.monitoring import requests

SEEN = []


def noting(request):
    SEEN.append(dict(logs.current()))
    return HttpResponse("ok")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("abc-123.X:9", True),
        ("short", False),
        ("x" * 101, False),
        ("with blank in it", False),
        ("ünicode-12345", False),
    ],
)
def test_a_sane_id_is_kept_and_any_other_replaced(rf, given, kept):
    SEEN.clear()
    response = requests.request_ids(noting)(rf.get("/", headers={"X-Request-ID": given}))
    found = response["X-Request-ID"]
    assert [seen["request"] for seen in SEEN] == [found]
    assert (found == given) is kept
    assert requests.SANE.fullmatch(found)
    assert "request" not in logs.current()


def test_two_requests_have_two_ids(client):
    one, other = (client.get("/healthz")["X-Request-ID"] for _ in range(2))
    assert one != other


def test_a_task_knows_itself_and_who_published_it():
    headers = {}
    with logs.about(request="request-1"):
        requests.send_along(headers=headers)
    assert headers == {"request_id": "request-1"}
    task = SimpleNamespace(request=SimpleNamespace(request_id="request-1"))
    requests.begin(task_id="t-1", task=task)
    inside = dict(logs.current())
    requests.end(task_id="t-1")
    assert inside == {"task": "t-1", "request": "request-1"}
    assert "task" not in logs.current()


def test_a_task_of_nobody_carries_no_request():
    headers = {}
    requests.send_along(headers=headers)
    assert headers == {}


def test_celery_logs_as_everything_else(settings):
    root = logging.getLogger()
    before = list(root.handlers), root.level
    try:
        requests.log_as_configured()
        assert [type(handler.formatter) for handler in root.handlers] == [logs.Line]
    finally:
        root.handlers[:], root.level = before
