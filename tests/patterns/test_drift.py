"""Alerts about drift open once, speak plainly and resolve when their cause is gone."""

from datetime import UTC, datetime, timedelta

import pytest

from conversion.vocabulary import PatternType
from patterns.detectors.drift import Drop
from patterns.detectors.findings import Abstention
from patterns.drift import drift_alerts
from patterns.models import HealthAlert
from tests.patterns.stored import keep

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, tzinfo=UTC)
FELL = Drop(2, 1_020, 14, 31.4, 14 / 1_020, 0.0308, 4.0, fell=True)
STEADY = Drop(1, 510, 15, 15.7, 15 / 510, 0.0308, -2.0, fell=False)
TURN = {
    "name": "title Founder",
    "helped": True,
    "since": "2026-01-04T02:00:00+00:00",
    "sample": 4_020,
    "converted": 61,
    "expected": 98.6,
}
TURNED = {PatternType.WHO: {"turned": [TURN], "withheld": ["title Founder"]}}


def told(client, drop=STEADY, known=None, now=NOW):
    return {alert.subject: alert for alert in drift_alerts(client, drop, "booked", now, known or {})}


def test_a_fall_is_told_in_plain_words(customer):
    alert = told(customer, FELL)["booking rate"]
    assert (alert.code, alert.pattern_type, alert.severity, alert.opened_at) == ("drift", "", "medium", NOW)
    assert alert.message == (
        "Bookings fell: 14 from 1,020 touches of the last 2 weeks that were followed for 14 days, where 31 would be expected "
        "at the rate of the 8 weeks before (1.37% after 3.08%)."
    )


def test_a_turned_finding_is_told_at_once_and_highly(customer):
    alert = told(customer, known=TURNED)["title Founder"]
    assert (alert.pattern_type, alert.severity) == ("who", "high")
    assert alert.message == (
        "Title Founder turned around: it was supported as better than what it is compared with, and of the 4,020 touches "
        "with it since 2026-01-04, 61 led to the outcome where 99 would if it made no difference. It is not acted on until "
        "new facts show it one way or the other."
    )


def test_an_alert_opens_once_and_resolves_when_its_cause_is_gone(customer):
    told(customer, FELL, TURNED)
    still = {PatternType.WHO: {"turned": [], "withheld": ["title Founder"]}}
    assert set(told(customer, FELL, still, NOW + timedelta(days=7))) == {"booking rate", "title Founder"}
    assert HealthAlert.objects.for_client(customer).count() == 2
    later = NOW + timedelta(days=14)
    assert set(told(customer, STEADY, still, later)) == {"title Founder"}
    assert told(customer, STEADY, {PatternType.WHO: {"withheld": []}}, later) == {}
    assert set(HealthAlert.objects.for_client(customer).values_list("resolved_at", flat=True)) == {later}
    told(customer, FELL)
    assert HealthAlert.objects.for_client(customer).count() == 3


def test_what_cannot_be_told_neither_opens_nor_resolves(customer):
    assert told(customer, Abstention("too little")) == {}
    told(customer, FELL)
    assert set(told(customer, Abstention("too little"))) == {"booking rate"}


def test_other_alerts_and_other_clients_are_left_alone(customer, make_client):
    twin = make_client("Twin")
    told(twin, FELL)
    other = HealthAlert.objects.create(client=customer, code="low_sample", severity="medium", message="few")
    assert told(customer) == {}
    other.refresh_from_db()
    assert other.resolved_at is None
    assert HealthAlert.objects.for_client(twin).get().resolved_at is None


def test_patterns_in_force_are_asked_where_nothing_is_given(customer):
    row = keep(customer, "who")
    row.comparison = {"turned": [], "withheld": ["title " + "x" * 100]}
    row.save()
    (alert,) = drift_alerts(customer, STEADY, "booked", NOW)
    assert len(alert.subject) == 80
    assert drift_alerts(customer, STEADY, "booked", NOW) == [alert]
