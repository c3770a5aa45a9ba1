"""Senders in the admin: set by the functions of the commands, paused and resumed by actions."""

import pytest
from django.urls import reverse
from django.utils.timezone import now

from conversion.models import AuditEntry, Sender
from engines.accounts import set_account, set_sender
from engines.reputation import ALERT, cause
from patterns.alerts import open_alert
from patterns.models import HealthAlert
from tests.engines.admin.conftest import errors

pytestmark = pytest.mark.django_db
ADD, LIST = "/admin/conversion/sender/add/", "/admin/conversion/sender/"


def page(sender):
    return reverse("admin:conversion_sender_change", args=[sender.pk])


def form(**more):
    return {
        "channel": "email",
        "address": "Ann@ACME.example",
        "display_name": "Ann",
        "account": "",
        "daily_cap": "40",
        "ramp_started_on": "2026-11-02",
        "is_active": "on",
        **more,
    }


def of(client, address="ann@acme.example", channel="email"):
    return set_sender(client, address, None, None, None, channel)[0]


def test_one_is_made_and_changed(desk):
    account, _ = set_account(desk.acme.agency, None, "email", "shared", "console")
    assert desk.operator.post(ADD, form(client=desk.acme.pk, account=account.pk)).status_code == 302
    sender = Sender.objects.for_client(desk.acme).get()
    assert (sender.address, sender.account, sender.daily_cap, str(sender.ramp_started_on)) == (
        "Ann@acme.example",
        account,
        40,
        "2026-11-02",
    )
    change = form(account="", daily_cap="0", ramp_started_on="", display_name="")
    for _ in range(2):
        assert desk.operator.post(page(sender), {**change, "address": "other@acme.example"}).status_code == 302
    sender.refresh_from_db()
    assert (sender.address, sender.account, sender.daily_cap, sender.ramp_started_on, sender.display_name) == (
        "Ann@acme.example",
        None,
        0,
        None,
        "",
    )
    assert desk.operator.post(page(sender), {**change, "is_active": ""}).status_code == 302
    sender.refresh_from_db()
    assert [one.action for one in AuditEntry.objects.order_by("id")] == ["create", "change", "change", "change"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"address": "no address"}, "address"),
        ({"address": "+61 2", "channel": "sms"}, "address"),
        ({"address": "a\0@b.example"}, "address"),
        ({"address": "\u202ea@b.example"}, "address"),
        ({"address": "x" * 300}, "address"),
        ({"channel": "fax"}, "channel"),
        ({"display_name": "Ann\nBcc: x"}, "display_name"),
        ({"display_name": "=?utf-8?q?x?="}, "display_name"),
        ({"daily_cap": "NaN"}, "daily_cap"),
        ({"daily_cap": "-1"}, "daily_cap"),
        ({"daily_cap": "100001"}, "daily_cap"),
        ({"daily_cap": "9" * 40}, "daily_cap"),
        ({"ramp_started_on": "soon"}, "ramp_started_on"),
        ({"account": "x"}, "account"),
        ({"client": "x"}, "client"),
    ],
)
def test_what_cannot_be_is_a_field_error(desk, change, field):
    answer = desk.operator.post(ADD, form(**{"client": desk.acme.pk, **change}))
    assert field in errors(answer)
    assert not Sender.objects.for_client(desk.acme).exists()


def test_accounts_and_clients_of_others_are_no_choice(desk):
    theirs, _ = set_account(desk.acme.agency, desk.twin, "email", "of the twin", "console")
    texts, _ = set_account(desk.acme.agency, None, "sms", "texts", "console")
    for account in (theirs, texts):
        assert list(errors(desk.operator.post(ADD, form(client=desk.acme.pk, account=account.pk)))) == ["account"]
    assert list(errors(desk.operator.post(ADD, form(client=desk.twin.pk)))) == ["client"]
    assert list(errors(desk.root.post(ADD, form(client=desk.acme.pk, account=theirs.pk)))) == ["account"]


def test_an_address_is_there_once(desk):
    of(desk.acme, "Ann@acme.example")
    before = Sender.objects.for_client(desk.acme).values().get()
    answer = desk.operator.post(ADD, form(client=desk.acme.pk, daily_cap="7"))
    assert "address" in errors(answer)
    assert Sender.objects.for_client(desk.acme).values().get() == before


def test_pausing_and_resuming(desk):
    mine, theirs = of(desk.acme), of(desk.twin)
    choice = {"_selected_action": [str(mine.pk), str(theirs.pk)]}
    for _ in range(2):
        desk.operator.post(LIST, {"action": "pause", **choice})
    mine.refresh_from_db(), theirs.refresh_from_db()
    assert (mine.paused_at is None, theirs.paused_at, mine.pause_reason[:8]) == (False, None, "by hand,")
    open_alert(desk.acme.pk, cause(mine, "too much bounced"), now())
    for _ in range(2):
        desk.operator.post(LIST, {"action": "resume", **choice})
    mine.refresh_from_db()
    assert (mine.paused_at, mine.pause_reason, mine.watched_since is None) == (None, "", False)
    assert HealthAlert.objects.for_client(desk.acme).get(code=ALERT).resolved_at is not None
    assert [one.action for one in AuditEntry.objects.order_by("id")] == ["pause", "resume"]


def test_a_viewer_pauses_nothing(desk):
    mine = of(desk.acme)
    desk.viewer.post(LIST, {"action": "pause", "_selected_action": [str(mine.pk)]})
    mine.refresh_from_db()
    assert mine.paused_at is None
    assert desk.viewer.post(page(mine), form()).status_code == 403
    text = desk.viewer.get(page(mine)).content.decode()
    assert reverse("desk:test-send", args=[mine.pk]) in text
