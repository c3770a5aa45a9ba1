"""The first page: who sees which cards, in which order, with which figures."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils.timezone import now

from conversion.models import Activity, Agency, Client, Lead, Membership
from conversion.vocabulary import ACTION_OF, Channel
from engines.desk.figures import Figures, figures, total
from patterns.models import ConversionPattern, HealthAlert
from tests.factories import lead

DAY = timedelta(days=1)
BACKEND = "django.contrib.auth.backends.ModelBackend"


def touched(client, at, *, days, state="sent", booked=False):
    """A touch so many days before `at`, of a lead of its own."""
    who = lead(client, converted_at=at - days * DAY if booked else None)
    return Activity.objects.create(
        client=client,
        lead=who,
        channel="email",
        action=ACTION_OF[Channel.EMAIL],
        state=state,
        sent_at=at - days * DAY if state == "sent" else None,
        led_to_booking=booked,
    )


def signed_in(browser, *clients, **fields):
    user = get_user_model().objects.create(username="who", **fields)
    for one in clients:
        Membership.objects.create(user=user, client=one, role="viewer", accepted_at=now())
    browser.force_login(user, backend=BACKEND)
    return browser


@pytest.fixture
def other(db):
    agency = Agency.objects.create(name="Southwind", slug="southwind")
    return Client.objects.create(agency=agency, name="Foreign", slug="foreign")


def test_figures_of_a_week_and_of_the_four_before(customer, other, django_assert_num_queries):
    at = now()
    for days in (0, 6.9):
        touched(customer, at, days=days)
    for days in (7.1, 8, 20, 34.9):
        touched(customer, at, days=days)
    touched(customer, at, days=35.1)  # before all of it
    touched(customer, at, days=-1)  # after it
    touched(customer, at, days=10, booked=True)
    touched(customer, at, days=1, booked=True)
    for state in ("held", "unknown", "unknown", "planned", "queued"):
        touched(customer, at, days=0, state=state)
    HealthAlert.objects.create(client=customer, code="drift", severity="high", message="x")
    HealthAlert.objects.create(client=customer, code="drift", severity="high", message="x", resolved_at=at)
    touched(other, at, days=0)
    with django_assert_num_queries(4):
        found = figures([customer, other], at)
    mine = found[customer.pk]
    assert mine == Figures(3, 5, 1, 1, 1, {"high": 1}, 1, 2, 2)
    assert (mine.usual_sends, mine.usual_bookings, mine.rate) == (1.25, 0.25, 0.2)
    low, high = mine.interval
    assert (round(low, 4), round(high, 4)) == (0.0362, 0.6245)  # Wilson's score, 1 of 5
    assert found[other.pk] == Figures(sends=1)
    assert total(list(found.values())) == Figures(4, 5, 1, 1, 1, {"high": 1}, 1, 2, 2)


def test_without_anything_there_is_no_rate(customer):
    found = figures([customer], now())[customer.pk]
    assert (found, found.rate, found.interval) == (Figures(), None, None)
    assert figures([], now()) == {}


def test_the_most_urgent_client_comes_first(client, agency, make_client):
    calm, busy, urgent = (make_client(name) for name in ("A calm", "B busy", "C urgent"))
    at = now()
    touched(busy, at, days=0, state="held")
    HealthAlert.objects.create(client=urgent, code="drift", severity="high", message="x")
    cards = signed_in(client, is_superuser=True, is_staff=True).get("/").context["cards"]
    assert [card.client for card in cards] == [urgent, busy, calm]


def test_a_viewer_sees_its_own_clients_alone(client, customer, other):
    text = signed_in(client, customer).get("/").content.decode()
    assert "/clients/acme" in text
    assert "oreign" not in text
    assert "Southwind" not in text
    assert "together" not in text


def test_filters_and_pages(client, agency, other):
    for number in range(31):
        Client.objects.create(agency=agency, name=f"Client {number:02}", slug=f"client-{number:02}")
    browser = signed_in(client, is_superuser=True)
    first, second = browser.get("/").context["cards"], browser.get("/?page=2").context["cards"]
    assert (len(first), len(second)) == (30, 2)
    assert [card.client.name for card in browser.get("/?q=ient%2007").context["cards"]] == ["Client 07"]
    assert [card.client.name for card in browser.get("/?agency=southwind").context["cards"]] == ["Foreign"]
    assert browser.get("/?q=%00&agency=%00&page=x").status_code == 200
    assert "No client of yours" in browser.get("/?q=nobody").content.decode()


def test_as_many_queries_for_fifty_clients_as_for_one(client, agency, customer, django_assert_num_queries):
    browser = signed_in(client, is_superuser=True)
    browser.get("/")
    with django_assert_num_queries(QUERIES):
        browser.get("/")
    for number in range(49):
        Client.objects.create(agency=agency, name=f"Client {number:02}", slug=f"client-{number:02}")
    with django_assert_num_queries(QUERIES):
        browser.get("/")


QUERIES = 10  # session, person, clients, agencies, four of figures, patterns, and the counts beside the names of pages


def test_patterns_say_whether_they_are_acted_on(client, customer):
    at = now()
    for kind, confidence, until in (("who", 0.8, 1), ("what", 0.3, 1), ("when", 0.0, 1), ("how", 0.9, -1)):
        ConversionPattern.objects.create(
            client=customer,
            pattern_type=kind,
            version=1,
            patterns={},
            sample_size=5,
            confidence=confidence,
            algorithm="x",
            computed_at=at - 3 * DAY,
            valid_until=at + until * DAY,
        )
    [card] = signed_in(client, customer).get("/").context["cards"]
    assert [(one.kind, one.word, one.age) for one in card.patterns] == [
        ("who", "acted on", "3 days old"),
        ("what", "not sure enough", "3 days old"),
        ("when", "too little data", "3 days old"),
        ("how", "expired", "3 days old"),
    ]


def test_a_new_installation_says_how_to_begin(client, db):
    text = signed_in(client, is_superuser=True, is_staff=True).get("/").content.decode()
    assert "make demo" in text
    assert "/admin/conversion/client/add/" in text


def test_somebody_without_a_client_is_told_what_to_do(client, customer):
    text = signed_in(client).get("/").content.decode()
    assert "You have no client yet" in text
    assert "Acme" not in text


def test_whoever_did_not_sign_in_is_asked_to(client, db):
    answer = client.get("/")
    assert answer.status_code == 302
    assert "next=/" in answer.headers["Location"]


def test_deleted_clients_are_left_out(client, customer):
    Client.objects.filter(pk=customer.pk).update(deleted_at=now())
    assert "Acme" not in signed_in(client, is_superuser=True).get("/").content.decode()
    assert Lead.objects.for_client(customer).count() == 0
