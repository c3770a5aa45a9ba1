"""The examples of docs/api.md: each of them works, and every address has one."""

import re
import shutil
from datetime import timedelta

import pytest
from django.utils.timezone import now
from drf_spectacular.generators import SchemaGenerator

from benchmarks.examples import DOCUMENT, Examples, calls
from conversion.api.tokens import issue
from conversion.models import Delivery, Notice, WebhookEndpoint
from conversion.vocabulary import Role
from patterns.models import ConversionPatternHistory
from tests.callers import person
from tests.engines.api.test_activities import unknown
from tests.engines.api.test_events import message
from tests.engines.guarded import mailbox, reachable
from tests.factories import touch
from tests.patterns.api.test_alerts import alert
from tests.patterns.stored import keep_all, who

CALL = re.compile(r'curl (?:-X (?P<method>[A-Z]+) )?"\$API/(?P<path>[^"?]+)')


@pytest.fixture
def history(customer):
    """Rows of every kind that the examples speak of."""
    customer.timezone, customer.postal_address = "Australia/Sydney", "1 High St, Sydney"
    customer.save()
    mailbox(customer)
    lead = reachable(customer)
    later = now() + timedelta(days=2)
    touch(lead, state="planned", scheduled_at=later)
    touch(lead, state="planned", channel="voice", scheduled_at=later)
    unknown(lead)
    keep_all(customer, valid_until=later)
    moments = {"computed_at": now(), "valid_until": later, "algorithm": "who-1"}
    ConversionPatternHistory.objects.create(
        client=customer, pattern_type="who", version=1, patterns=who(), sample_size=9, confidence=0.5, **moments
    )
    message(customer)
    message(customer)
    alert(customer)
    endpoint = WebhookEndpoint.objects.create(client=customer, url="https://example.com/hook")
    notice = Notice.objects.create(client=customer, kind="alert_opened", subject="1")
    Delivery.objects.create(notice=notice, endpoint=endpoint, client=customer, state="failed")
    reachable(customer, external_id="L-2", email="ann@example.com", email_key="ann@example.com")


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples need curl")
@pytest.mark.django_db(transaction=True)
def test_they_work(customer, history, live_server):
    _, token = issue(person(customer), name="examples", role=Role.ADMIN, days=1, clients=[customer])
    examples = Examples(f"{live_server.url}/api/v1", token, "acme")
    examples.run()
    assert (examples.failed, examples.missing) == ({}, {})
    assert len(examples.passed) == len(list(calls(DOCUMENT.read_text())))


def test_every_address_has_one():
    shown = [
        (found["method"] or "GET", found["path"]) for found in map(CALL.match, calls(DOCUMENT.read_text())) if found
    ]
    assert len(shown) == len(list(calls(DOCUMENT.read_text())))
    described = [
        (method.upper(), path, re.sub(r"\{\w+\}", "[^/]+", path.removeprefix("/api/v1/")))
        for path, operations in SchemaGenerator().get_schema(public=True)["paths"].items()
        for method in operations
    ]
    without = [
        f"{method} {path}"
        for method, path, pattern in described
        if not any(method == wanted and re.fullmatch(pattern, place) for wanted, place in shown)
    ]
    assert without == []
    assert described
