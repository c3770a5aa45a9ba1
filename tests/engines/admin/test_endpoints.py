"""Webhooks, what was posted, and booking hooks in the admin; a secret is shown once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import now

from conversion.models import AuditEntry, BookingHook, Callback, Delivery, Mailbox, Notice, WebhookEndpoint
from conversion.secrets import credentials_of
from engines.accounts import set_account
from engines.notices.endpoints import set_endpoint
from tests.engines.admin.conftest import errors

pytestmark = pytest.mark.django_db
HOOKS, BOOKINGS = "/admin/conversion/webhookendpoint/", "/admin/conversion/bookinghook/"
DELIVERIES, CALLBACKS = "/admin/conversion/delivery/", "/admin/conversion/callback/"
URL = "https://hooks.example/k3y-of-theirs"


def form(**more):
    return {"url": URL, "kinds": ["alert_opened", "lead_converted"], "is_active": "on", **more}


def change(row):
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])


def test_a_webhook_is_made_and_its_secret_shown_once(desk):
    answer = desk.operator.post(f"{HOOKS}add/", form(client=desk.acme.pk))
    endpoint = WebhookEndpoint.objects.get()
    secret = credentials_of(endpoint)["secret"]
    assert (endpoint.client, endpoint.kinds) == (desk.acme, ["alert_opened", "lead_converted"])
    assert answer.status_code == 200
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    for browser in (desk.operator, desk.root):
        assert secret not in browser.get(change(endpoint)).content.decode()
    again = desk.operator.post(f"{HOOKS}add/", form(client=desk.acme.pk))
    assert errors(again) == {"url": ["There is a webhook to this address: change that one."]}
    assert credentials_of(WebhookEndpoint.objects.get())["secret"] == secret


def test_it_is_changed_and_given_another_secret(desk):
    endpoint, secret = set_endpoint(desk.acme, URL)
    assert desk.operator.post(change(endpoint), form(is_active="")).status_code == 302
    answer = desk.operator.post(change(endpoint), form(new_secret="on", url="https://elsewhere.example/"))  # noqa: S106 (a box)
    endpoint.refresh_from_db()
    fresh = credentials_of(endpoint)["secret"]
    assert (endpoint.url, endpoint.is_active, fresh != secret, fresh in answer.content.decode()) == (
        URL,
        True,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"url": "http://hooks.example/"}, "url"),
        ({"url": "ftp://x"}, "url"),
        ({"url": "https://a b"}, "url"),
        ({"url": "https://x/\0"}, "url"),
        ({"url": "https://x/" + "y" * 600}, "url"),
        ({"url": "https://[::1"}, "url"),
        ({"kinds": ["gossip"]}, "kinds"),
        ({"kinds": []}, "kinds"),
        ({"client": ""}, "client"),
    ],
)
def test_what_cannot_be_is_a_field_error(desk, given, field):
    answer = desk.operator.post(f"{HOOKS}add/", form(**{"client": desk.acme.pk, **given}))
    assert field in errors(answer)
    assert not WebhookEndpoint.objects.exists()


def test_the_whole_address_is_for_those_who_may_change_it(desk):
    endpoint, _ = set_endpoint(desk.acme, URL)
    shared, _ = set_endpoint(desk.acme.agency, "https://agency.example/k3y-of-agency")
    for browser, sees in ((desk.viewer, False), (desk.operator, True)):
        assert ("k3y-of-theirs" in browser.get(change(endpoint)).content.decode()) is sees
        assert "k3y-of-agency" not in browser.get(change(shared)).content.decode()
        assert "k3y" not in browser.get(HOOKS).content.decode()
    assert desk.operator.post(change(shared), form()).status_code == 403
    assert desk.root.post(change(shared), form(url="")).status_code == 302


def test_it_is_forgotten_with_its_log(desk):
    endpoint, _ = set_endpoint(desk.acme, URL)
    notice = Notice.objects.create(client=desk.acme, kind="alert_opened", subject="1")
    Delivery.objects.create(client=desk.acme, notice=notice, endpoint=endpoint)
    shared, _ = set_endpoint(desk.acme.agency, URL)
    away = reverse("admin:conversion_webhookendpoint_delete", args=[endpoint.pk])
    assert desk.viewer.post(away, {"post": "yes"}).status_code == 403
    assert desk.operator.get(away).status_code == 200
    assert desk.operator.post(away, {"post": "yes"}).status_code == 302
    several = {"action": "delete_selected", "_selected_action": [str(shared.pk)], "post": "yes"}
    assert desk.operator.post(HOOKS, several).status_code in {200, 302, 403}
    assert list(WebhookEndpoint.objects.all()) == [shared]
    assert [one.action for one in AuditEntry.objects.all()] == ["delete"]


def test_what_was_posted_is_posted_once_more(desk):
    rows = []
    for client in (desk.acme, desk.twin):
        endpoint, _ = set_endpoint(client, URL)
        notice = Notice.objects.create(client=client, kind="alert_opened", subject="1")
        rows.append(
            Delivery.objects.create(client=client, notice=notice, endpoint=endpoint, state="failed", attempts=9)
        )
    chosen = {"action": "post_again", "_selected_action": [str(row.pk) for row in rows]}
    desk.viewer.post(f"{DELIVERIES}?client={desk.acme.pk}", chosen)
    rows[0].refresh_from_db()
    assert rows[0].state == "failed"
    desk.operator.post(f"{DELIVERIES}?client={desk.acme.pk}", chosen)
    text = desk.operator.post(f"{DELIVERIES}?client={desk.acme.pk}", chosen, follow=True).content.decode()
    for row in rows:
        row.refresh_from_db()
    assert [(row.state, row.attempts) for row in rows] == [("pending", 0), ("failed", 9)]
    assert "it is still to be posted" in text
    assert [one.action for one in AuditEntry.objects.all()] == ["replay"]
    assert desk.operator.get(change(rows[0])).status_code == 200


def test_a_booking_hook(desk):
    assert desk.operator.post(f"{BOOKINGS}add/", {"client": desk.acme.pk}).status_code == 403
    told = desk.admin.post(f"{BOOKINGS}add/", {"client": desk.acme.pk}).content.decode()
    hook = BookingHook.objects.for_client(desk.acme).get()
    secret = credentials_of(hook)["secret"]
    assert (secret in told, f"/webhooks/bookings/{hook.pk}" in told) == (True, True)
    assert secret not in desk.admin.get(change(hook)).content.decode()
    assert list(errors(desk.admin.post(f"{BOOKINGS}add/", {"client": desk.acme.pk}))) == ["client"]
    assert list(errors(desk.admin.post(f"{BOOKINGS}add/", {"client": desk.twin.pk}))) == ["client"]
    assert desk.admin.post(change(hook), {}).status_code == 302
    hook.refresh_from_db()
    assert credentials_of(hook)["secret"] == secret
    told = desk.admin.post(change(hook), {"new_secret": "on"}).content.decode()
    hook.refresh_from_db()
    assert credentials_of(hook)["secret"] != secret
    assert credentials_of(hook)["secret"] in told


def test_what_failed_is_tried_again(desk):
    own, _ = set_account(desk.acme.agency, desk.acme, "email", "own", "console")
    shared, _ = set_account(desk.acme.agency, None, "email", "shared", "console")
    about = {
        "source": "resend",
        "kind": "replied",
        "occurred_at": now(),
        "attempts": 3,
        "payload": {"text": "hush-hush"},
    }
    made = [
        Callback.objects.create(key=str(number), client=client, account=account, state=state, **about)
        for number, (client, account, state) in enumerate(
            [
                (desk.acme, own, "failed"),
                (None, own, "failed"),
                (desk.acme, own, "done"),
                (None, shared, "failed"),
                (desk.twin, shared, "failed"),
            ]
        )
    ]
    shown = desk.operator.get(change(made[0])).content.decode()
    assert "hush-hush" not in shown
    chosen = {"action": "again", "_selected_action": [str(row.pk) for row in made]}
    desk.viewer.post(CALLBACKS, chosen)
    assert Callback.objects.filter(state="waiting").count() == 0
    for _ in range(2):
        desk.operator.post(CALLBACKS, chosen)
    for row in made:
        row.refresh_from_db()
    assert [(row.state, row.attempts) for row in made] == [("waiting", 0)] * 2 + [("done", 3)] + [("failed", 3)] * 2
    assert made[0].retry_at <= now() + timedelta(seconds=5)
    assert AuditEntry.objects.count() == 2
    assert desk.operator.get(change(made[3])).status_code == 302


def test_mailboxes_are_looked_at(desk):
    shared, _ = set_account(desk.acme.agency, None, "email", "shared", "console")
    theirs, _ = set_account(desk.foreign.agency, None, "email", "theirs", "console")
    mine, other = (Mailbox.objects.create(account=account, error="no such user") for account in (shared, theirs))
    assert b"no such user" in desk.viewer.get(change(mine)).content
    assert desk.viewer.post(change(mine), {}).status_code == 403
    assert desk.viewer.get(change(other)).status_code == 302
    text = desk.viewer.get("/admin/conversion/mailbox/").content.decode()
    assert ("shared" in text, "theirs (" in text) == (True, False)
