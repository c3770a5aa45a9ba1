"""Changing a client by command."""

import io

import pytest
from django.core.management import CommandError, call_command

from conversion.models import Client

pytestmark = pytest.mark.django_db


def set_client(*words):
    out = io.StringIO()
    call_command("set_client", *words, stdout=out)
    return out.getvalue()


def test_what_is_given_changes_and_all_else_stays(make_client):
    acme, twin = make_client("Acme"), make_client("Twin")
    said = set_client("Acme", "--postal-address", "1 High St, Perth", "--timezone", "Australia/Perth", "--pause")
    acme.refresh_from_db()
    assert (acme.postal_address, acme.timezone, acme.is_paused) == ("1 High St, Perth", "Australia/Perth", True)
    assert "Acme (paused)" in said
    assert "1 High St, Perth" in said
    before = Client.objects.values().get(pk=twin.pk)
    set_client("Acme", "--resume")
    acme.refresh_from_db()
    assert (acme.timezone, acme.is_paused) == ("Australia/Perth", False)
    assert Client.objects.values().get(pk=twin.pk) == before


def test_without_options_it_shows(make_client):
    make_client("Acme")
    assert "postal address: not set" in set_client("Acme")


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--timezone", "Asia"], "--timezone"),
        (["--timezone", "../.."], "--timezone"),
        (["--sending-email", "nobody"], "--sending-email"),
        (["--name", ""], "--name"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changes(make_client, words, option):
    acme = make_client("Acme")
    before = Client.objects.values().get(pk=acme.pk)
    with pytest.raises(CommandError, match=option) as raised:
        set_client("Acme", *words)
    assert raised.value.returncode == 2
    assert Client.objects.values().get(pk=acme.pk) == before
