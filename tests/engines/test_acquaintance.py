"""An invitation whose lead is quicker than the provider's answer to it."""
# ruff: noqa: F811 (fixtures are imported)

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils.timezone import now

from conversion.models import Activity
from conversion.tenancy import across_clients
from engines.acquaintance import accepted_since
from engines.connections import accepted
from engines.outbox.claims import claim
from engines.outbox.dispatching import dispatch
from engines.outbox.limits import Limits
from engines.outbox.record import record
from engines.outbox.sweep import sweep
from engines.providers.contract import Uncertain
from patterns.models import HealthAlert
from tests.engines.seats import account, lead, seat, unipile  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db(transaction=True)
LIMITS = Limits(1.0, timedelta(seconds=4))


@pytest.fixture
def invitation(lead, seat, monkeypatch):
    monkeypatch.setattr("engines.windows.Window.refusal", lambda *_: None)
    Activity.objects.create(
        client=lead.client, lead=lead, sender=seat, channel="linkedin", action="linkedin_sent", state="queued",
        due_at=now() - timedelta(seconds=1), message_type="connection_request", body="Hi Jo, shall we connect?",
    )  # fmt: skip
    [ready] = [dispatch(one, LIMITS) for one in claim(1, LIMITS)]
    return ready


def expire(touch):
    Activity.objects.for_client(touch.client).filter(pk=touch.pk).update(claimed_until=now() - timedelta(seconds=1))


def swept(touch):
    expire(touch)
    found = sweep(LIMITS)
    touch.refresh_from_db()
    return found.sent, found.unknown, touch.state


def accept(touch, at):
    with transaction.atomic():  # as a webhook's arrival is taken
        return accepted(touch.client_id, touch.lead_id, touch.sender_id, at)


def open_alerts(touch):
    return HealthAlert.objects.for_client(touch.client).filter(code="unknown_send", resolved_at=None).count()


def test_accepted_before_an_answer_that_proves_nothing(invitation):
    touch = invitation.activity
    with across_clients("dispatch"):
        accept(touch, now())
    record(invitation, Uncertain("a reset"), LIMITS)
    touch.refresh_from_db()
    assert (touch.state, open_alerts(touch)) == ("unknown", 1)
    assert swept(touch) == (1, 0, "sent")
    assert open_alerts(touch) == 0


def test_accepted_while_its_worker_vanished(invitation):
    touch = invitation.activity
    accept(touch, now())
    assert swept(touch) == (1, 0, "sent")


@pytest.mark.parametrize("ago", [timedelta(days=1), None])
def test_who_was_connected_before_or_is_not_proves_nothing(invitation, ago):
    touch = invitation.activity
    if ago is not None:
        accept(touch, now() - ago)
    assert swept(touch) == (0, 1, "unknown")
    assert not accepted_since(touch)
