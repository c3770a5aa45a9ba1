import pytest
from django.core.management import CommandError, call_command

from conversion.models import ApiToken
from tests.callers import Caller, person

pytestmark = pytest.mark.django_db


def run(name, *arguments, capsys):
    call_command(name, *arguments)
    return capsys.readouterr()


@pytest.fixture
def ann(customer):
    return person(customer, role="operator")


def test_a_token_is_printed_once_and_opens_its_clients(ann, customer, make_client, capsys):
    other = make_client("Globex")
    said = run("create_token", ann.username, "--client", "acme", "--role", "admin", "--name", "CRM", capsys=capsys)
    token = said.out.strip()
    assert token.startswith("aos_")
    assert token not in said.err
    api = Caller(token)
    assert [(row["slug"], row["role"]) for row in api.get("clients").json()["results"]] == [("acme", "operator")]
    assert api.get(f"clients/{other.slug}").status_code == 404
    listed = run("revoke_token", ann.username, capsys=capsys).out
    assert listed.startswith("CRM: admin at acme, until ")
    assert token[4:] not in listed


def test_a_revoked_token_opens_nothing_and_its_name_is_free(ann, capsys):
    arguments = ("create_token", ann.username, "--all-clients", "--name", "CRM")
    api = Caller(run(*arguments, capsys=capsys).out.strip())
    assert api.get("clients").status_code == 200
    assert "revoked" in run("revoke_token", ann.username, "CRM", capsys=capsys).out
    assert api.get("clients").status_code == 401
    run(*arguments, capsys=capsys)
    assert ApiToken.objects.count() == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nobody", "--all-clients", "--name", "x"), "no active user"),
        (("{user}", "--client", "Nowhere", "--name", "x"), "no client"),
        (("{user}", "--all-clients", "--name", " "), "1 to 80"),
        (("{user}", "--all-clients", "--name", "x" * 81), "1 to 80"),
        (("{user}", "--name", "x"), "required"),
        (("{user}", "--all-clients", "--client", "acme", "--name", "x"), "not allowed"),
        (("{user}", "--all-clients", "--name", "x", "--days", "0"), "whole number"),
        (("{user}", "--all-clients", "--name", "x", "--role", "root"), "invalid choice"),
    ],
)
def test_what_cannot_be_a_token(ann, arguments, said):
    with pytest.raises(CommandError, match=said):
        call_command("create_token", *(text.format(user=ann.username) for text in arguments))
    assert not ApiToken.objects.exists()


def test_a_name_that_is_in_use(ann, capsys):
    run("create_token", ann.username, "--all-clients", "--name", "CRM", capsys=capsys)
    with pytest.raises(CommandError, match="revoke it first"):
        call_command("create_token", ann.username, "--all-clients", "--name", "CRM")


def test_a_token_that_is_not_there(ann, capsys):
    with pytest.raises(CommandError, match="no token"):
        call_command("revoke_token", ann.username, "CRM")
    assert "no token in use" in run("revoke_token", ann.username, capsys=capsys).out


def test_a_disabled_user_gets_none(ann):
    ann.is_active = False
    ann.save()
    with pytest.raises(CommandError, match="no active user"):
        call_command("create_token", ann.username, "--all-clients", "--name", "CRM")
