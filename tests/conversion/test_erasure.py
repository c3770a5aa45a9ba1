"""Nothing of the person's own is left in any table, and it is not written to again."""

import pytest

from conversion import erasure
from conversion.erasure import clear, erase
from conversion.models import Activity, Callback, Event, ImportChange, InboundMessage, Lead, Suppression
from conversion.people import PersonNotFound, find_person
from conversion.suppressions import hashed
from conversion.tenancy import UnscopedQueryError
from tests.conversion.personal import SECRETS, left, person
from tests.factories import MONDAY, lead

pytestmark = pytest.mark.django_db


def test_nothing_is_left_in_any_table(customer):
    person(customer)
    Suppression.objects.create(client=customer, kind="email", value="wilhelmina@zimmer.example")
    assert left() == list(SECRETS)
    erased = erase("wilhelmina@zimmer.example", customer)
    assert left() == []
    assert (erased.leads, erased.touches, erased.cancelled, erased.events, erased.messages) == (1, 8, 4, 1, 1)
    assert (erased.changes, erased.entries, erased.in_flight) == (2, 4, 1)


def test_a_message_that_nobody_was_found_for_goes_and_others_stay(customer, make_client):
    person(customer)
    unmatched = {"kind": "replied", "state": "unmatched", "received_at": MONDAY}
    mine = {"person": "Wilhelmina@Zimmer.example", "person_key": "wilhelmina@zimmer.example", **unmatched}
    InboundMessage.objects.create(client=customer, **mine)
    others = InboundMessage.objects.create(client=customer, person_key="otto@zimmer.example", **unmatched)
    twins = InboundMessage.objects.create(client=make_client("Twin"), **mine)
    assert erase("wilhelmina@zimmer.example", customer).messages == 2
    assert set(InboundMessage.objects.values_list("pk", flat=True)) == {others.pk, twins.pk}
    assert Callback.objects.values_list("state", "payload").get() == ("ignored", {})


def test_what_learning_needs_stays(customer):
    jo = person(customer)
    erase(str(jo.pk), customer, MONDAY)
    jo.refresh_from_db()
    assert (jo.erased_at, jo.do_not_contact, jo.status, jo.als_score) == (MONDAY, True, "new", 61)
    assert (jo.deleted_at, jo.extra, jo.external_id, jo.created_at is not None) == (None, {}, None, True)
    touch = Activity.objects.for_client(customer).get(state="sent")
    assert (touch.sent_at, touch.pain_points, touch.words, touch.local_hour) == (MONDAY, 3, 2, 10)
    assert (touch.content_snapshot, touch.subject, touch.body, touch.metadata) == (None, "", "", {})
    assert Event.objects.for_client(customer).values_list("kind", "occurred_at", "body").get() == (
        "replied",
        MONDAY,
        "",
    )


def test_what_was_planned_is_cancelled_and_what_is_in_flight_is_not(customer):
    jo = person(customer)
    erase(str(jo.pk), customer)
    touches = Activity.objects.for_client(customer).order_by("touch_number")
    assert list(touches.values_list("state", "reason_code")) == [
        ("sent", ""),
        *[("cancelled", "erased")] * 4,
        ("failed", ""),
        ("unknown", ""),
        ("dispatching", ""),
    ]
    assert set(touches.filter(state="cancelled").values_list("reason", "due_at")) == {
        ("the person asked to be forgotten", None)
    }


def test_a_repeat_that_was_perhaps_sent_is_not_cancelled(customer):
    jo = person(customer)
    queued = Activity.objects.for_client(customer).filter(state="queued")
    queued.update(dispatched_at=MONDAY)
    erase(str(jo.pk), customer)
    assert queued.values_list("body", "reason").get() == ("", "")


def test_the_answer_to_a_send_in_flight_is_cleared(customer):
    jo = person(customer)
    erased = erase(str(jo.pk), customer)
    in_flight = Activity.objects.for_client(customer).filter(state="dispatching")
    assert clear(erased.ids) == 1
    in_flight.update(state="failed", reason="550 wilhelmina@zimmer.example is unknown", metadata={"to": "Zimmer"})
    assert left() == ["wilhelmina", "zimmer"]
    assert clear(erased.ids) == 0
    assert left() == []


def test_clearing_touches_nobody_who_was_not_erased(customer):
    jo = person(customer)
    assert clear([jo.pk]) == 0
    assert left() == list(SECRETS)


def test_what_enough_others_share_stays(customer):
    shared = {"country": "Australia", "industry": "Legal", "title": "CEO"}
    jo = person(customer, **shared)
    for number in range(5):
        lead(customer, **shared, employee_count=37 if number else 38)
    lead(customer, industry="Legal", employee_count=37)
    erase(str(jo.pk), customer)
    jo.refresh_from_db()
    assert (jo.country, jo.industry, jo.title, jo.employee_count) == ("Australia", "Legal", "CEO", None)


def test_what_fewer_share_goes(customer, make_client):
    jo = person(customer, title="CEO")
    for client in (customer, make_client("Twin")):
        for _ in range(4):
            lead(client, country="Australia", industry="Legal", title="CEO", employee_count=37)
    erase(str(jo.pk), customer)
    jo.refresh_from_db()
    assert (jo.country, jo.industry, jo.title, jo.employee_count) == ("", "", "", None)


def test_one_client_is_one_client(customer, make_client):
    twin = make_client("Twin")
    person(customer)
    theirs = person(twin)
    Suppression.objects.create(client=twin, kind="email", value="wilhelmina@zimmer.example")
    before = list(Lead.objects.for_client(twin).values())
    erase("wilhelmina@zimmer.example", customer)
    assert list(Lead.objects.for_client(twin).values()) == before
    assert Activity.objects.for_client(twin).filter(state="cancelled").count() == 0
    assert ImportChange.objects.for_client(twin).count() == 2
    assert Suppression.objects.filter(client=twin).values_list("value", flat=True).get() == "wilhelmina@zimmer.example"
    assert Suppression.objects.filter(client=customer).count() == 4
    assert theirs.pk == Lead.objects.for_client(twin).get().pk


def test_everywhere_is_everywhere(customer, make_client):
    twin = make_client("Twin")
    person(customer)
    person(twin, external_id="zimmer-2")
    Suppression.objects.create(agency=customer.agency, kind="phone", value="+61255501234")
    erased = erase("WILHELMINA@zimmer.example", None)
    assert (erased.leads, erased.entries) == (2, 5)
    assert left() == []
    assert set(Suppression.objects.values_list("client", "kind", "value")) == {
        (None, "email", hashed("email", "wilhelmina@zimmer.example")),
        (None, "phone", hashed("phone", "+61255501234")),
        (None, "linkedin", hashed("linkedin", "in/wz-profile")),
        (customer.pk, "source", hashed("source", "crm-4711")),
        (twin.pk, "source", hashed("source", "zimmer-2")),
    }


def test_all_leads_of_one_address_are_one_person(customer):
    person(customer)
    person(customer, external_id="zimmer-2", phone="", deleted_at=MONDAY)
    assert erase("crm-4711", customer).leads == 2
    assert left() == []


def test_a_dry_run_changes_nothing(customer):
    person(customer)
    assert erase("crm-4711", customer, dry_run=True).leads == 1
    assert left() == list(SECRETS)
    assert Suppression.objects.count() == 0


def test_a_fault_changes_nothing(customer, monkeypatch):
    person(customer)
    monkeypatch.setattr(erasure, "_forget_rows", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        erase("crm-4711", customer)
    assert left() == list(SECRETS)
    assert Suppression.objects.count() == 0


def test_a_second_time_finds_nobody(customer):
    jo = person(customer)
    erase("wilhelmina@zimmer.example", customer, MONDAY)
    again = erase("wilhelmina@zimmer.example", customer)
    assert (again.leads, again.entries) == (0, 0)
    erase(str(jo.pk), customer)
    jo.refresh_from_db()
    assert jo.erased_at == MONDAY


def test_an_address_that_nobody_has_is_kept_out_all_the_same(customer):
    assert erase("ann@example.com", customer).entries == 1
    assert Suppression.objects.values_list("value", flat=True).get() == hashed("email", "ann@example.com")


class TestFinding:
    @pytest.mark.parametrize(
        "text",
        [
            "wilhelmina@zimmer.example",
            " WILHELMINA@ZIMMER.EXAMPLE ",
            "+61255501234",
            "+61 2 5550 1234",
            "(02) 5550 1234",
            "crm-4711",
            "linkedin.com/in/WZ-profile/",
        ],
    )
    def test_by_what(self, customer, text):
        jo = person(customer)
        assert [one.pk for one in find_person(text, customer).leads] == [jo.pk]
        assert [one.pk for one in find_person(str(jo.pk), customer).leads] == [jo.pk]

    @pytest.mark.parametrize("text", ["nobody", "", "\0", "01936b2e-0000-7000-8000-000000000000", "a@b", "12345"])
    def test_nobody(self, customer, text):
        person(customer)
        with pytest.raises(PersonNotFound, match="there is no lead with the id or external id"):
            find_person(text, customer)

    def test_another_profile_that_begins_alike_is_another_person(self, customer):
        person(customer)
        assert find_person("linkedin.com/in/wz-prof", customer).leads == []

    def test_a_number_that_several_people_share_names_nobody(self, customer):
        first = person(customer)
        lead(customer, phone="+61255501234", email="x@zimmer.example", email_key="x@zimmer.example")
        with pytest.raises(PersonNotFound, match=f"2 people go by .* give the id of a lead, such as {first.pk}"):
            find_person("+61255501234", customer)

    def test_everywhere_needs_to_be_allowed(self, customer):
        person(customer)
        with pytest.raises(UnscopedQueryError):
            find_person("wilhelmina@zimmer.example", None)
