"""The commands about plans and their texts."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from conversion.models import Activity, Lead, MessageTemplate
from tests.engines.guarded import mailbox, planned, reachable

pytestmark = pytest.mark.django_db


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "body.txt"
    path.write_text("Hi {{ first_name }}", encoding="utf-8")
    return str(path)


def test_a_template_is_set_and_releases_what_waits_for_it(customer, make_client, text, capsys):
    other = make_client("Other")
    due = {"state": "held", "reason_code": "needs_content", "body": "", "subject": "", "plan": "email"}
    mine, theirs = (
        planned(reachable(one), mailbox(one), scheduled_at=now() - timedelta(days=1), **due)
        for one in (customer, other)
    )
    call_command("set_template", customer.slug, "email", "--subject", "Hello", "--body-file", text)
    told = capsys.readouterr().out
    assert told == "New template email 1a of Acme; 1 touches that waited for it are queued\n"
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.state, mine.body, theirs.state) == ("queued", "Hi Jo", "held")
    call_command("set_template", customer.slug, "email", "--body-file", text, "--off")
    assert capsys.readouterr().out == "Template email 1a of Acme; it is switched off\n"
    assert not MessageTemplate.objects.for_client(customer).get().is_active


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["nobody", "email"], "there is no client"),
        (["acme", "email", "--subject", "{{ nick }}"], "subject: line 1: nick is no variable"),
        (["acme", "sms", "--subject", "Hi"], "subject: has no place in a message by sms"),
        (["acme", "email", "--touch", "21"], "touch_number: a plan has touches 1 to 20"),
    ],
)
def test_what_cannot_be_a_template_is_told(customer, text, arguments, reason):
    with pytest.raises(CommandError, match=reason) as error:
        call_command("set_template", *arguments, "--body-file", text)
    assert error.value.returncode == 2
    assert not MessageTemplate.objects.for_client(customer).exists()


def test_new_leads_are_planned_once_and_the_best_first(customer, make_client, capsys):
    other = make_client("Other")
    for owner in (customer, other):
        for score in (40, 90, 60):
            reachable(owner, external_id=f"L-{score}", als_score=score)
    reachable(customer, external_id="L-0", is_unsubscribed=True, als_score=99)
    call_command("plan_leads", customer.slug, "--limit", "2", "--touches", "3", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["client"], told["planned"], told["refused"]) == ("Acme", 2, {"it unsubscribed": 1})
    planned_leads = Lead.objects.for_client(customer).filter(activities__isnull=False).distinct()
    assert sorted(lead.external_id for lead in planned_leads) == ["L-60", "L-90"]
    call_command("plan_leads", customer.slug)
    assert capsys.readouterr().out.startswith("Acme: 1 leads planned, 1 refused, in ")
    call_command("plan_leads", customer.slug)
    assert capsys.readouterr().out.startswith("Acme: 0 leads planned, 1 refused, in ")
    assert Activity.objects.for_client(customer).count() == 3 + 3 + 6
    assert not Activity.objects.for_client(other).exists()


@pytest.mark.parametrize("arguments", [("nobody",), ("acme", "--limit", "0"), ("acme", "--touches", "99")])
def test_what_makes_no_sense_ends_with_2(customer, arguments):
    reachable(customer)
    with pytest.raises(CommandError) as error:
        call_command("plan_leads", *arguments)
    assert error.value.returncode == 2
