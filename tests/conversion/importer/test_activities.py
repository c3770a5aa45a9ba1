"""Rows of activities.csv: the touch, its snapshot and its columns; and what it makes of its lead."""

from datetime import UTC, datetime

import pytest

from conversion.content import DEFAULT
from conversion.importer.undo import undo
from conversion.models import Activity, ImportBatch, Lead
from tests.factories import touch

pytestmark = pytest.mark.django_db

LEADS = (
    "external_id,email,first_name,company_name,country,timezone,status,status_at\n"
    "A,ann@example.com,Ann,Acme,Australia,,contacted,\n"
    "B,bob@example.com,Bob,Bolt,,Europe/Lisbon,converted,2026-03-10T00:00:00Z\n"
    "C,cat@example.com,Cat,Cord,,,new,\n"
)
HEADER = "external_id,lead_external_id,channel,occurred_at"


def day(number, hour=0):
    return datetime(2026, 3, number, hour, tzinfo=UTC)


def converting(client):
    marked = Activity.objects.for_client(client).filter(led_to_booking=True)
    return sorted(marked.values_list("lead__external_id", "external_id"))


@pytest.fixture
def leads(bring):
    assert bring(leads=LEADS).leads == (3, 0, 0, 0)


def test_an_email_is_stored_whole(leads, bring, touch_of, customer):
    text = (
        f"{HEADER},touch_number,sequence_id,template_id,campaign,subject,body,Owner\n"
        't1,A,email,2026-03-02T10:30:00Z,3,S1,T9,Spring,"Quick question, Ann",'
        '"Hi Ann,\r\nmore leads for Acme? Worth 15 minutes?",Zoe\n'
    )
    brought = bring(activities=text)
    assert brought.activities == (1, 0, 0, 0)
    row = touch_of("t1")
    assert (row.client, row.lead.external_id, str(row.batch_id)) == (customer, "A", brought.report.batch)
    assert (row.channel, row.action, row.state, row.sent_at) == (
        "email",
        "email_sent",
        "sent",
        datetime(2026, 3, 2, 10, 30, tzinfo=UTC),
    )
    assert (row.touch_number, row.touch_number_given, row.plan, row.template_id, row.campaign) == (
        3,
        True,
        "S1",
        "T9",
        "Spring",
    )
    assert (row.local_day, row.local_hour, row.tier_at_send) == (0, 21, "cool")  # Monday evening in Sydney
    snapshot = row.content_snapshot
    assert (snapshot["subject"], snapshot["body"]) == (
        "Quick question, Ann",
        "Hi Ann,\nmore leads for Acme? Worth 15 minutes?",
    )
    assert (snapshot["pain_points_used"], snapshot["cta_used"]) == (["leads"], "worth 15 minutes")
    assert (snapshot["has_first_name"], snapshot["has_company_mention"]) == (True, True)
    assert (snapshot["touch_number"], snapshot["sequence_id"], snapshot["template_id"]) == (3, "S1", "T9")
    assert (snapshot["sent_at"], snapshot["hour_of_day"], snapshot["local_hour"]) == (
        "2026-03-02T10:30:00+00:00",
        10,
        21,
    )
    assert row.pain_points == 1 << DEFAULT.pain_names.index("leads")
    assert row.cta == DEFAULT.cta_names.index("worth 15 minutes")
    assert row.template_key != 0
    assert (row.words, row.chars) == (9, 46)
    assert row.metadata == {
        "provider_message_id": None,
        "touch_number": 3,
        "sequence_id": "S1",
        "extra": {"Owner": "Zoe"},
    }


def test_calls_messages_and_letters_keep_what_is_theirs(leads, bring, touch_of, customer):
    Lead.objects.for_client(customer).filter(external_id="A").update(linkedin_url="https://linkedin.com/in/ann")
    text = (
        f"{HEADER},message_type,connection_note,script_id,script_content,outcome,duration_seconds,notes,body,subject\n"
        "v,A,Voice,2026-03-02T10:00:00Z,,,SC1,Do you need leads?,no answer,90,called twice,,\n"
        "l,A,linkedin,2026-03-03T10:00:00Z,connection_request,Hello Ann,,,,,,,InMail title\n"
        "m,A,mail,2026-03-04T10:00:00Z,,,,,,,,A letter,\n"
        "s,C,sms,2026-03-04T10:00:00Z,,,,,,,,Hi,\n"
    )
    assert bring(activities=text).activities == (4, 0, 0, 0)
    call, message = touch_of("v"), touch_of("l")
    assert (call.action, call.outcome, call.duration_seconds) == ("voice_completed", "no_answer", 90)
    assert {
        name: call.content_snapshot[name]
        for name in ("script_id", "script_content", "notes", "completed_at", "duration_minutes")
    } == {
        "script_id": "SC1",
        "script_content": "Do you need leads?",
        "notes": "called twice",
        "completed_at": "2026-03-02T10:00:00+00:00",
        "duration_minutes": 1.5,
    }
    assert call.metadata == {
        "provider_message_id": None,
        "touch_number": 1,
        "sequence_id": None,
        "outcome": "no_answer",
        "duration_seconds": 90,
    }
    assert (message.message_type, message.content_snapshot["connection_note"]) == ("connection_request", "Hello Ann")
    assert message.metadata["linkedin_profile_url"] == "https://linkedin.com/in/ann"
    assert message.metadata["subject"] == "InMail title"
    assert (touch_of("m").action, touch_of("s").content_snapshot["segment_count"]) == ("mail_sent", 1)


def test_the_local_time_is_the_leads_its_countrys_or_the_clients(leads, bring, touch_of, customer):
    customer.timezone = "America/New_York"
    customer.save()
    moment = "2026-07-01T00:30:00Z"
    bring(
        activities=f"{HEADER}\n1,A,email,{moment}\n2,B,email,{moment}\n3,C,email,{moment}\n",
        now=datetime(2026, 8, 1, tzinfo=UTC),
    )
    found = [(touch_of(key).local_day, touch_of(key).local_hour) for key in "123"]
    assert found == [(2, 10), (2, 1), (1, 20)]  # Sydney, Lisbon, New York


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("1,Z,email,2026-03-02T10:00:00Z,,", "lead_external_id", "there is no lead 'Z'"),
        ("1,,email,2026-03-02T10:00:00Z,,", "lead_external_id", "is blank, and required"),
        ("1,A,fax,2026-03-02T10:00:00Z,,", "channel", "'fax' is none of email, sms, linkedin, voice, mail"),
        ("1,A,email,,,", "occurred_at", "is blank, and required"),
        (
            "1,A,email,2026-03-25T10:00:00Z,,",
            "occurred_at",
            "'2026-03-25T10:00:00Z' cannot have happened: it is before 1970 or in the future",
        ),
        ("1,A,email,2026-03-02T10:00:00Z,0,", "touch_number", "'0' is outside 1 to 32767"),
        ("1,A,email,2026-03-02T10:00:00Z,32768,", "touch_number", "'32768' is outside 1 to 32767"),
        ("1,A,email,2026-03-02T10:00:00Z,,busy", "outcome", "only a call has an outcome, and this touch is email"),
        (
            "1,A,voice,2026-03-02T10:00:00Z,,asleep",
            "outcome",
            "'asleep' is none of connected, voicemail, no_answer, busy, wrong_number, meeting_booked",
        ),
    ],
)
def test_a_bad_cell_rejects_its_row_by_name(leads, bring, row, column, reason):
    brought = bring(activities=f"{HEADER},touch_number,outcome\n{row}\n")
    assert (brought.activities, brought.rejects) == ((0, 0, 0, 1), [(2, column, reason)])


def test_a_touch_of_a_deleted_lead_and_one_planned_here_are_refused(leads, bring, lead_of, customer):
    touch(lead_of("C"), state="planned", external_id="p")
    Lead.objects.for_client(customer).filter(external_id="A").update(deleted_at=day(1))
    moment = "2026-03-02T10:00:00Z"
    assert bring(activities=f"{HEADER}\n1,A,email,{moment}\np,C,email,{moment}\n").rejects == [
        (2, "lead_external_id", "the lead 'A' was deleted here"),
        (3, "external_id", "this touch was made here and is planned"),
    ]


def test_another_clients_leads_are_not_there(leads, bring, make_client):
    twin = make_client("Twin")
    brought = bring(twin, activities=f"{HEADER}\n1,A,email,2026-03-02T10:00:00Z\n")
    assert brought.rejects == [(2, "lead_external_id", "there is no lead 'A'")]


def test_touches_without_a_number_are_numbered_by_time_across_files(leads, bring, touch_of, lead_of):
    bring(
        activities=f"{HEADER}\nx,A,email,2026-03-05T00:00:00Z\ny,A,sms,2026-03-03T00:00:00Z\nz,C,sms,2026-03-03T00:00:00Z\n"
    )
    assert [touch_of(key).touch_number for key in "xyz"] == [2, 1, 1]
    bring(activities=f"{HEADER},touch_number\nw,A,email,2026-03-04T00:00:00Z,\nv,A,email,2026-03-01T00:00:00Z,7\n")
    assert [(touch_of(key).touch_number, touch_of(key).touch_number_given) for key in "vywx"] == [
        (7, True),
        (2, False),
        (3, False),
        (4, False),
    ]
    assert [touch_of(key).content_snapshot["touch_number"] for key in "vywx"] == [7, 2, 3, 4]
    assert [touch_of(key).metadata["touch_number"] for key in "vywx"] == [7, 2, 3, 4]
    assert (lead_of("A").touch_count, lead_of("A").last_contacted_at) == (7, day(5))
    assert (lead_of("B").touch_count, lead_of("B").last_contacted_at) == (0, None)


def test_the_last_touch_up_to_the_conversion_led_to_it(leads, bring, customer):
    bring(
        activities=f"{HEADER}\n1,B,email,2026-03-08T00:00:00Z\n2,B,email,2026-03-10T00:00:00Z\n"
        "3,B,email,2026-03-11T00:00:00Z\n4,A,email,2026-03-08T00:00:00Z\n"
    )
    assert converting(customer) == [("B", "2")]


def test_what_the_source_says_of_it_goes_first(leads, bring, customer, lead_of):
    bring(
        activities=f"{HEADER},led_to_booking\n1,B,email,2026-03-07T00:00:00Z,true\n2,B,email,2026-03-09T00:00:00Z,\n"
        "3,A,email,2026-03-06T00:00:00Z,yes\n4,A,email,2026-03-08T00:00:00Z,no\n5,C,email,2026-03-08T00:00:00Z,0\n"
    )
    assert converting(customer) == [("A", "3"), ("B", "1")]
    assert (lead_of("A").status, lead_of("A").status_at, lead_of("A").converted_at) == ("converted", day(6), day(6))
    assert (lead_of("B").status_at, lead_of("B").converted_at) == (day(10), day(10))
    assert lead_of("C").converted_at is None


def test_a_touch_that_is_said_not_to_have_led_to_it_does_not(leads, bring, customer):
    bring(activities=f"{HEADER},led_to_booking\n1,B,email,2026-03-07T00:00:00Z,\n2,B,email,2026-03-09T00:00:00Z,no\n")
    assert converting(customer) == [("B", "1")]


def test_a_booking_does_not_come_before_the_touch_that_led_to_it(leads, bring, customer, lead_of):
    bring(activities=f"{HEADER},led_to_booking\n1,B,email,2026-03-10T09:00:00Z,true\n")
    assert (lead_of("B").converted_at, lead_of("B").status_at) == (day(10, 9), day(10))
    assert converting(customer) == [("B", "1")]


@pytest.mark.parametrize(("chunk", "between"), [(2000, 0), *((1, between) for between in range(6))])
def test_a_second_touch_that_led_to_the_booking_is_refused(leads, bring, customer, monkeypatch, chunk, between):
    """Whether the first is in the same chunk, made ready, waiting, read beside, being stored or stored."""
    monkeypatch.setattr("conversion.importer.run.CHUNK", chunk)
    others = "".join(f"o{number},A,email,2026-03-08T00:00:00Z,\n" for number in range(between))
    rows = f"1,B,email,2026-03-07T00:00:00Z,true\n{others}2,B,email,2026-03-09T00:00:00Z,true\n"
    brought = bring(activities=f"{HEADER},led_to_booking\n{rows}")
    reason = "another touch of this lead led to its booking: '1'"
    assert (brought.activities, brought.rejects) == (
        (1 + between, 0, 0, 1),
        [(3 + between, "led_to_booking", reason)],
    )
    assert bring(activities=f"{HEADER},led_to_booking\n{rows}").activities == (0, 0, 1 + between, 1)
    assert converting(customer) == [("B", "1")]


def test_a_call_that_booked_a_meeting_converts_its_lead(leads, bring, customer, lead_of):
    bring(
        activities=f"{HEADER},outcome\n1,A,voice,2026-03-07T00:00:00Z,meeting_booked\n2,A,voice,2026-03-08T00:00:00Z,busy\n"
    )
    assert (lead_of("A").status, lead_of("A").converted_at) == ("converted", day(7))
    assert converting(customer) == [("A", "1")]


def test_a_touch_that_goes_to_another_lead_leaves_its_booking_behind(bring, customer):
    """Each lead has a booking, so both touches are marked; one of them was the other lead's."""
    bring(leads=LEADS.replace("contacted,", "converted,2026-03-11T00:00:00Z"))
    rows = f"{HEADER}\nt1,A,email,2026-03-02T10:00:00Z\nt2,B,email,2026-03-03T10:00:00Z\n"
    first = bring(activities=rows)
    assert converting(customer) == [("A", "t1"), ("B", "t2")]
    second = bring(activities=rows.replace("t1,A", "t1,B"))
    assert (first.activities, second.activities) == ((2, 0, 0, 0), (0, 1, 1, 0))
    assert converting(customer) == [("B", "t2")]
    undo(ImportBatch.objects.for_client(customer).get(pk=second.report.batch))
    assert converting(customer) == [("A", "t1"), ("B", "t2")]


def test_a_conversion_without_its_time_counts_from_the_last_touch(bring, customer, lead_of):
    bring(
        leads="external_id,status,created_at\n1,converted,2026-03-01T00:00:00Z\n",
        activities=f"{HEADER}\na,1,email,2026-03-07T00:00:00Z\n",
    )
    assert (lead_of("1").converted_at, converting(customer)) == (day(7), [("1", "a")])
    bring(activities=f"{HEADER}\nb,1,email,2026-03-09T00:00:00Z\n")
    assert (lead_of("1").converted_at, converting(customer)) == (day(9), [("1", "b")])
    assert (lead_of("1").status, lead_of("1").status_at) == ("converted", None)


def test_rows_without_a_key_are_known_by_their_content(leads, bring, customer):
    text = "lead_external_id,channel,occurred_at,body\nA,email,2026-03-02T10:00:00Z,Hi\nA,sms,2026-03-02T10:00:00Z,Hi\n"
    assert bring(activities=text).activities == (2, 0, 0, 0)
    assert bring(activities=text).activities == (0, 0, 2, 0)
    assert bring(
        activities=text.replace("sms,2026-03-02T10:00:00Z,Hi", "sms,2026-03-02T21:00:00+11:00,Ho")
    ).activities == (
        0,
        1,
        1,
        0,
    )
    keys = Activity.objects.for_client(customer).values_list("external_id", flat=True)
    assert all(key.startswith("auto:") for key in keys)


def test_a_changed_row_changes_its_touch_and_a_column_that_is_not_there_stays(leads, bring, touch_of, customer):
    bring(
        activities=f"{HEADER},subject,body,campaign,Owner\n"
        "1,A,email,2026-03-02T10:00:00Z,Idea for Acme,Free audit?,Spring,Zoe\n"
    )
    before = touch_of("1")
    brought = bring(activities=f"{HEADER},campaign\n1,A,email,2026-03-03T10:00:00Z,Summer\n")
    assert brought.activities == (0, 1, 0, 0)
    after = touch_of("1")
    assert (after.id, after.batch_id, after.campaign, after.sent_at) == (
        before.id,
        before.batch_id,
        "Summer",
        day(3, 10),
    )
    assert (after.content_snapshot["subject"], after.content_snapshot["body"]) == ("Idea for Acme", "Free audit?")
    assert (after.template_key, after.cta, after.angles) == (before.template_key, before.cta, before.angles)
    assert (after.metadata["extra"], after.local_day) == ({"Owner": "Zoe"}, 1)
    bring(activities=f"{HEADER}\n1,C,email,2026-03-03T10:00:00Z\n")
    counts = dict(Lead.objects.for_client(customer).values_list("external_id", "touch_count"))
    assert counts == {"A": 0, "B": 0, "C": 1}


def test_a_clients_own_words_are_found(leads, bring, touch_of, customer):
    customer.vocabulary = {"pain_points": [{"name": "hiring", "keywords": ["recruiters"]}]}
    customer.save()
    bring(activities=f"{HEADER},body\n1,A,email,2026-03-02T10:00:00Z,Tired of recruiters\n")
    assert touch_of("1").content_snapshot["pain_points_used"] == ["hiring"]
    assert touch_of("1").pain_points == 1 << len(DEFAULT.pain_names)


def test_markup_and_templates_stay_texts(leads, bring, touch_of):
    body = "{{ 7*7 }} {% load x %} <script>alert(1)</script>"
    bring(activities=f'{HEADER},subject,body\n1,A,email,2026-03-02T10:00:00Z,"a\r\nBcc: b@c.de",{body}\n')
    snapshot = touch_of("1").content_snapshot
    assert (snapshot["body"], snapshot["subject"]) == (body, "a Bcc: b@c.de")
