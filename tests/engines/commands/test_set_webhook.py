"""`manage.py set_webhook` sets an address, and shows its secret once."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from conversion.models import WebhookEndpoint
from conversion.secrets import credentials_of

pytestmark = pytest.mark.django_db
URL = "https://hooks.example/notices"


def told(*words):
    out = io.StringIO()
    call_command("set_webhook", *words, stdout=out)
    return out.getvalue()


def test_an_endpoint_of_a_client(customer):
    document = json.loads(told(URL, "--client", "acme", "--kind", "send_unknown", "--json"))
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.client, endpoint.agency, endpoint.kinds) == (customer, None, ["send_unknown"])
    assert credentials_of(endpoint) == {"secret": document["secret"]}
    assert document["secret"] not in endpoint.credentials


def test_its_secret_is_shown_once_and_changed_when_asked(customer):
    first = told(URL)
    assert "of Northwind gets alert_opened, pattern_promoted, lead_converted, send_unknown." in first
    assert told(URL, "--off") == f"{URL} of Northwind is switched off.\n"
    second = told(URL, "--new-secret")
    assert (first.split()[-1] != second.split()[-1], WebhookEndpoint.objects.count()) == (True, 1)
    assert credentials_of(WebhookEndpoint.objects.get())["secret"] == second.split()[-1]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["ftp://hooks.example/"], "url: Give an https:// address without a user name in it."),
        (["https://hooks.example/" + "a" * 500], "url: Ensure this value has at most 500 characters"),
        ([URL, "--client", "acne"], "there is no client 'acne'"),
        ([URL, "--agency", "south"], "there is no agency 'south'"),
    ],
)
def test_what_makes_no_endpoint(customer, words, reason):
    with pytest.raises(CommandError, match=reason.replace("(", r"\(")) as error:
        told(*words)
    assert error.value.returncode == 2
    assert WebhookEndpoint.objects.count() == 0


def test_keys_are_changed_for_endpoints_too(customer, settings):
    secret = told(URL).split()[-1]
    old, new = settings.CREDENTIAL_KEY[0], "B" * 43 + "="
    settings.CREDENTIAL_KEY = [new, old]
    call_command("encrypt_credentials", stdout=io.StringIO())
    settings.CREDENTIAL_KEY = [new]
    assert credentials_of(WebhookEndpoint.objects.get()) == {"secret": secret}
