"""`manage.py check_patterns` says what is wrong, in words or as JSON, and changes nothing."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from conversion.management.plainly import UNUSABLE
from patterns.models import HealthAlert
from tests.patterns.stored import keep

pytestmark = pytest.mark.django_db


def told(*words):
    out = io.StringIO()
    call_command("check_patterns", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def expired(customer):
    keep(customer, "who", valid_until=now() + timedelta(days=5))
    customer.patterns.update(
        computed_at=now() - timedelta(days=20), valid_until=now() - timedelta(days=1), sample_size=3
    )
    return customer


def test_in_words(expired, make_client):
    make_client("Twin")
    lines = told().splitlines()
    assert lines[0] == "Acme: 2 warnings"
    assert lines[1].startswith("  HIGH    The who pattern expired at ")
    assert lines[2] == "  MEDIUM  The who pattern rests on 3 leads; fewer than 30 tell little.  [low_sample]"
    assert lines[3] == "Twin: nothing to warn of"


def test_as_json(expired, make_client):
    twin = make_client("Twin")
    document = json.loads(told("--json"))
    assert [(one["client_id"], one["warning_count"], one["high_severity_count"]) for one in document["clients"]] == [
        (str(expired.pk), 2, 1),
        (str(twin.pk), 0, 0),
    ]
    assert [(one["type"], one["pattern"], one["severity"]) for one in document["clients"][0]["warnings"]] == [
        ("expired", "who", "high"),
        ("low_sample", "who", "medium"),
    ]


def test_only_the_clients_asked_for(expired, make_client):
    make_client("Twin")
    assert told("twin") == "Twin: nothing to warn of\n"
    assert "Twin" not in told(str(expired.pk))


def test_it_reads_only(expired):
    told()
    assert HealthAlert.objects.for_client(expired).count() == 0


def test_nobody_is_there():
    assert told() == "There is no active client.\n"
    assert json.loads(told("--json")) == {"clients": []}


def test_an_unknown_client(customer):
    with pytest.raises(CommandError, match="there is no client 'acne'; close names: Acme") as error:
        told("acne")
    assert error.value.returncode == UNUSABLE
