import json
from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from conversion.content import DEFAULT, Features, build_content_snapshot, capture, features_of, template_key
from conversion.vocabulary import Channel

LEAD = SimpleNamespace(first_name="Sarah", company_name="Acme", industry="Retail")
SENT = datetime(2025, 3, 4, 22, 30, tzinfo=UTC)  # a Tuesday; Wednesday 09:30 in Sydney
BODY = "Hi Sarah,\nI noticed Acme is growing. Free audit of your leads?"
COMMON = {
    "version": 1,
    "word_count": 12,
    "char_count": 62,
    "pain_points_used": ["leads", "scaling"],
    "cta_used": "free audit",
    "has_company_mention": True,
    "has_first_name": True,
    "has_recent_news": True,
    "has_mutual_connection": False,
    "has_industry_specific": False,
    "touch_number": 2,
    "sequence_id": "seq-1",
    "day_of_week": 1,
    "hour_of_day": 22,
    "local_day_of_week": 2,
    "local_hour": 9,
}


def snapshot(channel, body=BODY, **details):
    details = {"sent_at": SENT, "lead_timezone": "Australia/Sydney", **details}
    return build_content_snapshot(body, LEAD, details.pop("subject", None), 2, "seq-1", channel, **details)


def test_email():
    assert snapshot("email", subject="Sarah - a question", template_id=" t-1 ") == {
        **COMMON,
        "channel": "email",
        "body": BODY,
        "sent_at": "2025-03-04T22:30:00+00:00",
        "subject": "Sarah - a question",
        "subject_word_count": 4,
        "template_id": "t-1",
    }


def test_sms():
    assert snapshot("sms", subject="ignored", template_id="t-1") == {
        **COMMON,
        "channel": "sms",
        "body": BODY,
        "sent_at": "2025-03-04T22:30:00+00:00",
        "segment_count": 1,
    }


def test_linkedin():
    assert snapshot("linkedin", message_type="message", connection_note="") == {
        **COMMON,
        "channel": "linkedin",
        "body": BODY,
        "sent_at": "2025-03-04T22:30:00+00:00",
        "message_type": "message",
        "connection_note": None,
    }


def test_voice():
    details = {
        "script_id": "s-1",
        "script_content": BODY,
        "outcome": "connected",
        "duration_seconds": 100,
        "notes": "busy, cost",
    }
    assert snapshot("voice", None, **details) == {
        **COMMON,
        "channel": "voice",
        **details,
        "duration_minutes": 1.67,
        "completed_at": "2025-03-04T22:30:00+00:00",
    }


def test_mail():
    assert snapshot("mail") == {**COMMON, "channel": "mail", "body": BODY, "sent_at": "2025-03-04T22:30:00+00:00"}


def test_a_call_s_body_is_its_script():
    call = snapshot("voice", BODY)
    assert call["script_content"] == BODY
    assert call["pain_points_used"] == ["leads", "scaling"]
    assert call["duration_seconds"] is None
    assert call["duration_minutes"] is None


def test_a_connection_request_is_read_by_its_note():
    request = snapshot("linkedin", "budget", message_type="connection_request", connection_note="more leads, Sarah")
    assert request["pain_points_used"] == ["leads"]
    assert request["has_first_name"] is True
    assert (request["word_count"], request["char_count"]) == (3, 17)
    assert request["body"] == "budget"
    message = snapshot("linkedin", "budget", message_type="message", connection_note="more leads")
    assert message["pain_points_used"] == ["cost"]
    assert snapshot("linkedin", " ", connection_note="more leads")["pain_points_used"] == ["leads"]
    assert snapshot("linkedin", "budget", message_type="connection_request")["pain_points_used"] == ["cost"]


def test_features_by_value():
    found = capture(BODY, LEAD, "Quick question", sent_at=SENT, template_id="t-1")[1]
    assert found == Features(
        pain_points=0b1001,
        cta=3,
        angles=0b10100,  # curiosity, value_add
        subjects=0b1_0000_0000_0010,  # quick_question, short_subject
        personalization=0b00111,
        words=12,
        chars=62,
        subject_words=2,
        template=template_key("t-1", None, None, None),
    )


def test_empty_texts():
    kept, found = capture(" ", None, "")
    assert found == Features(0, -1, 0, 0, 0, -1, -1, -1, 0)
    assert kept["word_count"] == 0
    assert kept["char_count"] == 0
    assert kept["pain_points_used"] == []
    assert kept["cta_used"] is None
    assert (kept["touch_number"], kept["sequence_id"], kept["channel"]) == (1, None, "email")
    assert [kept[key] for key in ("sent_at", "day_of_week", "hour_of_day", "local_day_of_week", "local_hour")] == [
        None
    ] * 5
    assert capture(None, None)[0]["body"] == ""


def test_the_subject_counts_for_email_alone():
    found = capture("hello", LEAD, "A free gift?", channel="sms")[1]
    assert (found.subjects, found.subject_words, found.angles) == (0, -1, 1 << 7)


def test_the_text_s_template_without_an_id():
    found = capture("Hi Sarah of Acme", LEAD, "Acme")[1]
    assert found.template == template_key(None, "Acme", "Hi Sarah of Acme", LEAD)
    assert (
        found.template == capture("Hi Bo of Ax", SimpleNamespace(first_name="Bo", company_name="Ax"), "Ax")[1].template
    )
    assert capture("a", LEAD, channel="voice", script_id="s")[1].template == template_key("s", None, None, None)


def test_a_snapshot_is_json():
    key = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    kept = build_content_snapshot(BODY, LEAD, "Hi", 1, key, sent_at=SENT, template_id=key)
    assert kept["sequence_id"] == kept["template_id"] == "01890a5d-ac96-774b-bcce-b302099a8057"
    assert json.loads(json.dumps(kept, allow_nan=False)) == kept


@pytest.mark.parametrize("channel", ["email", "sms", "linkedin", "voice", "mail"])
def test_columns_come_back_from_a_stored_snapshot(channel):
    details = {"sent_at": SENT, "script_id": "s-1", "message_type": "connection_request", "connection_note": "Hi Sarah"}
    kept, found = capture(BODY, LEAD, "Quick question", channel=channel, **details)
    assert features_of(json.loads(json.dumps(kept)), LEAD) == found


def test_a_later_vocabulary_finds_more_in_a_stored_text():
    own = DEFAULT.extended({"pain_points": [{"name": "news", "keywords": ["noticed"]}]})
    kept, found = capture(BODY, LEAD)
    assert features_of(kept, LEAD, vocabulary=own).pain_points == found.pain_points | 1 << 8
    assert capture(BODY, LEAD, vocabulary=own)[0]["pain_points_used"] == ["leads", "scaling", "news"]


def test_stored_flags_stand_and_missing_ones_are_read():
    kept, _ = capture(BODY, LEAD)
    assert features_of({**kept, "has_first_name": False}, LEAD).personalization == 0b00101
    assert features_of({"channel": "email", "body": BODY}, LEAD).personalization == 0b00111
    assert features_of({"channel": "email", "body": BODY}).personalization == 0b00100


def test_a_snapshot_without_its_text_keeps_what_was_found():
    kept, found = capture(BODY, LEAD)
    erased = {**kept, "body": None}
    assert features_of(erased, LEAD) == Features(
        found.pain_points, found.cta, 0, 0, found.personalization, 12, 62, -1, 0
    )


def test_a_damaged_snapshot_is_read_as_far_as_it_goes():
    broken = {
        "body": 7,
        "subject": [],
        "pain_points_used": "leads",
        "cta_used": ["x"],
        "word_count": "9",
        "char_count": -4,
    }
    assert features_of(broken) == Features(0, -1, 0, 0, 0, -1, -1, -1, 0)
    assert features_of({}) == Features(0, -1, 0, 0, 0, -1, -1, -1, 0)


def test_a_stored_template_needs_an_id_or_the_lead():
    kept, found = capture(BODY, LEAD)
    assert features_of(kept).template == 0
    assert features_of(kept, LEAD).template == found.template
    assert features_of(kept, template_id="t-1").template == template_key("t-1", None, None, None)


@pytest.mark.parametrize(
    ("zone", "moment", "local"),
    [
        (ZoneInfo("America/New_York"), SENT, (1, 17)),
        ("Pacific/Auckland", SENT, (2, 11)),
        (timezone(timedelta(hours=5, minutes=45)), SENT, (2, 4)),
        ("America/New_York", datetime(2025, 3, 9, 6, 59, tzinfo=UTC), (6, 1)),  # a minute later it is 3 o'clock
        ("America/New_York", datetime(2025, 3, 9, 7, 0, tzinfo=UTC), (6, 3)),
        ("America/New_York", datetime(2025, 11, 2, 5, 30, tzinfo=UTC), (6, 1)),  # 1:30 comes twice
        ("America/New_York", datetime(2025, 11, 2, 6, 30, tzinfo=UTC), (6, 1)),
        ("UTC", datetime(1, 1, 1, tzinfo=UTC), (0, 0)),
        ("UTC", datetime(9999, 12, 31, 23, tzinfo=UTC), (4, 23)),
        (None, SENT, (None, None)),
        (" ", SENT, (None, None)),
    ],
)
def test_local_day_and_hour(zone, moment, local):
    kept = build_content_snapshot("a", LEAD, sent_at=moment, lead_timezone=zone)
    assert (kept["local_day_of_week"], kept["local_hour"]) == local


def test_sent_at_is_kept_in_utc():
    kept = build_content_snapshot("a", LEAD, sent_at=SENT.astimezone(ZoneInfo("Australia/Sydney")))
    assert (kept["sent_at"], kept["day_of_week"], kept["hour_of_day"]) == ("2025-03-04T22:30:00+00:00", 1, 22)


@pytest.mark.parametrize("zone", ["Asia", "../../etc/passwd", "x" * 300, "Nowhere/City", "a\x00b", "\ud800"])
def test_unusable_time_zones(zone):
    with pytest.raises(ValueError, match="unknown time zone"):
        build_content_snapshot("a", LEAD, sent_at=SENT, lead_timezone=zone)


@pytest.mark.parametrize(
    ("moment", "zone", "message"),
    [
        (datetime(2025, 3, 4, 22, 30), "UTC", "sent_at: a time without an offset"),  # noqa: DTZ001 (the case)
        (datetime(1, 1, 1, tzinfo=UTC), "America/New_York", "sent_at: 0001-01-01T00:00:00.00:00 is outside"),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), "Australia/Sydney", "sent_at: 9999-12-31T23:00:00.00:00 is outside"),
    ],
)
def test_unusable_moments(moment, zone, message):
    with pytest.raises(ValueError, match=message):
        build_content_snapshot("a", LEAD, sent_at=moment, lead_timezone=zone)


def test_unknown_channel_and_detail():
    with pytest.raises(ValueError, match="fax"):
        build_content_snapshot("a", LEAD, channel="fax")
    with pytest.raises(TypeError, match="unknown details: subjekt"):
        build_content_snapshot("a", LEAD, subjekt="x")


def test_hostile_text_is_kept_as_it_is():
    text = "<script>alert(1)</script> {{ secret }} {% load x %}\r\nBcc: a@b.c"
    kept = build_content_snapshot(text, LEAD, text)
    assert (kept["body"], kept["subject"]) == (text, text)


@pytest.mark.parametrize("channel", Channel)
def test_keys_come_in_the_order_in_which_postgresql_keeps_them(channel):
    keys = [*snapshot(channel)]
    assert keys == sorted(keys, key=lambda key: (len(key), key))
