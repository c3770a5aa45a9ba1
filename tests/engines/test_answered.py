"""A plan ends with the lead's answer, also for a touch that is claimed already when it comes."""

from datetime import timedelta

import pytest

from conversion.models import Event, Sequence
from tests.engines.guarded import DAY, TUESDAY, client_of, mailbox, planned, reachable, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def console(settings):
    settings.PUBLIC_URL = ""


@pytest.fixture
def jo(make_client):
    return reachable(client_of(make_client))


@pytest.fixture
def touch(jo):
    plan = Sequence.objects.create(client=jo.client, lead=jo)
    Sequence.objects.for_client(jo.client).update(created_at=TUESDAY - 3 * DAY)
    return planned(jo, mailbox(jo.client), sequence=plan, plan="email", touch_number=2)


def answer(lead, kind, days=1):
    return Event.objects.create(client=lead.client, lead=lead, kind=kind, occurred_at=TUESDAY - days * DAY)


@pytest.mark.parametrize(
    ("kinds", "verdict"),
    [
        (["replied"], ("Cancel", "replied", "the lead replied")),
        (["positive_reply", "replied"], ("Cancel", "replied", "the lead replied")),
        (["complained"], ("Cancel", "complained", "the lead complained")),
        (["unsubscribed"], ("Cancel", "unsubscribed", "the lead unsubscribed")),
        (["delivered", "opened", "clicked"], ("Go",)),
    ],
)
def test_what_ends_a_plan(jo, touch, kinds, verdict):
    for kind in kinds:
        answer(jo, kind)
    assert said(touch) == verdict


def test_a_booking_ends_it_whatever_the_status_says(jo, touch):
    answer(jo, "meeting_booked")
    jo.status = "contacted"
    jo.save()
    assert said(touch) == ("Cancel", "booked", "the lead booked a meeting")


def test_an_answer_from_before_the_plan_does_not(jo, touch):
    answer(jo, "replied", days=4)
    assert said(touch) == ("Go",)


def test_what_is_sent_by_hand_goes_on(jo, touch):
    """A person answers a reply within the sequence."""
    answer(jo, "replied")
    by_hand = planned(jo, touch.sender, sequence=touch.sequence, touch_number=3)
    assert said(by_hand) == ("Go",)


def test_another_leads_answer_does_not(jo, touch, make_client):
    other = reachable(client_of(make_client, name="Other"))
    answer(other, "replied")
    answer(reachable(jo.client, external_id="L-2", email="x@example.com", email_key="x@example.com"), "replied")
    assert said(touch) == ("Go",)


def test_a_new_plan_after_an_answer_goes_out(jo, touch):
    answer(jo, "replied", days=2)
    later = Sequence.objects.create(client=jo.client, lead=jo)
    Sequence.objects.for_client(jo.client).filter(pk=later.pk).update(created_at=TUESDAY - timedelta(hours=1))
    assert said(planned(jo, touch.sender, sequence=later, plan="email")) == ("Go",)
