"""High alerts are e-mailed at once, medium ones in one daily digest, each once, and to those who look after the client."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from conversion.models import Client, Delivery, Membership, WebhookEndpoint
from conversion.vocabulary import Severity
from engines.notices import deliver_due
from patterns.alerts import Cause, open_alert, resolve
from patterns.models import HealthAlert
from tests.engines.notices.receiver import inbox  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MORNING = datetime(2026, 3, 3, 7, tzinfo=UTC)
HIGH = Cause("circuit_open", Severity.HIGH, "Sending through <main> has stopped.", subject="email 1")
MEDIUM = Cause("low_sample", Severity.MEDIUM, "The who pattern rests on 12 leads.", "who")


def member(client, name, role="operator", accepted=NOON, **fields):
    user = User.objects.create(username=name, email=f"{name}@agency.example", **fields)
    return Membership.objects.create(user=user, client=client, role=role, accepted_at=accepted)


def letters(inbox):  # noqa: F811
    return [(to, mail["Subject"]) for _, [to], mail in inbox.received]


def states(client):
    return list(Delivery.objects.for_client(client).order_by("id").values_list("recipient", "state", "answer"))


def test_a_high_alert_goes_out_at_once_and_once(customer, inbox, settings):  # noqa: F811
    settings.PUBLIC_URL = "https://agency.example"
    member(customer, "ann")
    alert = open_alert(customer.pk, HIGH, NOON)
    assert [deliver_due(at=NOON), deliver_due(at=NOON), deliver_due(at=MORNING)] == [1, 0, 0]
    [(sender, to, mail)] = inbox.received
    assert (sender, to) == ("alerts@agency.example", ["ann@agency.example"])
    assert mail["Subject"] == "Alert: Acme: Sending through <main> has stopped."
    assert (mail["Auto-Submitted"], mail["Message-ID"].endswith("@agency.example>")) == ("auto-generated", True)
    text, html = (mail.get_body([kind]).get_content().replace("\r", "") for kind in ("plain", "html"))
    link = f"https://agency.example/admin/patterns/healthalert/{alert.pk}/change/"
    assert text.startswith(f"HIGH  Acme\nSending through <main> has stopped.\nSince 2026-03-02 12:00 UTC\n{link}\n")
    assert "Sending through &lt;main&gt; has stopped." in html
    assert f'href="{link}"' in html
    assert states(customer) == [("ann@agency.example", "delivered", "")]


def test_medium_ones_wait_for_one_daily_digest(customer, make_client, inbox):  # noqa: F811
    twin = make_client("Twin")
    for client in (customer, twin):
        member(client, f"ann-{client.slug}")
        member(client, f"bob-{client.slug}", role="admin")
        open_alert(client.pk, MEDIUM, NOON)
    Membership.objects.create(user=User.objects.get(username="ann-acme"), client=twin, role="admin", accepted_at=NOON)
    open_alert(customer.pk, Cause("expiring_soon", Severity.MEDIUM, "It expires.", "how"), NOON)
    assert deliver_due(at=NOON) == deliver_due(at=MORNING - timedelta(seconds=1)) == 0
    deliver_due(at=MORNING)
    deliver_due(at=MORNING + timedelta(days=1))
    assert sorted(letters(inbox)) == [
        ("ann-acme@agency.example", "Daily digest: 3 warnings: Acme, Twin"),
        ("ann-twin@agency.example", "Daily digest: 1 warning: Twin"),
        ("bob-acme@agency.example", "Daily digest: 2 warnings: Acme"),
        ("bob-twin@agency.example", "Daily digest: 1 warning: Twin"),
    ]


def test_only_those_who_look_after_the_client_hear_of_it(customer, make_client, inbox):  # noqa: F811
    member(make_client("Twin"), "other")
    member(customer, "viewer", role="viewer")
    member(customer, "invited", accepted=None)
    member(customer, "gone", is_active=False)
    open_alert(customer.pk, HIGH, NOON)
    deliver_due(at=NOON)
    assert letters(inbox) == [("ops@agency.example", "Alert: Acme: Sending through <main> has stopped.")]


def test_several_at_once_are_one_letter(customer, make_client, inbox):  # noqa: F811
    for client in (customer, make_client("Twin")):
        open_alert(client.pk, HIGH, NOON)
    deliver_due(at=NOON, limit=1)
    deliver_due(at=NOON, limit=10)
    assert [subject for _, subject in letters(inbox)] == [
        "Alert: Acme: Sending through <main> has stopped.",
        "Alert: Twin: Sending through <main> has stopped.",
    ]
    for client in Client.objects.all():
        open_alert(client.pk, Cause("sender_paused", Severity.HIGH, "Paused.", subject="1"), NOON)
    deliver_due(at=NOON)
    assert letters(inbox)[2:] == [("ops@agency.example", "2 alerts: Acme, Twin")]


@pytest.mark.parametrize("change", ["resolved", "left", "deleted"])
def test_what_nobody_needs_to_hear_any_more_is_dropped(customer, inbox, change):  # noqa: F811
    membership = member(customer, "ann")
    member(customer, "bob")
    open_alert(customer.pk, MEDIUM, NOON)
    deliver_due(at=NOON)
    if change == "resolved":
        resolve(HealthAlert.objects.for_client(customer), NOON)
    elif change == "left":
        membership.delete()
    else:
        Client.objects.filter(pk=customer.pk).update(deleted_at=NOON)
    deliver_due(at=MORNING)
    assert [to for to, _ in letters(inbox)] == (["bob@agency.example"] if change == "left" else [])
    assert ("ann@agency.example", "dropped") in [row[:2] for row in states(customer)]


def test_a_mail_server_that_is_away_is_tried_again(customer, inbox, settings):  # noqa: F811
    settings.EMAIL_TIMEOUT = 1
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    member(customer, "ann")
    member(customer, "bob")
    open_alert(customer.pk, HIGH, NOON)
    assert deliver_due(at=NOON) == 0
    reason = "the mail server did not take it: ConnectionRefusedError"
    assert states(customer) == [("ann@agency.example", "pending", reason), ("bob@agency.example", "pending", "")]
    settings.EMAIL_PORT = port
    deliver_due(at=NOON)
    assert letters(inbox) == [("bob@agency.example", "Alert: Acme: Sending through <main> has stopped.")]
    deliver_due(at=NOON + timedelta(seconds=59))
    deliver_due(at=NOON + timedelta(seconds=60))
    assert [to for to, _ in letters(inbox)] == ["bob@agency.example", "ann@agency.example"]


def test_an_address_that_is_none_holds_up_nobody(customer, inbox):  # noqa: F811
    User.objects.filter(pk=member(customer, "ann").user_id).update(email="ann@agency.example\nBcc: eve@evil.example")
    member(customer, "bob")
    open_alert(customer.pk, HIGH, NOON)
    assert deliver_due(at=NOON) == 1
    assert [to for to, _ in letters(inbox)] == ["bob@agency.example"]


def test_without_a_mail_server_nothing_is_addressed(customer, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    member(customer, "ann")
    open_alert(customer.pk, HIGH, NOON)
    assert deliver_due(at=NOON) == 0
    assert states(customer) == []
    assert WebhookEndpoint.objects.count() == 0
