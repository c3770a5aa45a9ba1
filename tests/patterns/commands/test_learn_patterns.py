"""The command says what was learned, or what is wrong, and nothing else."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from patterns import learning
from tests.factories import MONDAY, lead, touch

pytestmark = pytest.mark.django_db


def run(*arguments, **options):
    out = io.StringIO()
    call_command("learn_patterns", *arguments, stdout=out, **options)
    return out.getvalue()


def test_json_is_one_document_and_nothing_else(customer):
    touch(lead(customer, external_id="1"))
    document = json.loads(run("Acme", "--json", "--as-of", "2026-06-01T00:00:00+00:00"))
    (client,) = document["clients"]
    assert (client["client"], client["id"], client["as_of"]) == ("Acme", str(customer.pk), "2026-06-01T00:00:00+00:00")
    assert set(client["patterns"]) == {"who", "what", "when", "how"}
    assert "needed" in client["patterns"]["who"]["abstained"]
    assert client["seconds"] > 0


def test_without_names_all_active_clients_are_learned_for(customer, make_client):
    make_client("Paused", is_paused=True)
    make_client("Gone", deleted_at=MONDAY)
    make_client("Left", subscription_status="cancelled")
    make_client("Trying", subscription_status="trialing")
    names = [client["client"] for client in json.loads(run("--json"))["clients"]]
    assert names == ["Acme", "Trying"]


def test_a_time_without_an_offset_is_utc(customer):
    (client,) = json.loads(run("acme", "--json", "--as-of", "2026-06-01"))["clients"]
    assert client["as_of"] == "2026-06-01T00:00:00+00:00"


def test_people_read_text(customer):
    text = run("Acme")
    assert text.startswith("Acme: 0 leads, 0 touches up to ")
    assert "WHO converts: not enough data." in text


def test_no_client_at_all_is_said(db):
    assert "There is no client to learn for" in run()


@pytest.mark.parametrize("bad", ["yesterday", "2026-13-01", "9" * 400])
def test_a_bad_time_is_refused(customer, bad):
    with pytest.raises(CommandError, match="is no ISO 8601 time"):
        run("Acme", "--as-of", bad)


def test_a_time_before_all_time_is_refused(customer):
    with pytest.raises(CommandError, match="lies before all time"):
        run("Acme", "--as-of", "0001-01-01T00:00:00+14:00")


def test_the_future_is_refused(customer):
    with pytest.raises(CommandError, match="lies in the future"):
        run("Acme", "--as-of", (now() + timedelta(days=1)).isoformat())


def test_an_unknown_client_is_named(customer):
    with pytest.raises(CommandError, match="Acne") as caught:
        run("Acne")
    assert caught.value.returncode == 2


def test_one_clients_failure_does_not_stop_the_others(customer, make_client, monkeypatch):
    make_client("Beta")
    learn = learning.learn

    def fail_for_acme(client, as_of):
        if client.name == "Acme":
            raise ArithmeticError("no such luck")
        return learn(client, as_of)

    monkeypatch.setattr(learning, "learn", fail_for_acme)
    out = io.StringIO()
    with pytest.raises(CommandError, match=r"Acme: learning failed.*no such luck") as caught:
        call_command("learn_patterns", stdout=out)
    assert caught.value.returncode == 1
    assert out.getvalue().startswith("Beta: ")
