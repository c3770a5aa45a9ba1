"""The demo goes the whole way, and a second one finds its clients there."""

import io
import re

import pytest
from django.core.management import call_command

from conversion.models import Activity, Client
from engines.management import show
from engines.management.commands import demo
from patterns.models import ConversionPattern

pytestmark = pytest.mark.django_db(transaction=True)  # what is rehearsed is sent, which is committed


def run():
    out = io.StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def test_the_demo_ends_with_patterns_and_what_to_try_next(monkeypatch):
    small = tuple(demo.Example(one.name, one.world, min(one.leads, 150), one.about) for one in demo.EXAMPLES)
    monkeypatch.setattr(demo, "EXAMPLES", small)
    monkeypatch.setattr(show, "LEADS", 30)
    text = run()
    assert [client.name for client in Client.objects.order_by("name")] == sorted(one.name for one in small)
    big, _, tiny = (Client.objects.get(name=one.name) for one in small)
    assert ConversionPattern.objects.for_client(big).count() >= 3
    assert not ConversionPattern.objects.for_client(tiny).exists()
    assert "Brightwave Software: 150 leads" in text
    assert text.count("not enough data") >= 4
    assert text.index("What to try next") < text.index("The data lies in")
    assert "30 new leads are put on their plans as of 70 days ago" in text
    rehearsed = Client.objects.get(name=demo.REHEARSED)
    plans = Activity.objects.for_client(rehearsed).exclude(plan="").filter(sequence__isnull=False)
    assert plans.filter(state="sent").count() >= 30
    said = re.findall(r"^ +(.+) booked a meeting", text, re.MULTILINE)  # somebody may book twice
    assert len(set(said)) == sum(map(int, re.findall(r"leads by .*: (\d+) booked", text))) > 0
    assert set(plans.values_list("state", flat=True)) <= {"sent", "cancelled"}
    assert rehearsed.holdout_share == 0
    sent = Activity.objects.for_client(big).count()
    assert "is here already, from an earlier demo" in run()
    assert Activity.objects.for_client(big).count() == sent
