"""Rows become columns: all of a client's, up to a moment, the same on either database."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from conversion.models import Lead
from patterns import frames
from patterns.detectors.atrisk import at_risk
from tests.factories import MONDAY, event, lead, touch

pytestmark = pytest.mark.django_db
LATER = MONDAY + timedelta(days=60)


@pytest.fixture
def history(customer):
    """Two leads: one that books after its second touch, one that unsubscribes; and one never touched."""
    ada = lead(
        customer,
        external_id="1",
        title="Founder",
        industry="Software",
        employee_count=12,
        is_hiring=True,
        is_new_role=False,
        als_data_quality=20,
        als_authority=25,
        als_company_fit=10,
        als_timing=0,
        als_risk=10,
    )
    first = touch(ada, campaign="spring", plan="p", template_key=-7, tier_at_send="hot", local_day=0, local_hour=9)
    touch(ada, days=3, channel="voice", touch_number=2, campaign="autumn", pain_points=5, cta=2, words=40, chars=200)
    Lead.objects.filter(client=customer, pk=ada.pk).update(status="converted", status_at=MONDAY + timedelta(days=4))
    event(ada, "positive_reply", days=1, activity=first)
    bob = lead(customer, external_id="2", title=" founder")
    touch(bob, days=1, plan="p", propensity=0.25)
    touch(bob, days=2, plan="alone", touch_number=2)
    Lead.objects.filter(client=customer, pk=bob.pk).update(status="unsubscribed", status_at=MONDAY + timedelta(days=5))
    lead(customer, external_id="3", title="Nobody")
    return customer


def test_leads(history):
    leads = frames.load(history, LATER).leads
    assert len(leads) == 2
    assert leads.title.labels == ("Founder",)
    assert leads.title.codes.tolist() == [0, 0]
    assert leads.industry.codes.tolist() == [0, -1]
    assert leads.employees.tolist() == [12, -1]
    assert leads.hiring.tolist() == [1, -1]
    assert leads.new_role.tolist() == [0, -1]
    assert leads.funded.tolist() == [-1, -1]
    assert leads.components[0].tolist() == [1.0, 1.0, 0.4, 0.0]
    assert np.isnan(leads.components[1]).all()
    assert leads.risk[0] == 10
    assert leads.converted_at[0] == (MONDAY + timedelta(days=4)).timestamp()
    assert np.isnan(leads.converted_at[1])
    assert leads.left_at[1] == (MONDAY + timedelta(days=5)).timestamp()
    assert leads.exit.tolist() == [-1, 1]


def test_touches(history):
    touches = frames.load(history, LATER).touches
    assert touches.lead.tolist() == [0, 0, 1, 1]
    assert touches.sent_at[:2].tolist() == [MONDAY.timestamp(), (MONDAY + timedelta(days=3)).timestamp()]
    assert touches.channel.tolist() == [0, 3, 0, 0]
    assert touches.touch.tolist() == [1, 2, 1, 2]
    assert touches.template.tolist() == [-7, 0, 0, 0]
    assert touches.campaign.tolist() == [2, 1, 0, 0]
    assert touches.tier.tolist() == [0, -1, -1, -1]
    assert touches.day.tolist() == [0, -1, -1, -1]
    assert touches.hour.tolist() == [9, -1, -1, -1]
    assert touches.pain_points.tolist() == [0, 5, 0, 0]
    assert touches.cta.tolist() == [-1, 2, -1, -1]
    assert touches.words.tolist() == [-1, 40, -1, -1]
    assert touches.booked.tolist() == [False, True, False, False]
    assert touches.positive.tolist() == [True, False, False, False]
    assert touches.propensity[2] == 0.25


def test_a_reply_later_than_a_booking_would_count_is_none(customer):
    ada = lead(customer, external_id="1")
    first, second = touch(ada), touch(ada, days=2, touch_number=2)
    event(ada, "replied", days=14, activity=first)
    event(ada, "replied", days=17, activity=second)
    assert frames.load(customer, LATER).touches.replied.tolist() == [True, False]


def test_a_reply_that_names_no_touch_answers_the_last_one_before_it(customer):
    ada = lead(customer, external_id="1")
    for number in (1, 2, 3):
        touch(ada, days=2 * number, touch_number=number)
    event(ada, "positive_reply", days=5)
    event(ada, "replied", days=1)
    assert frames.load(customer, LATER).touches.positive.tolist() == [False, True, False]
    assert frames.load(customer, LATER).touches.replied.tolist() == [False, True, False]


def test_a_plan_that_one_lead_has_is_none(history):
    plan = frames.load(history, LATER).touches.plan
    assert plan[0] == plan[2] != 0
    assert plan[3] == 0


def test_the_most_frequent_spelling_of_a_title_stands_for_all(customer):
    for number, title in enumerate(["CEO", "ceo", "ceo ", "C\u00e9o", "Ce\u0301o"]):
        touch(lead(customer, external_id=str(number), title=title))
    title = frames.load(customer, LATER).leads.title
    assert title.labels == ("C\u00e9o", "ceo")
    assert title.codes.tolist() == [1, 1, 1, 0, 0]


def test_facts_after_the_moment_do_not_exist(history):
    early = frames.load(history, MONDAY + timedelta(days=2, hours=1))
    assert np.isnan(early.leads.converted_at).all()
    assert early.leads.exit.tolist() == [-1, -1]
    assert early.touches.lead.tolist() == [0, 1, 1]
    assert (
        not early.touches.booked.any()
        or np.isnan(early.leads.converted_at[early.touches.lead[early.touches.booked]]).all()
    )
    assert len(frames.load(history, MONDAY - timedelta(days=1)).touches) == 0


def test_deleted_leads_planned_touches_and_other_clients_do_not_count(history, make_client):
    twin = make_client("Twin")
    touch(lead(twin, external_id="1", title="Spy"), campaign="spring")
    bob = Lead.objects.get(client=history, external_id="2")
    touch(bob, state="planned", touch_number=3)
    bob.deleted_at = datetime(2026, 4, 1, tzinfo=UTC)
    bob.save()
    frame = frames.load(history, LATER)
    assert len(frame.leads) == 1
    assert len(frame.touches) == 2
    assert frame.leads.title.labels == ("Founder",)


def test_touches_of_one_moment_stand_by_number_channel_template_and_key(customer):
    leads = [lead(customer, external_id=str(number)) for number in range(2)]
    told = [  # number, channel, template, key, in the order wanted
        (1, "email", 5, "b"),
        (2, "linkedin", 1, "a"),
        (2, "sms", 1, "a2"),
        (2, "voice", -3, "b2"),
        (2, "voice", 2, "d"),
        (2, "voice", 2, "e"),
    ]
    for place in (3, 5, 0, 4, 2, 1):
        number, channel, template, key = told[place]
        for one in leads:
            touch(
                one, touch_number=number, channel=channel, template_key=template, external_id=f"{key}{one.external_id}",
                words=place,
            )  # fmt: skip
    touch(leads[0], days=-1, words=9)
    assert frames.load(customer, LATER).touches.words.tolist() == [9, *range(6), *range(6)]


def test_ids_are_found_by_their_half_and_compared_whole():
    def ids(*numbers):
        return np.frombuffer(b"".join(high.to_bytes(8) + low.to_bytes(8) for high, low in numbers), dtype="V16")

    among = ids((1, 7), (2, 5), (3, 6))
    assert frames.places(ids((3, 6), (9, 5), (1, 7), (1, 8)), among).tolist() == [2, -1, 0, -1]
    assert frames.places(ids((2, 7), (1, 7)), ids((1, 7), (2, 7))).tolist() == [1, 0]
    assert frames.places(ids((2, 7)), ids()).tolist() == [-1]
    assert frames.places(ids(), among).tolist() == []


def test_at_risk_rows_of_the_frame(history):
    table = at_risk(frames.load(history, LATER))
    assert table.y.tolist() == [False, True, False, False]
    assert table.left.tolist() == [False, False, False, True]
    assert table.gap.tolist() == [-1, 3, -1, 1]
    assert table.previous.tolist() == [-1, 0, -1, 0]
    assert table.new.tolist() == [False, True, False, False]


def test_a_client_without_touches_has_an_empty_frame(customer):
    frame = frames.load(customer, LATER)
    assert (len(frame.leads), len(frame.touches)) == (0, 0)
    assert len(at_risk(frame)) == 0
