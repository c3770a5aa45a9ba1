"""Alerts open once for each cause, say what is so now, resolve when the cause is gone, and are told once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils.timezone import now

from conversion.models import Notice
from conversion.tenancy import UnscopedQueryError, across_clients
from conversion.vocabulary import Severity
from patterns.alerts import Cause, open_alert, resolve, settle
from patterns.models import HealthAlert

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, tzinfo=UTC)
LATER = AT + timedelta(days=1)
THIN = Cause("low_sample", Severity.MEDIUM, "The who pattern rests on 12 leads.", "who")
HEAVY = Cause("extreme_weight", Severity.HIGH, "The weight of timing is 0.48.", "who", "timing")
CODES = ("low_sample", "extreme_weight")


def judge(client, *causes, at=AT, keep=()):
    opened = HealthAlert.objects.for_client(client).filter(code__in=CODES)
    return settle({client.pk: causes}, opened, at, keep)


def alerts(client):
    rows = HealthAlert.objects.for_client(client).order_by("opened_at", "code")
    return list(rows.values_list("code", "pattern_type", "subject", "severity", "message", "opened_at", "resolved_at"))


def notices(client):
    rows = Notice.objects.for_client(client).order_by("created_at", "id")
    return [(one.kind, one.severity, one.payload["code"]) for one in rows]


def test_each_cause_opens_one_alert_and_one_notice(customer):
    for _ in range(3):
        assert len(judge(customer, THIN, HEAVY)) == 2
    assert alerts(customer) == [
        ("extreme_weight", "who", "timing", "high", HEAVY.message, AT, None),
        ("low_sample", "who", "", "medium", THIN.message, AT, None),
    ]
    assert sorted(notices(customer)) == [
        ("alert_opened", "high", "extreme_weight"),
        ("alert_opened", "medium", "low_sample"),
    ]


def test_what_is_gone_is_resolved_and_may_open_anew(customer):
    judge(customer, THIN, HEAVY)
    judge(customer, HEAVY, at=LATER)
    judge(customer, THIN, HEAVY, at=LATER)
    assert [(row[0], row[-1]) for row in alerts(customer)] == [
        ("extreme_weight", None),
        ("low_sample", LATER),
        ("low_sample", None),
    ]
    assert len(notices(customer)) == 3


def test_a_message_follows_its_cause_and_a_lasting_one_stays(customer):
    def sample(kind, message, *, lasting):
        return Cause("low_sample", Severity.MEDIUM, message, kind, lasting=lasting)

    judge(customer, sample("who", "12", lasting=False), sample("how", "12", lasting=True))
    judge(customer, sample("who", "13", lasting=False), sample("how", "13", lasting=True))
    assert {row[1]: row[4] for row in alerts(customer)} == {"who": "13", "how": "12"}
    assert len(notices(customer)) == 2


def test_one_that_becomes_grave_is_told_again_at_once(customer):
    judge(customer, THIN)
    grave = Cause("low_sample", Severity.HIGH, "only 3", "who")
    for _ in range(2):
        judge(customer, grave)
    assert [row[3:5] for row in alerts(customer)] == [("high", "only 3")]
    assert notices(customer) == [("alert_opened", "medium", "low_sample"), ("alert_opened", "high", "low_sample")]


def test_each_rise_is_told_but_not_twice_within_a_day(customer):
    grave = Cause("low_sample", Severity.HIGH, "only 3", "who")
    start = now()

    def risen(hours):
        """It falls, and rises this many hours after it opened; how often anybody was told so far that it is grave."""
        at = start + timedelta(hours=hours)
        before = set(Notice.objects.for_client(customer).values_list("pk", flat=True))
        judge(customer, THIN, at=at)
        judge(customer, grave, at=at)
        judge(customer, grave, at=at)
        new = Notice.objects.for_client(customer).exclude(pk__in=before)
        new.update(created_at=at)
        return notices(customer).count(("alert_opened", "high", "low_sample"))

    assert [risen(hours) for hours in (0, 1, 23, 25, 26, 48, 50)] == [1, 1, 1, 2, 2, 2, 3]


def test_one_that_opened_as_grave_is_told_of_its_next_rise_a_day_later(customer):
    start = now()
    for hours in (0, 5, 30):
        at = start + timedelta(hours=hours)
        judge(customer, Cause("low_sample", Severity.MEDIUM, "fell", "who"), at=at) if hours else None
        judge(customer, Cause("low_sample", Severity.HIGH, "only 3", "who"), at=at)
    assert notices(customer) == [("alert_opened", "high", "low_sample")] * 2


def test_what_cannot_be_told_stays_as_it_is(customer):
    judge(customer, THIN)
    assert judge(customer, keep=[THIN.key], at=LATER)[0].message == THIN.message
    assert alerts(customer)[0][-1] is None


def test_other_codes_and_other_clients_are_left_alone(customer, make_client):
    twin = make_client("Twin")
    other = Cause("circuit_open", Severity.HIGH, "It is open.", subject="email 1")
    for client in (customer, twin):
        judge(client, THIN)
        open_alert(client.pk, other, AT)
    assert judge(customer, at=LATER) == []
    assert [(row[0], row[-1]) for row in alerts(customer)] == [("circuit_open", None), ("low_sample", LATER)]
    assert [(row[0], row[-1]) for row in alerts(twin)] == [("circuit_open", None), ("low_sample", None)]


def test_several_clients_at_once(customer, make_client):
    twin = make_client("Twin")
    with pytest.raises(UnscopedQueryError):
        settle({}, HealthAlert.objects.filter(code="low_sample"), AT)
    with across_clients("health"):
        both = HealthAlert.objects.filter(code="low_sample")
        settle({customer.pk: [THIN], twin.pk: [THIN]}, both, AT)
        settle({twin.pk: [THIN]}, both, LATER)
    assert [row[-1] for row in alerts(customer)] == [LATER]
    assert [row[-1] for row in alerts(twin)] == [None]


def test_an_alert_that_is_open_is_not_opened_again(customer):
    assert open_alert(customer.pk, HEAVY, AT).opened_at == AT
    assert open_alert(customer.pk, HEAVY, LATER) is None
    assert len(notices(customer)) == 1
    mine = HealthAlert.objects.for_client(customer)
    assert (resolve(mine, LATER), resolve(mine, LATER)) == (1, 0)
    assert open_alert(customer.pk, HEAVY, LATER).opened_at == LATER


def test_sends_whose_fate_is_unknown_are_a_kind_of_their_own(customer):
    open_alert(customer.pk, Cause("unknown_send", Severity.HIGH, "1 message"), AT)
    assert notices(customer) == [("send_unknown", "high", "unknown_send")]
