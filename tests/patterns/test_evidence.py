"""Learning keeps beside each pattern what changed against the version before, and how it did on later facts."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command

from conversion.models import Activity
from conversion.vocabulary import PatternType
from patterns import frames, learning
from patterns.detectors.earlier import until
from patterns.models import ConversionPattern, ConversionPatternHistory, HealthAlert
from patterns.simulator.world import ICP, simulate

pytestmark = pytest.mark.django_db
AS_OF = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("history")
    simulate("all", leads=600, seed=3, as_of=AS_OF).write(folder)
    return folder


@pytest.fixture
def brought_in(customer, files):
    customer.icp = {**customer.icp, **ICP}
    customer.save()
    names = {kind: files / f"{kind}.csv" for kind in ("leads", "activities", "events")}
    call_command("import_history", str(customer.pk), **names, verbosity=0, stdout=io.StringIO())
    return customer


def test_each_version_has_its_scorecard_and_its_comparison(brought_in):
    learning.learn(brought_in, AS_OF - timedelta(days=7))
    learning.learn(brought_in, AS_OF)
    for row in ConversionPattern.objects.for_client(brought_in):
        kept = ConversionPatternHistory.objects.get(client=brought_in, pattern_type=row.pattern_type, version=2)
        assert (kept.scorecard, kept.comparison) == (row.scorecard, row.comparison)
        assert row.comparison["against"] == 1
        assert row.comparison["over_versions"]["versions"] == 2
        assert row.scorecard["bookings"]["booked"] > 50
        assert row.scorecard["backtest"]["learned_up_to"] > "2025-09"
    who = ConversionPattern.objects.get(client=brought_in, pattern_type="who")
    assert "2 runs so far" in who.scorecard["weights"]["abstained"]


def test_a_turned_finding_raises_an_alert_and_is_not_acted_on(brought_in):
    learning.learn(brought_in, AS_OF - timedelta(days=140))
    row = ConversionPattern.objects.get(client=brought_in, pattern_type="how")
    watch = {
        "path": ["channel_effects"],
        "key": {"channel": "voice"},
        "helps": False,  # it has always been better
        "since": (AS_OF - timedelta(days=250)).isoformat(),
        "turned": False,
    }
    row.comparison["watched"] = {"channel voice": watch}
    row.save()
    Activity.objects.for_client(brought_in).filter(channel="voice", led_to_booking=False, touch_number__gte=2).delete()
    found = learning.learn(brought_in, AS_OF).patterns[PatternType.HOW]
    row.refresh_from_db()
    assert row.comparison["withheld"] == ["channel voice"]
    voice = next(one for one in row.patterns["channel_effects"] if one["channel"] == "voice")
    assert (voice["status"], voice["turned"]) == ("none", True)
    assert found == row.patterns
    alert = HealthAlert.objects.for_client(brought_in).get(code="drift", pattern_type="how")
    assert (alert.severity, alert.subject) == ("high", "channel voice")


def test_a_frame_cut_is_the_frame_read_then(brought_in):
    then = AS_OF - timedelta(days=60)
    cut, read = until(frames.load(brought_in, AS_OF), then.timestamp()), frames.load(brought_in, then)
    found = [json.dumps(plain(learning.analyze(frame, then)), sort_keys=True) for frame in (cut, read)]
    assert found[0] == found[1]


def plain(found):
    return {kind: one if isinstance(one, dict) else one.payload() for kind, one in found.items()}


def test_a_look_back_opens_no_alert_and_leaves_comparisons(brought_in, monkeypatch):
    learning.learn(brought_in, AS_OF)
    before = ConversionPattern.objects.get(client=brought_in, pattern_type="who").comparison
    monkeypatch.setattr(learning, "rate_drop", None)  # is not asked
    learning.learn(brought_in, AS_OF - timedelta(days=30))
    assert ConversionPattern.objects.get(client=brought_in, pattern_type="who").comparison == before


def test_the_report_says_what_changed_and_how_it_did_later(brought_in):
    learning.learn(brought_in, AS_OF - timedelta(days=7))
    out = io.StringIO()
    call_command("learn_patterns", str(brought_in.pk), as_of=AS_OF, stdout=out)
    assert "  = Against version 1: " in out.getvalue()
    assert "  = On " in out.getvalue()
