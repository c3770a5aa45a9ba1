"""The receiver in docs/webhooks.md does what the text says."""

import re
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
import requests

from conversion.models import Delivery
from conversion.vocabulary import Severity
from engines.notices import deliver_due
from engines.notices.endpoints import set_endpoint
from engines.notices.replaying import log_of, replay
from engines.notices.signing import headers_of
from patterns.alerts import Cause, open_alert

pytestmark = pytest.mark.django_db(transaction=True)
DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "webhooks.md"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def example(customer, settings, monkeypatch):
    """The names of the example, while it listens, and where."""
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    [code] = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    monkeypatch.setenv("WEBHOOK_SECRET", "set below")
    names = {"__name__": "receiver"}
    exec(compile(code, DOCUMENT.name, "exec"), names)  # noqa: S102 (our own text)
    names["Receiver"].log_message = lambda *_: None
    names["handled"] = []
    names["handle"] = names["handled"].append
    with ThreadingHTTPServer(("127.0.0.1", 0), names["Receiver"]) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        names["url"] = f"http://127.0.0.1:{server.server_port}/"
        _, names["SECRET"] = set_endpoint(customer, names["url"])
        yield names
        server.shutdown()
        thread.join()


def test_it_takes_a_notice_once(customer, example):
    open_alert(customer.pk, Cause("circuit_open", Severity.HIGH, "Shut.", subject="email 1"), NOON)
    assert deliver_due(at=NOON) == 1
    [notice] = example["handled"]
    assert (notice["kind"], notice["client_id"]) == ("alert_opened", str(customer.pk))
    replay(log_of(customer).get(), NOON)
    assert deliver_due(at=NOON) == 1
    assert len(example["handled"]) == 1


def test_what_another_secret_signed_comes_back(customer, example):
    example["SECRET"] += "another"
    open_alert(customer.pk, Cause("circuit_open", Severity.HIGH, "Shut.", subject="email 1"), NOON)
    assert deliver_due(at=NOON) == 0
    assert (Delivery.objects.for_client(customer).get().status_code, example["handled"]) == (401, [])


@pytest.mark.parametrize("change", ["unsigned", "old", "other_body", "no_number"])
def test_what_it_refuses(example, change):
    body = b'{"id": "1", "kind": "alert_opened"}'
    at = int(time.time()) - (int(timedelta(minutes=6).total_seconds()) if change == "old" else 0)
    headers = headers_of(example["SECRET"], body, at)
    if change == "unsigned":
        headers = {}
    elif change == "no_number":
        headers["Agency-Timestamp"] = "now"
    elif change == "other_body":
        body += b" "
    assert requests.post(example["url"], body, headers=headers, timeout=5).status_code == 401
    assert example["handled"] == []
