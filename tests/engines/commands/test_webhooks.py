"""`manage.py webhooks` sets up addresses, shows each secret once, and tells what became of what was posted."""

import io
import json
import re

import pytest
from django.core.management import CommandError, call_command

from conversion.models import Delivery, Notice, WebhookEndpoint
from conversion.notices import tell
from conversion.secrets import credentials_of
from conversion.vocabulary import DeliveryState, NoticeKind

pytestmark = pytest.mark.django_db
URL = "https://hooks.example/notices"


def told(*words):
    out = io.StringIO()
    call_command("webhooks", *words, stdout=out)
    return out.getvalue()


def asked(*words):
    return json.loads(told(*words, "--json"))


def test_an_endpoint_of_a_client(customer, make_client):
    make_client("Twin")
    [document] = asked("acme", "--add", URL, "--kinds", "send_unknown")["endpoints"]
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.client, endpoint.agency, endpoint.kinds) == (customer, None, ["send_unknown"])
    assert credentials_of(endpoint) == {"secret": document["secret"]}
    assert document["secret"] not in endpoint.credentials
    assert asked("acme")["endpoints"] == [
        {"id": str(endpoint.pk), "url": URL, "kinds": ["send_unknown"], "is_active": True}
    ]
    assert asked("twin") == {"endpoints": []}
    assert told("twin") == "Twin has none.\n"


def test_its_secret_is_shown_once_and_changed_when_asked(customer):
    first = told("--add", URL)
    assert f"{URL} gets alert_opened, pattern_promoted, lead_converted, send_unknown." in first
    assert WebhookEndpoint.objects.get().agency == customer.agency
    assert told("--off", URL) == f"{URL} is switched off.\n"
    second = told("--new-secret", URL)
    assert "is switched off" in second
    assert (first.split()[-1] != second.split()[-1], WebhookEndpoint.objects.count()) == (True, 1)
    assert credentials_of(WebhookEndpoint.objects.get())["secret"] == second.split()[-1]
    assert "secret" not in told("--add", URL)
    assert told("--remove", URL) == "Northwind has none.\n"


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--add", "ftp://hooks.example/"], "url: Give an https:// address without a user name in it."),
        (["--add", "https://hooks.example/" + "a" * 500], "url: Ensure this value has at most 500 characters"),
        (["acne", "--add", URL], "there is no client 'acne'"),
        (["--agency", "south", "--add", URL], "there is no agency 'south'"),
        (["acme", "--off", URL], "Acme has no webhook to that address"),
        (["twin", "--remove", URL], "Twin has no webhook to that address"),
        (["acme", "--replay", "7"], "Acme has no delivery '7'"),
        (["acme", "--kinds", "send_unknown"], "--kinds goes with --add"),
        (["acme", "--log", "--off", URL], "not allowed with argument"),
    ],
)
def test_what_is_refused(customer, make_client, words, reason):
    make_client("Twin")
    with pytest.raises(CommandError, match=re.escape(reason)) as error:
        told(*words)
    assert error.value.returncode == 2 or "not allowed" in reason
    assert WebhookEndpoint.objects.count() == 0


@pytest.fixture
def posted(customer, make_client):
    """Of a client, and of its twin: a delivery that was given up."""
    rows = {}
    for client in (customer, make_client("Twin")):
        told(client.slug, "--add", URL)
        tell(NoticeKind.PATTERN_PROMOTED, client, "who 2", {"pattern": "who"})
        rows[client.slug] = Delivery.objects.create(
            client=client,
            notice=Notice.objects.for_client(client).get(),
            endpoint=client.webhooks.get(),
            state=DeliveryState.FAILED,
            attempts=8,
            status_code=500,
            answer="it answered 500",
        )
    return rows


def test_the_log_and_replaying(posted):
    mine, other = posted["acme"], posted["twin"]
    line = told("acme", "--log")
    assert line.startswith(f"{mine.pk}  ")
    assert line.endswith("pattern_promoted to the webhook to hooks.example: failed, 8 attempts: it answered 500\n")
    assert len(asked("--log")["deliveries"]) == 2
    [row] = asked("acme", "--replay", str(mine.pk))["deliveries"]
    assert (row["id"], row["state"], row["attempts"]) == (str(mine.pk), "pending", 0)
    assert row["due_at"]
    for words, reason in (
        (["acme", "--replay", str(mine.pk)], "it is still to be posted"),
        (["acme", "--replay", str(other.pk)], "Acme has no delivery"),
    ):
        with pytest.raises(CommandError, match=reason):
            told(*words)


def test_replaying_all_that_was_missed(posted):
    assert [row["id"] for row in asked("acme", "--replay", "missed")["deliveries"]] == [str(posted["acme"].pk)]
    assert asked("acme", "--replay", "missed") == {"deliveries": []}
    told("twin", "--off", URL)
    assert asked("twin", "--replay", "missed") == {"deliveries": []}
    with pytest.raises(CommandError, match="is switched off; switch it on first"):
        told("twin", "--replay", str(posted["twin"].pk))


def test_keys_are_changed_for_endpoints_too(customer, settings):
    secret = told("--add", URL).split()[-1]
    old, new = settings.CREDENTIAL_KEY[0], "B" * 43 + "="
    settings.CREDENTIAL_KEY = [new, old]
    call_command("encrypt_credentials", stdout=io.StringIO())
    settings.CREDENTIAL_KEY = [new]
    assert credentials_of(WebhookEndpoint.objects.get()) == {"secret": secret}
