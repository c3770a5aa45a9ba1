"""A form that names another client's row is refused by the field that names it, whoever fills it in."""

import pytest
from django.contrib.auth import get_user_model

from conversion.models import Sender
from conversion.tenancy import across_clients
from engines.accounts import set_account
from tests.engines.admin.conftest import errors

pytestmark = pytest.mark.django_db
ADD = "/admin/conversion/sender/add/"


def form(client, account):
    return {
        "client": str(client.pk),
        "channel": "email",
        "address": "ann@acme.example",
        "display_name": "Ann",
        "account": str(account.pk),
        "daily_cap": "40",
        "is_active": "on",
    }


def test_a_superuser_mixes_no_clients_either(client, customer, make_client):
    client.force_login(get_user_model().objects.create_superuser("root"))
    other = make_client("Other")
    theirs, _ = set_account(other.agency, other, "email", "theirs", "console")
    answer = client.post(ADD, form(customer, theirs))
    assert errors(answer) == {"account": ["This belongs to another client."]}
    with across_clients("operations"):
        assert not Sender.objects.exists()
    assert client.post(ADD, form(other, theirs)).status_code == 302
