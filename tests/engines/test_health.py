"""What waits, is stuck or is refused is alerted, and resolved when it goes on."""

from datetime import timedelta

import pytest

from conversion.models import Activity, Mailbox, ProviderAccount, Sender
from conversion.tenancy import across_clients
from engines.health import look
from patterns.models import HealthAlert
from tests.factories import MONDAY, lead, touch

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
REFUSED = (
    "Of 5 messages by email through main (fake) in the last 24 hours, refused: 4, put off again and again: 1. "
    "Read their reasons: the account, or the addresses, may be at fault."
)


@pytest.fixture
def account(agency):
    return ProviderAccount.objects.create(agency=agency, channel="email", kind="fake", name="main")


@pytest.fixture
def sender(customer, account):
    return Sender.objects.create(client=customer, channel="email", address="me@acme.example", account=account)


def touches(sender, count, **fields):
    return [touch(lead(sender.client), sender=sender, **fields) for _ in range(count)]


def opened(client, at=MONDAY):
    look(at)
    rows = HealthAlert.objects.for_client(client).filter(resolved_at=None).order_by("code")
    return list(rows.values_list("code", "severity", "message"))


def test_all_is_well(sender):
    touches(sender, 3)
    touches(sender, 3, state="planned")
    touches(sender, 3, state="queued", due_at=MONDAY - 14 * MINUTE)
    touches(sender, 3, state="dispatching", claimed_until=MONDAY - 9 * MINUTE)
    assert opened(sender.client) == []


def test_messages_that_nobody_takes(sender, make_client):
    twin = make_client("Twin")
    late = touches(sender, 2, state="queued", due_at=MONDAY - 20 * MINUTE)
    [(code, severity, message)] = opened(sender.client)
    assert (code, severity) == ("queue_age", "high")
    assert message.startswith("2 messages should have gone out, the first at 2026-03-02 09:40 UTC")
    assert opened(twin) == []
    Activity.objects.filter(client=sender.client, pk=late[0].pk).update(state="cancelled")
    assert opened(sender.client)[0][2].startswith("1 message should")
    Activity.objects.filter(client=sender.client).update(state="cancelled")
    assert opened(sender.client) == []
    assert HealthAlert.objects.for_client(sender.client).get().resolved_at == MONDAY


@pytest.mark.parametrize("own", [True, False])
def test_what_waits_for_an_open_circuit_has_an_alert_already(sender, account, own):
    if not own:
        Sender.objects.filter(pk=sender.pk, client=sender.client).update(account=None)
        account = ProviderAccount.objects.create(agency=None, channel="email", kind="default", name="default")
    touches(sender, 2, state="queued", due_at=MONDAY - 20 * MINUTE)
    ProviderAccount.objects.filter(pk=account.pk).update(circuit_opened_at=MONDAY)
    assert opened(sender.client) == []
    ProviderAccount.objects.filter(pk=account.pk).update(circuit_opened_at=None)
    assert [code for code, *_ in opened(sender.client)] == ["queue_age"]


def test_sends_that_nobody_ends(sender):
    touches(sender, 1, state="claimed", claimed_until=MONDAY - 11 * MINUTE)
    touches(sender, 1, state="dispatching", claimed_until=MONDAY - 12 * MINUTE, dispatched_at=MONDAY - 13 * MINUTE)
    [(code, severity, message)] = opened(sender.client)
    assert (code, severity, message[:32]) == ("stuck_send", "high", "2 messages under way since befor")


def test_an_account_that_refuses_much(sender, make_client):
    twin = make_client("Twin")
    mine = {"sent_at": None, "dispatched_at": MONDAY - MINUTE, "state": "failed", "reason_code": "refused"}
    touches(sender, 4, **mine)
    assert opened(sender.client) == []
    touches(sender, 1, state="queued", due_at=MONDAY + timedelta(days=2), reason_code="deferred", attempts=8)
    assert opened(sender.client) == [
        (
            "provider_errors",
            "medium",
            REFUSED,
        )
    ]
    touches(sender, 95, sent_at=MONDAY - MINUTE)
    assert opened(sender.client) == []
    assert opened(twin) == []
    touches(sender, 1, **mine)
    assert [code for code, *_ in opened(sender.client)] == ["provider_errors"]
    assert opened(sender.client, MONDAY + timedelta(hours=25)) == []


def test_a_mailbox_that_cannot_be_read(sender, account, make_client):
    twin = make_client("Twin")
    mailbox = Mailbox.objects.create(account=account, failures=4)
    assert opened(sender.client) == []
    Mailbox.objects.filter(pk=mailbox.pk).update(failures=5)
    [(code, severity, message)] = opened(sender.client)
    assert (code, severity, message[:37]) == ("mailbox_failed", "high", "The mailbox of main (fake) cannot be ")
    assert opened(twin) == []
    Mailbox.objects.filter(pk=mailbox.pk).update(failures=0)
    assert opened(sender.client) == []


def test_an_idle_look_asks_little(sender, django_assert_num_queries):
    touches(sender, 3)
    with django_assert_num_queries(7), across_clients("health"):
        look(MONDAY)
