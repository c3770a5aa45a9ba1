"""Touches that something comes back for, and what comes back."""

from datetime import UTC, datetime, timedelta

import pytest

from conversion.models import Activity, Callback, Event, InboundMessage, Lead, ProviderAccount, Sender, Suppression
from conversion.secrets import seal
from conversion.tenancy import across_clients
from engines.inbound.arrivals import Arrival
from tests.engines.webhooks.knocking import SVIX
from tests.factories import lead as make_lead
from tests.factories import touch as make_touch

SENT = datetime(2026, 11, 16, 10, 0, tzinfo=UTC)


@pytest.fixture
def account(agency):
    made = ProviderAccount(agency=agency, channel="email", kind="resend", name="main")
    seal(made, {"api_key": "re_1", "signing_secret": SVIX, "inbound_secret": SVIX})
    made.save()
    return made


@pytest.fixture
def seat(customer, account):
    return Sender.objects.create(client=customer, channel="email", address="ann@acme.example", account=account)


@pytest.fixture
def bob(customer):
    return make_lead(customer, email="Bob@Recipient.example", email_key="bob@recipient.example", status="contacted")


@pytest.fixture
def sent(bob, seat):
    """An e-mail that Bob got, after which two more are planned."""
    for number in (2, 3):
        planned(bob, seat, number)
    return dispatched(bob, seat, "sent", provider_message_id="m-1")


@pytest.fixture
def twin(make_client, account):
    """The same person, touched by another client of the agency, with the rest planned too."""
    client = make_client("Beta")
    lead = make_lead(client, email="Bob@Recipient.example", email_key="bob@recipient.example", status="contacted")
    seat = Sender.objects.create(client=client, channel="email", address="ben@beta.example", account=account)
    planned(lead, seat, 2)
    return dispatched(lead, seat, "sent", provider_message_id="m-twin")


def planned(lead, seat, number, **fields):
    due = datetime.now(UTC) + timedelta(days=number)
    return make_touch(lead, state="planned", sender=seat, touch_number=number, scheduled_at=due, **fields)


def dispatched(lead, seat, state, **fields):
    fields = {"dispatched_at": SENT, "sent_at": SENT if state == "sent" else None, "sender": seat, **fields}
    row = make_touch(lead, state=state, subject="Hi", body="Hi", **fields)
    Activity.objects.filter(client=lead.client, pk=row.pk).update(idempotency_key=str(row.pk))
    row.refresh_from_db()
    return row


def arrival(kind, account, **fields):
    fields = {"key": f"{kind}-1", "occurred_at": SENT + timedelta(hours=1), "channel": "email", **fields}
    return Arrival(source="resend", kind=kind, account=account, **fields)


def of(touch, kind, **fields):
    return arrival(kind, touch.sender.account, idempotency_key=touch.idempotency_key, **fields)


def kinds(client):
    return sorted(Event.objects.for_client(client).values_list("kind", flat=True))


def lead_now(lead):
    return Lead.objects.for_client(lead.client).get(pk=lead.pk)


def states(client):
    return sorted(Activity.objects.for_client(client).values_list("state", "reason_code"))


def facts():
    """How many rows there are of all that an arrival may write."""
    with across_clients("operations"):
        models = (Callback, Event, InboundMessage, Suppression)
        return tuple(model.objects.count() for model in models)
