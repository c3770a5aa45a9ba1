"""Twilio on loopback, which reports to this server over HTTP; and two clients of one agency that send through it."""

import pytest

from benchmarks.standins.twilio import Twilio
from conversion.models import ProviderAccount, Sender
from conversion.secrets import seal
from tests.factories import lead as make_lead

PUBLIC_URL = "https://outreach.example"
SID, TOKEN = "AC0123", "token-of-this-account"  # of the stand-in
OURS, THEIRS, PERSON, OPERATOR = "+61255500001", "+61255500002", "+61255501234", "+61255500009"


@pytest.fixture
def twilio(live_server, settings):
    settings.PUBLIC_URL = PUBLIC_URL
    settings.ALLOWED_HOSTS = ["*"]
    with Twilio(SID, TOKEN, reports=live_server.url) as running:
        yield running


@pytest.fixture
def daytime(monkeypatch):
    """It is a working day, and nobody is tired."""
    monkeypatch.setattr("engines.windows.Window.refusal", lambda *_: None)
    monkeypatch.setattr("engines.fatigue.refusal", lambda *_: "")


def account_at(twilio, agency, channel, **fields):
    options = {"base_url": twilio.url, **({"operator_phone": OPERATOR} if channel == "voice" else {})}
    made = ProviderAccount(agency=agency, channel=channel, kind="twilio", name="main", options=options, **fields)
    seal(made, {"account_sid": SID, "auth_token": TOKEN})
    made.save()
    return made


@pytest.fixture
def sms_account(twilio, agency):
    return account_at(twilio, agency, "sms")


@pytest.fixture
def voice_account(twilio, agency):
    return account_at(twilio, agency, "voice")


def number(client, account, address=OURS):
    return Sender.objects.create(client=client, channel=account.channel, address=address, account=account)


def person(client, **fields):
    """The same person, whoever's lead it is."""
    return make_lead(client, **{"first_name": "Jo", "phone": PERSON, "email": "jo@example.com", **fields})


@pytest.fixture
def lead(make_client, sms_account, daytime):
    """A lead whose client has a number for text messages."""
    client = make_client("Acme")
    number(client, sms_account)
    return person(client)


@pytest.fixture
def twin(make_client, sms_account):
    """The same person, of another client of the agency."""
    client = make_client("Beta")
    number(client, sms_account, THEIRS)
    return person(client)


def webhook(account, what=""):
    return f"{PUBLIC_URL}/webhooks/twilio/{account.pk}{what}"
