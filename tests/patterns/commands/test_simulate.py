"""A simulated world comes in through the importer, and its truth is told."""

import io

import pytest
from django.core.management import CommandError, call_command

from conversion.models import Client, Lead

pytestmark = pytest.mark.django_db


def run(*arguments):
    out = io.StringIO()
    call_command("simulate", *arguments, stdout=out)
    return out.getvalue()


def test_a_world_becomes_a_client():
    text = run("how", "--leads", "30", "--seed", "2", "--client", "Nile")
    nile = Client.objects.get(name="Nile")
    assert Lead.objects.for_client(nile).count() == 30
    assert nile.icp["industries"]
    assert "how voice: " in text


def test_nothing_is_promised_of_a_world_in_which_nothing_matters():
    assert "Effects of 1.5 and more in this world: 0" in run("null", "--leads", "20")
    assert Client.objects.filter(name="Simulated null").exists()


def test_invented_leads_do_not_join_a_client_that_is_there(customer):
    with pytest.raises(CommandError, match="there is a client 'Acme' already"):
        run("null", "--leads", "5", "--client", "Acme")
    assert not Lead.objects.for_client(customer).exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["utopia"], "invalid choice: 'utopia'"),
        (["null", "--leads", "0"], "whole number from 1"),
        (["null", "--seed", "x"], "'x'"),
    ],
)
def test_bad_arguments_are_named(db, arguments, message):
    with pytest.raises(CommandError, match=message):
        run(*arguments)
    assert not Client.objects.exists()
