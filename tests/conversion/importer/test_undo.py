"""An import that was undone might never have been."""

from datetime import UTC, datetime, timedelta

import pytest

from conversion.importer.undo import CannotUndo, undo
from conversion.models import Activity, Event, ImportChange, Lead, Sequence
from tests.conversion.importer.conftest import NOW
from tests.conversion.importer.history import history, texts
from tests.factories import event, touch

pytestmark = pytest.mark.django_db

HEADER = "external_id,lead_external_id,channel,occurred_at"


def test_what_an_import_made_goes(bring, facts, customer):
    empty = facts()
    batch = bring(**texts(*history())).batch
    done = undo(batch)
    assert (done.already, done.removed["lead"]) == (False, 60)
    assert facts() == empty
    batch.refresh_from_db()
    assert batch.undone_at is not None


def test_what_an_import_changed_is_as_before(bring, facts):
    people, touches, events = history()
    bring(**texts(people, touches[:40], events[:5]))
    before = facts()
    changed = [row.replace("CTO", "COO").replace(",new,", ",contacted,") for row in people]
    late = [row.replace("Idea for you", "Another idea") for row in touches]
    batch = bring(now=NOW + timedelta(days=1), **texts(changed, late, events)).batch
    assert facts() != before
    undo(batch)
    assert facts() == before
    assert ImportChange.objects.for_client(batch.client).count() == 0


def test_bookings_told_by_a_later_import_go_with_it(bring, facts, lead_of):
    bring(
        leads="external_id\nA\nB\nC\n",
        activities=f"{HEADER}\n1,A,email,2026-03-01T00:00:00Z\n2,B,email,2026-03-01T00:00:00Z\n",
    )
    before = facts()
    batch = bring(
        activities=f"{HEADER},outcome,led_to_booking\n3,A,voice,2026-03-02T00:00:00Z,meeting_booked,\n4,C,email,2026-03-02T00:00:00Z,,yes\n",
        events="lead_external_id,kind,occurred_at\nB,meeting_booked,2026-03-03T00:00:00Z\nA,bounced,2026-03-09T00:00:00Z\n",
    ).batch
    assert [lead_of(key).status for key in "ABC"] == ["bounced", "converted", "converted"]
    undo(batch)
    assert facts() == before


def test_undoing_twice_does_nothing_the_second_time(bring, facts):
    batch = bring(leads="external_id\n1\n").batch
    undo(batch)
    bring(leads="external_id\n1\n")
    before = facts()
    assert undo(batch).already
    assert facts() == before


def test_an_import_that_changed_nothing_is_undone_without_a_trace(bring, facts):
    bring(leads="external_id\n1\n")
    before = facts()
    undo(bring(leads="external_id\n1\n").batch)
    assert facts() == before


def test_rows_of_others_on_a_created_lead_keep_it(bring, lead_of, facts, customer):
    batch = bring(leads="external_id\n1\n", activities=f"{HEADER}\na,1,email,2026-03-01T00:00:00Z\n").batch
    touch(lead_of("1"))
    event(lead_of("1"), "opened", activity=Activity.objects.for_client(customer).get(external_id="a"))
    Sequence.objects.create(client=customer, lead=lead_of("1"))
    before = facts()
    with pytest.raises(CannotUndo, match=r"\(1 touch and 1 event and 1 plan\)"):
        undo(batch)
    assert facts() == before


def test_a_later_import_that_changed_the_same_rows_is_to_be_undone_first(bring, lead_of):
    first = bring(leads="external_id,title\n1,CEO\n2,CEO\n").batch
    second = bring(leads="external_id,title\n1,CTO\n", now=NOW + timedelta(hours=1)).batch
    third = bring(leads="external_id,title\n1,CFO\n", now=NOW + timedelta(hours=2)).batch
    with pytest.raises(CannotUndo, match=rf"the latest first: {third.pk} \(1 row\), {second.pk} \(1 row\)"):
        undo(first)
    undo(third)
    assert lead_of("1").title == "CTO"
    undo(second)
    assert lead_of("1").title == "CEO"
    undo(first)
    assert not Lead.objects.for_client(first.client).exists()


def test_what_somebody_changed_since_stays(bring, lead_of, customer):
    bring(leads="external_id,title,industry\n1,CEO,Legal\n")
    batch = bring(leads="external_id,title,industry,email\n1,CTO,Dental,a@example.com\n").batch
    Lead.objects.for_client(customer).update(title="Chair", is_unsubscribed=True)
    done = undo(batch)
    assert (done.restored["lead"], done.kept) == (1, 1)
    lead = lead_of("1")
    assert (lead.title, lead.industry, lead.email, lead.is_unsubscribed) == ("Chair", "Legal", "", True)


def test_who_unsubscribed_since_stays_unsubscribed(bring, lead_of):
    bring(leads="external_id\n1\n")
    batch = bring(events="lead_external_id,kind,occurred_at\n1,unsubscribed,2026-03-02T00:00:00Z\n").batch
    event(lead_of("1"), "complained", days=9)
    undo(batch)
    lead = lead_of("1")
    assert (lead.is_unsubscribed, lead.do_not_contact, lead.status) == (True, True, "unsubscribed")
    assert lead.status_at == datetime(2026, 3, 11, 10, tzinfo=UTC)


def test_another_clients_rows_stay(bring, make_client, facts):
    twin = make_client("Twin")
    bring(twin, **texts(*history(leads=8)))
    before = facts(twin)
    undo(bring(**texts(*history(leads=8))).batch)
    assert facts(twin) == before
    assert Event.objects.for_client(twin).count() == len(before["Event"])


def test_history_in_pieces_is_undone_piece_by_piece(bring, facts):
    people, touches, events = history(leads=40, seed=100)
    pieces = [{"leads": people}, {"activities": touches[::2]}, {"activities": touches[1::2]}, {"events": events}]
    batches, before = [], []
    for number, piece in enumerate(pieces):
        before.append(facts())
        whole = texts(*(piece.get(name, []) for name in ("leads", "activities", "events")))
        batches.append(bring(now=NOW + timedelta(hours=number), **{name: whole[name] for name in piece}).batch)
    while batches:
        undo(batches.pop())
        assert facts() == before.pop()
