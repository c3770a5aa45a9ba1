"""A LinkedIn seat whose provider is the stand-in of Unipile, and a lead that it may write to."""

import pytest

from benchmarks.standins.unipile import KEY, Unipile
from conversion.models import ProviderAccount, Sender
from conversion.secrets import seal
from tests.factories import lead as make_lead

WEBHOOK_SECRET = "a-secret-of-webhooks"  # noqa: S105 (of a stand-in)
PROFILE = "https://www.linkedin.com/in/jo-doe/"
SEAT = "seat-acme"


def account_at(agency, stand_in, **fields):
    account = ProviderAccount(
        **{"agency": agency, "channel": "linkedin", "kind": "unipile", "name": "LinkedIn", **fields}
    )
    account.options = {"base_url": stand_in.url, **account.options}
    seal(account, {"api_key": KEY, "webhook_secret": WEBHOOK_SECRET})
    account.save()
    return account


@pytest.fixture
def unipile():
    with Unipile() as running:
        yield running


@pytest.fixture
def account(transactional_db, agency, unipile):
    return account_at(agency, unipile)


@pytest.fixture
def seat(account, make_client):
    return Sender.objects.create(
        client=make_client(), channel="linkedin", address=SEAT, display_name="Ann Lee", account=account
    )


@pytest.fixture
def lead(seat):
    return make_lead(seat.client, linkedin_url=PROFILE, first_name="Jo")
