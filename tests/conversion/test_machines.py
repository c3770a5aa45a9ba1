"""Opens and clicks that no person made."""

import pytest

from conversion import machines
from conversion.models import Event
from tests.factories import event, lead, touch

pytestmark = pytest.mark.django_db
SECOND = 1 / 86_400


def opened(sent, kind="opened", *, seconds, **metadata):
    return event(sent.lead, kind, days=seconds * SECOND, activity=sent, metadata=metadata)


def marked(client):
    machines.mark(client)
    return set(Event.objects.for_client(client).filter(is_machine=True).values_list("pk", flat=True))


@pytest.fixture
def sent(customer):
    return touch(lead(customer, external_id="1"))


def test_within_seconds_of_delivery(customer, sent):
    opened(sent, "delivered", seconds=60)
    at_once, later = opened(sent, seconds=64), opened(sent, seconds=75)
    assert marked(customer) == {at_once.pk}
    assert later.pk not in marked(customer)


def test_without_a_delivery_the_moment_of_sending_counts(customer, sent):
    same_moment, soon, later = opened(sent, seconds=0), opened(sent, seconds=3), opened(sent, seconds=11)
    assert marked(customer) == {soon.pk}
    assert {same_moment.pk, later.pk}.isdisjoint(marked(customer))


def test_all_links_at_once(customer, sent):
    first = opened(sent, "clicked", seconds=600, url="https://a.example/")
    second = opened(sent, "clicked", seconds=601, url="https://b.example/")
    again = opened(sent, "clicked", seconds=900, url="https://a.example/")
    twice = opened(sent, "clicked", seconds=901, url="https://a.example/")
    assert marked(customer) == {first.pk, second.pk}
    assert {again.pk, twice.pk}.isdisjoint(marked(customer))


def test_known_scanners(customer, sent):
    scanner = opened(sent, seconds=600, user_agent="Mozilla/5.0 (compatible; Barracuda Sentinel)")
    told_beside = opened(sent, seconds=700, extra={"user_agent": "python-requests/2.31"})
    person = opened(sent, seconds=800, user_agent="Mozilla/5.0 (via ggpht.com GoogleImageProxy)")
    assert marked(customer) == {scanner.pk, told_beside.pk}
    assert person.pk not in marked(customer)


def test_replies_are_never_a_machines_and_another_client_is_left_alone(customer, make_client, sent):
    opened(sent, "replied", seconds=3)
    other = touch(lead(make_client("Bolt"), external_id="1"))
    opened(other, seconds=3)
    assert marked(customer) == set()
