"""Rows of events.csv, and what they make of their leads."""

from datetime import UTC, datetime

import pytest

from conversion.models import Activity, Event
from conversion.vocabulary import EventKind

pytestmark = pytest.mark.django_db

LEADS = "external_id,status,status_at\nA,new,\nB,contacted,2026-03-04T00:00:00Z\n"
TOUCHES = (
    "external_id,lead_external_id,channel,occurred_at\n"
    "a1,A,email,2026-03-02T00:00:00Z\na2,A,email,2026-03-06T00:00:00Z\nb1,B,email,2026-03-02T00:00:00Z\n"
)
HEADER = "external_id,lead_external_id,activity_external_id,kind,occurred_at,body"


def day(number):
    return datetime(2026, 3, number, tzinfo=UTC)


@pytest.fixture
def history(bring):
    bring(leads=LEADS, activities=TOUCHES)


def test_an_event_is_stored_whole(history, bring, customer, touch_of):
    text = f'{HEADER},Source\ne1,A,a1,Positive reply,2026-03-03T00:00:00Z,"Yes,\r\nplease",Outlook\n'
    assert bring(events=text).events == (1, 0, 0, 0)
    event = Event.objects.for_client(customer).get()
    assert (event.external_id, event.lead.external_id, event.activity) == ("e1", "A", touch_of("a1"))
    assert (event.kind, event.occurred_at, event.body) == ("positive_reply", day(3), "Yes,\nplease")
    assert event.metadata == {"extra": {"Source": "Outlook"}}
    assert bring(events=text).events == (0, 0, 1, 0)
    assert bring(events=text.replace("please", "gladly")).events == (0, 1, 0, 0)
    assert Event.objects.for_client(customer).get().body == "Yes,\ngladly"


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("1,Z,,opened,2026-03-03T00:00:00Z,", "lead_external_id", "there is no lead 'Z'"),
        ("1,A,zz,opened,2026-03-03T00:00:00Z,", "activity_external_id", "there is no touch 'zz'"),
        ("1,A,b1,opened,2026-03-03T00:00:00Z,", "activity_external_id", "the touch 'b1' was sent to another lead"),
        (
            "1,A,,sneezed,2026-03-03T00:00:00Z,",
            "kind",
            f"'sneezed' is none of {', '.join(EventKind)}",
        ),
        ("1,A,,opened,,", "occurred_at", "is blank, and required"),
    ],
)
def test_a_bad_cell_rejects_its_row_by_name(history, bring, row, column, reason):
    brought = bring(events=f"{HEADER}\n{row}\n")
    assert (brought.events, brought.rejects) == ((0, 0, 0, 1), [(2, column, reason)])


def test_a_booked_meeting_converts_its_lead(history, bring, lead_of, customer):
    bring(events=f"{HEADER}\n1,A,,meeting_booked,2026-03-05T00:00:00Z,\n2,A,,meeting_booked,2026-03-08T00:00:00Z,\n")
    assert (lead_of("A").status, lead_of("A").converted_at) == ("converted", day(5))
    marked = Activity.objects.for_client(customer).filter(led_to_booking=True)
    assert list(marked.values_list("external_id", flat=True)) == ["a1"]
    bring(events=f"{HEADER}\n1,A,,meeting_booked,2026-03-01T00:00:00Z,\n")  # its time is corrected
    assert lead_of("A").converted_at == day(1)
    assert not marked.exists()


@pytest.mark.parametrize(
    ("kinds", "flags", "status"),
    [
        (["bounced@5"], (True, None, None), ("bounced", day(5))),
        (["unsubscribed@5"], (None, True, None), ("unsubscribed", day(5))),
        (["complained@5"], (None, True, True), ("unsubscribed", day(5))),
        (["bounced@7", "unsubscribed@5"], (True, True, None), ("unsubscribed", day(5))),
        (["unsubscribed@5", "bounced@7", "unsubscribed@9"], (True, True, None), ("unsubscribed", day(5))),
        (["meeting_booked@6", "unsubscribed@5"], (None, True, None), ("converted", day(6))),
        (["meeting_booked@5", "unsubscribed@6"], (None, True, None), ("unsubscribed", day(6))),
        (["opened@5", "replied@6"], (None, None, None), ("new", None)),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_who_left_is_marked_whatever_the_order(history, bring, lead_of, kinds, flags, status, order):
    rows = [f"{kind},A,,{kind.split('@')[0]},2026-03-0{kind.split('@')[1]}T00:00:00Z," for kind in kinds][::order]
    bring(events="\n".join([HEADER, *rows]))
    lead = lead_of("A")
    assert (lead.has_bounced, lead.is_unsubscribed, lead.do_not_contact) == flags
    assert (lead.status, lead.status_at) == status


def test_a_later_status_stays_and_the_flag_is_set(history, bring, lead_of):
    bring(leads="external_id,status,status_at\nB,not_interested,2026-03-09T00:00:00Z\n")
    bring(events=f"{HEADER}\n1,B,,unsubscribed,2026-03-05T00:00:00Z,\n")
    assert (lead_of("B").status, lead_of("B").status_at, lead_of("B").is_unsubscribed) == (
        "not_interested",
        day(9),
        True,
    )


def test_an_event_at_the_moment_of_a_status_has_that_moment(history, bring, lead_of):
    bring(events=f"{HEADER}\n1,B,,bounced,2026-03-04T00:00:00Z,\n")
    assert (lead_of("B").status, lead_of("B").status_at) == ("bounced", day(4))


def test_rows_without_a_key_are_known_by_their_content(history, bring, customer):
    text = "lead_external_id,kind,occurred_at\nA,opened,2026-03-03T00:00:00Z\nA,clicked,2026-03-03T00:00:00Z\n"
    assert bring(events=text).events == (2, 0, 0, 0)
    assert bring(events=text).events == (0, 0, 2, 0)
    assert Event.objects.for_client(customer).count() == 2
