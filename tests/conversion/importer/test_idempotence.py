"""The same facts give the same rows: twice, in any order, in any chunks, in one file or several."""

import pytest

from conversion.models import Activity, ImportChange, Lead
from tests.conversion.importer.history import history, shuffled, texts

pytestmark = pytest.mark.django_db


def test_the_same_files_again_change_nothing(bring, facts):
    parts = history()
    first = bring(**texts(*parts))
    assert first.rejects == []
    assert first.leads == (60, 0, 0, 0)
    before = facts()
    again = bring(**texts(*parts))
    assert (again.leads, again.activities, again.events) == (
        (0, 0, 60, 0),
        (0, 0, len(parts[1]), 0),
        (0, 0, len(parts[2]), 0),
    )
    assert facts() == before
    assert ImportChange.objects.for_client(again.client).count() == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_a_shuffled_import_gives_the_same_facts(bring, facts, make_client, monkeypatch, seed):
    parts = history()
    bring(**texts(*parts))
    monkeypatch.setattr("conversion.importer.run.CHUNK", 7)
    twin = make_client("Twin")
    assert bring(twin, **texts(*shuffled(parts, seed))).rejects == []
    assert facts(twin) == facts()


def test_history_in_pieces_gives_the_same_facts(bring, facts, make_client):
    people, touches, events = history()
    bring(**texts(people, touches, events))
    twin = make_client("Twin")
    bring(twin, leads=texts(people, [], [])["leads"])
    for start in range(3):
        bring(twin, **{name: text for name, text in texts([], touches[start::3], []).items() if name == "activities"})
    bring(twin, **{name: text for name, text in texts([], [], events).items() if name == "events"})
    assert facts(twin) == facts()


@pytest.mark.parametrize("chunk", [2000, 1])
def test_a_key_that_is_repeated_counts_once_or_is_refused_with_its_line(bring, monkeypatch, chunk, customer):
    monkeypatch.setattr("conversion.importer.run.CHUNK", chunk)
    text = "external_id,title\n1,CEO\n2,CTO\n1,CEO\n1,CFO\nCafe\u0301,x\nCaf\u00e9,y\n"
    brought = bring(leads=text)
    assert brought.leads == (3, 0, 1, 2)
    assert brought.rejects == [
        (5, "external_id", "stands on line 2 already, with other values"),
        (7, "external_id", "stands on line 6 already, with other values"),
    ]
    assert bring(leads=text).leads == (0, 0, 4, 2)
    assert bring(leads=text.replace("1,C", "1,X")).leads == (0, 1, 3, 2)
    assert Lead.objects.for_client(customer).get(external_id="1").title == "XEO"


def test_a_refused_row_leaves_its_key_free(bring, lead_of):
    brought = bring(leads="external_id,phone,title\n1,call me,CEO\n1,,CTO\n")
    assert (brought.leads, lead_of("1").title) == ((1, 0, 0, 1), "CTO")


def test_one_moment_in_two_notations_is_no_change(bring):
    head = "external_id,lead_external_id,channel,occurred_at\n"
    bring(
        leads="external_id,created_at\n1,2026-03-02T10:00:00Z\n", activities=head + "a,1,email,2026-03-02T10:00:00Z\n"
    )
    again = bring(
        timezone="Australia/Sydney",
        leads="created_at,external_id\n2026-03-02 21:00, 1\n",
        activities="channel,occurred_at,external_id,lead_external_id\nEMAIL,2026-03-02T21:00:00,a,1\n",
    )
    assert (again.leads, again.activities) == ((0, 0, 1, 0), (0, 0, 1, 0))


def test_a_narrower_file_that_says_the_same_changes_nothing(bring):
    bring(leads="external_id,title,status\n1,CEO,contacted\n")
    assert bring(leads="external_id,title\n1,CEO\n").leads == (0, 0, 1, 0)


def test_twin_data_of_another_client_stays_as_it_is(bring, facts, make_client):
    twin = make_client("Twin")
    parts = history(leads=12)
    bring(twin, **texts(*parts))
    before = facts(twin)
    bring(**texts(*parts))
    bring(
        leads="external_id,title\nL1,Chair\n",
        activities="lead_external_id,channel,occurred_at\nL1,email,2026-03-01T00:00:00Z\n",
    )
    assert facts(twin) == before
    assert Activity.objects.for_client(twin).exclude(lead__client=twin).count() == 0


def test_a_row_that_changed_nothing_is_known_the_next_time(bring, facts):
    """A lead's later row says what its events say already; a booking then moves the status, and stays."""
    lead = "external_id,status,created_at,status_at\na,dead,2024-01-01T00:00Z,"
    events = "external_id,lead_external_id,kind,occurred_at\ne1,a,unsubscribed,2024-01-02T00:00Z\n"
    later = f"{lead}2024-01-10T00:00Z\n"
    bring(leads=f"{lead}\n", events=events)
    more = f"{events}e2,a,meeting_booked,2024-01-05T00:00Z\n"
    bring(leads=later, events=more)
    before = facts()
    again = bring(leads=later, events=more)
    assert again.leads == (0, 0, 1, 0)
    assert facts() == before


def test_many_blank_lines_before_the_header(bring):
    assert bring(leads="\n" * 1_500 + "external_id\na\n").leads == (1, 0, 0, 0)
