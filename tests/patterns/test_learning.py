"""Learning is a function of a client's facts up to a moment: the same facts, the same bytes, whatever else is there."""

import csv
import io
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from conversion.models import Activity, Lead
from conversion.vocabulary import PatternType, RunState
from patterns import learning
from patterns.detectors.findings import Abstention
from patterns.models import ConversionPattern, LearningRun
from patterns.simulator.world import ICP, simulate
from tests.factories import lead, touch

pytestmark = pytest.mark.django_db
AS_OF = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    simulate("all", leads=400, seed=3, as_of=AS_OF).write(folder)
    return folder


def bring_in(client, folder):
    client.icp = {**client.icp, **ICP}
    client.save()
    names = {kind: folder / f"{kind}.csv" for kind in ("leads", "activities", "events")}
    call_command("import_history", str(client.pk), **names, verbosity=0, stdout=io.StringIO())


def learned(client, as_of=AS_OF):
    """The payloads of one run, as bytes."""
    found = learning.learn(client, as_of).patterns
    plain = {kind: one.payload() if isinstance(one, Abstention) else one for kind, one in found.items()}
    return json.dumps(plain, sort_keys=True).encode()


@pytest.fixture
def brought_in(customer, files):
    bring_in(customer, files)
    return customer


def test_the_same_facts_give_the_same_bytes(brought_in):
    first = learned(brought_in)
    assert b'"title": "Founder"' in first
    assert learned(brought_in) == first
    assert {row.version for row in ConversionPattern.objects.for_client(brought_in)} == {2}


def test_facts_after_the_moment_and_other_clients_change_nothing(brought_in, make_client):
    before = learned(brought_in)
    later = lead(brought_in, external_id="later", title="Astronaut")
    touch(later, sent_at=AS_OF + timedelta(days=1), channel="voice", outcome="meeting_booked")
    for person in Lead.objects.for_client(brought_in).filter(status="contacted")[:50]:
        person.status, person.status_at = "converted", AS_OF + timedelta(hours=1)
        person.save()
    spy = lead(make_client("Twin"), external_id="1", title="Spy")
    touch(spy, channel="voice", outcome="meeting_booked")
    assert learned(brought_in) == before


def test_a_shuffled_import_gives_the_same(brought_in, make_client, files, tmp_path):
    for name in ("leads.csv", "activities.csv", "events.csv"):
        with (files / name).open(newline="", encoding="utf-8") as source:
            header, *rows = csv.reader(source)
        random.Random(1).shuffle(rows)
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as target:
            csv.writer(target).writerows([header, *rows])
    twin = make_client("Twin")
    bring_in(twin, tmp_path)
    assert learned(twin) == learned(brought_in)


def test_twelve_leads_get_reasons_and_numbers_not_patterns(customer, tmp_path):
    simulate("all", leads=12, seed=1, as_of=AS_OF).write(tmp_path)
    bring_in(customer, tmp_path)
    found = learning.learn(customer, AS_OF).patterns
    assert all(isinstance(one, Abstention) for one in found.values())
    assert all("needed" in one.reason and any(c.isdigit() for c in one.reason) for one in found.values())
    assert not ConversionPattern.objects.for_client(customer).exists()
    run = LearningRun.objects.get(client=customer)
    assert (run.state, set(run.results)) == (RunState.DONE, {"who", "what", "when", "how"})
    assert "needed" in run.results["who"]["abstained"]


def test_a_client_without_any_history_abstains(customer):
    found = learning.learn(customer, AS_OF).patterns
    assert all(isinstance(one, Abstention) for one in found.values())


def test_what_goes_wrong_leaves_the_old_patterns_and_a_record(brought_in, monkeypatch):
    learning.learn(brought_in, AS_OF)

    def fail(*_, **__):
        raise ArithmeticError("no such luck")

    monkeypatch.setattr(learning.DETECTORS[PatternType.HOW], "analyze", fail)
    with pytest.raises(ArithmeticError):
        learning.learn(brought_in, AS_OF)
    assert {row.version for row in ConversionPattern.objects.for_client(brought_in)} == {1}
    run = LearningRun.objects.for_client(brought_in).order_by("started_at").last()
    assert (run.state, run.error) == (RunState.FAILED, "ArithmeticError: no such luck")


def test_a_run_that_never_ended_is_abandoned(customer):
    LearningRun.objects.create(client=customer, as_of=AS_OF, state=RunState.STARTED, started_at=AS_OF)
    learning.learn(customer, AS_OF)
    states = LearningRun.objects.for_client(customer).order_by("started_at").values_list("state", flat=True)
    assert list(states) == [RunState.ABANDONED, RunState.DONE]


def test_rates_are_exact_counts_over_all_touches(brought_in):
    """No limit, no sample: raw rates are what a query says."""
    payload = learning.learn(brought_in, AS_OF).patterns[PatternType.HOW]
    sent = Activity.objects.for_client(brought_in).filter(state="sent")
    booked = sent.filter(led_to_booking=True)
    matured = booked.filter(sent_at__lte=AS_OF - timedelta(days=14))
    shares = payload["booking_channel_distribution"]
    for channel, share in shares.items():
        assert share == pytest.approx(matured.filter(channel=channel).count() / matured.count(), rel=1e-5)
