import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from conversion.models import Activity, Sequence
from patterns.models import ConversionPattern
from tests.factories import lead as make_lead


@pytest.fixture
def jo(customer):
    return make_lead(
        customer,
        external_id="crm-7",
        first_name="Jo",
        last_name="Hill",
        email="jo@example.com",
        email_key="jo@example.com",
        phone="+61255501234",
        linkedin_url="https://linkedin.com/in/jo",
        timezone="Australia/Sydney",
        country="Australia",
    )


def run(capsys, *arguments):
    call_command("plan_lead", *arguments)
    return capsys.readouterr().out


def learn_voice_first(client):
    finding = {
        "sample": 900, "converted": 90, "conversion_rate": 0.1, "rate": 0.1, "low": 0.08, "high": 0.12, "lift": 1.6,
        "lift_low": 1.2, "lift_high": 2.1, "q_value": 0.001, "p_better": 0.999, "status": "supported",
    }  # fmt: skip
    content = {"first_touch_effectiveness": {"voice_first": finding}, "best_first_channel": "voice"}
    moment = now()
    ConversionPattern.objects.create(
        client=client, pattern_type="how", version=3, patterns=content, sample_size=900, algorithm="how-1",
        confidence=0.9, computed_at=moment, valid_until=moment + timedelta(days=14),
    )  # fmt: skip


@pytest.mark.parametrize("name", ["crm-7", "jo@example.com", "JO@example.com"])
def test_json_is_the_result_and_nothing_else(capsys, customer, jo, name):
    result = json.loads(run(capsys, customer.slug, name, "--json"))
    assert list(result) == ["lead_id", "sequence", "scheduled_touches", "patterns_used", "arm"]
    assert result["lead_id"] == str(jo.pk)
    assert [touch["channel"] for touch in result["sequence"]] == ["email", "linkedin", "email", "sms", "voice", "email"]


def test_nothing_is_stored_unless_asked(capsys, customer, jo):
    text = run(capsys, "Acme", "crm-7")
    assert "Nothing was stored" in text
    assert Sequence.objects.for_client(customer).count() == 0
    text = run(capsys, "Acme", "crm-7", "--save")
    assert "The plan is stored." in text
    assert Activity.objects.filter(lead=jo).count() == 6


def test_the_table_without_patterns(capsys, customer, jo):
    lines = run(capsys, "Acme", "crm-7").splitlines()
    assert lines[0] == "Jo Hill: 6 touches, by defaults"
    assert lines[2].startswith(" 1  email     ")
    assert lines[3].startswith("    email, the default; ")
    assert lines[12].startswith(" 6  email     ")
    assert "by default:" not in "".join(lines)


def test_the_table_beside_the_defaults_where_they_differ(capsys, customer, jo):
    learn_voice_first(customer)
    lines = run(capsys, "Acme", "crm-7").splitlines()
    assert lines[0] == "Jo Hill: 6 touches, by how 3"
    assert lines[2].startswith(" 1  voice     ")
    assert "by default: email     " in lines[2]
    assert lines[3].startswith("    voice, the best first channel: ")
    assert "by default: " not in lines[12]  # the sixth touch is the same


def test_touches_and_a_sequence_by_hand(capsys, customer, jo):
    assert len(json.loads(run(capsys, "Acme", "crm-7", "--json", "--touches", "3"))["sequence"]) == 3
    result = json.loads(run(capsys, "Acme", "crm-7", "--json", "--sequence", "voice, SMS"))
    assert ([touch["channel"] for touch in result["sequence"]], result["arm"]) == (["voice", "sms"], "manual")
    assert "channels given by hand" in run(capsys, "Acme", "crm-7", "--sequence", "email")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("Nobody", "crm-7"), "there is no client 'Nobody'"),
        (("Acme", "crm-8"), "Acme has no lead with the id, external id or e-mail address 'crm-8'"),
        (("Acme", "crm-7", "--touches", "0"), "a plan has 1 to 20 touches, not 0"),
        (("Acme", "crm-7", "--sequence", "fax"), "touch 1: 'fax' is no channel"),
        (
            ("Acme", "crm-7", "--sequence", "mail"),
            "No plan is made for Jo Hill: touch 1 cannot be made by mail: no postal",
        ),
        (("Acme", "crm-7", "--sequence", "sms", "--touches", "2"), "touch_count is 2, but the sequence has 1 touches"),
    ],
)
def test_unusable_input_ends_with_2(capsys, customer, jo, arguments, message):
    with pytest.raises(CommandError, match=message) as error:
        call_command("plan_lead", *arguments, "--json")
    assert error.value.returncode == 2
    assert capsys.readouterr().out == ""


def test_a_lead_that_is_not_to_be_contacted(capsys, customer, jo):
    jo.is_unsubscribed = True
    jo.save()
    with pytest.raises(CommandError, match="No plan is made for Jo Hill: it unsubscribed") as error:
        call_command("plan_lead", "Acme", "crm-7")
    assert error.value.returncode == 2


def test_a_lead_that_is_on_a_plan_can_be_looked_at_but_not_planned_again(capsys, customer, jo):
    run(capsys, "Acme", "crm-7", "--save")
    assert "Nothing was stored" in run(capsys, "Acme", "crm-7")
    with pytest.raises(CommandError, match="it is on a plan already"):
        call_command("plan_lead", "Acme", "crm-7", "--save")
