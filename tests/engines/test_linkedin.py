"""LinkedIn touches really travel: to a stand-in of Unipile on loopback, which knows who is connected with whom."""
# ruff: noqa: F811 (fixtures are imported)

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from benchmarks.standins.unipile import KEY
from conversion.erasure import erase
from conversion.export import export
from conversion.models import Activity, Connection, Sequence
from conversion.tenancy import across_clients
from engines import introductions
from engines.connections import accepted
from engines.linkedin import LinkedInEngine
from engines.message import MessageError
from engines.outbox.claims import claim
from engines.outbox.limits import Limits
from engines.outbox.sweep import sweep
from tests.engines.outbox.conftest import send_all
from tests.engines.seats import (  # noqa: F401 (fixtures)
    PROFILE,
    SEAT,
    WEBHOOK_SECRET,
    account,
    lead,
    seat,
    unipile,
)
from tests.factories import lead as make_lead

pytestmark = pytest.mark.django_db(transaction=True)

NOTE = "Hi Jo, I saw your talk on pipelines. Shall we connect?"
TEXT = "Hi Jo, worth 15 minutes to talk about your pipeline?"


@pytest.fixture(autouse=True)
def daytime(monkeypatch):
    """On any day, at any hour: the clock of the tests is the real one."""
    monkeypatch.setattr("engines.windows.Window.refusal", lambda *_: None)


def send(lead, message=TEXT, **given):
    return LinkedInEngine().send(lead, lead.client, message, **given)


def invite(lead, **given):
    return send(lead, "", message_type="connection_request", connection_note=NOTE, **given)


def days_pass(lead, days=1):
    span = timedelta(days=days)
    Activity.objects.filter(lead=lead, state="sent").update(
        sent_at=F("sent_at") - span, dispatched_at=F("dispatched_at") - span
    )
    for name in ("invited_at", "created_at"):
        Connection.objects.filter(lead=lead).update(**{name: F(name) - span})


def run():
    """What a worker does when it is asked to."""
    sweep()
    limits = Limits.of_settings()
    send_all(claim(10, limits), limits)


def test_a_message_to_a_connected_person_starts_a_chat_and_goes_on_in_it(lead, unipile):
    unipile.world.accept(SEAT, "jo-doe")
    touch = send(lead)
    assert (touch.state, touch.reason, touch.provider, touch.provider_message_id) == (
        "sent",
        "",
        "unipile",
        "message-1",
    )
    (taken,) = unipile.taken
    assert (taken["account"], taken["text"], taken["key"]) == (SEAT, TEXT, str(touch.pk))
    days_pass(lead)
    again = send(lead, "One more thought", touch_number=2)
    assert (again.state, unipile.requests[-1]) == ("sent", "POST /api/v1/chats/chat-1/messages")
    assert unipile.requests.count("GET /api/v1/users/jo-doe") == 1
    assert [one["text"] for one in unipile.taken] == [TEXT, "One more thought"]
    assert (touch.metadata["message_type"], touch.metadata["linkedin_profile_url"]) == ("message", PROFILE)
    assert (touch.content_snapshot["message_type"], touch.content_snapshot["connection_note"]) == ("message", None)
    assert touch.content_snapshot["body"] == TEXT


def test_an_invitation_goes_out_with_its_note_and_is_read_by_it(lead, unipile):
    touch = invite(lead)
    assert (touch.state, touch.message_type, touch.provider_message_id) == (
        "sent",
        "connection_request",
        "invitation-1",
    )
    (taken,) = unipile.taken
    assert (taken["kind"], taken["text"]) == ("invitation", NOTE)
    snapshot = touch.content_snapshot
    assert (snapshot["message_type"], snapshot["connection_note"]) == ("connection_request", NOTE)
    assert snapshot["word_count"] == len(NOTE.split()) == touch.words
    assert snapshot["has_recent_news"]
    known = Connection.objects.get(lead=lead)
    assert (known.state, known.invited_at, known.person_id[:3]) == ("invited", touch.dispatched_at, "ACo")


def test_the_message_alone_serves_as_the_note(lead, unipile):
    touch = send(lead, NOTE, message_type="connection_request")
    assert (touch.state, unipile.taken[0]["text"], touch.content_snapshot["connection_note"]) == ("sent", NOTE, NOTE)


def test_an_invitation_may_go_without_a_note(lead, unipile):
    touch = send(lead, "", message_type="connection_request")
    assert (touch.state, unipile.taken[0]["text"], touch.words) == ("sent", "", -1)


def test_a_message_beside_a_note_is_kept_and_not_sent(lead, unipile):
    touch = send(lead, TEXT, message_type="connection_request", connection_note=NOTE)
    assert [one["text"] for one in unipile.taken] == [NOTE]
    assert (touch.body, touch.content_snapshot["body"], touch.content_snapshot["connection_note"]) == (TEXT, TEXT, NOTE)


def test_a_message_waits_for_the_invitation_to_be_accepted(lead, unipile):
    invite(lead)
    days_pass(lead)
    touch = send(lead, touch_number=2)
    assert (touch.state, touch.reason_code) == ("held", "not_connected")
    assert touch.reason.startswith("not connected: the invitation is not accepted yet; it waits until ")
    seat = touch.sender
    unipile.world.accept(SEAT, "jo-doe")
    with transaction.atomic():
        assert accepted(lead.client_id, lead.pk, seat.pk, now()) == 1
    with transaction.atomic():  # told again
        assert accepted(lead.client_id, lead.pk, seat.pk, now()) == 0
    touch.refresh_from_db()
    assert touch.state == "queued"
    run()
    touch.refresh_from_db()
    assert (touch.state, unipile.taken[-1]["text"]) == ("sent", TEXT)


def test_an_invitation_that_nobody_accepts_ends_the_wait(lead, unipile):
    invite(lead)
    days_pass(lead)
    touch = send(lead, touch_number=2)
    days_pass(lead, introductions.ACCEPTED_WITHIN)
    Activity.objects.filter(lead=lead, pk=touch.pk).update(due_at=now() - timedelta(seconds=5))
    run()
    touch.refresh_from_db()
    assert (touch.state, touch.reason_code) == ("cancelled", "not_connected")
    assert touch.reason == "not connected: the invitation was not accepted within 21 days"
    assert len(unipile.taken) == 1


def test_a_stranger_is_invited_first_where_there_is_a_note(lead, unipile):
    touch = send(lead, connection_note=NOTE)
    assert (touch.state, touch.reason_code) == ("held", "not_connected")
    assert [(one["kind"], one["text"]) for one in unipile.taken] == [("invitation", NOTE)]
    assert sorted(Activity.objects.filter(lead=lead).values_list("message_type", "state")) == [
        ("connection_request", "sent"),
        ("message", "held"),
    ]
    send(lead, connection_note=NOTE)  # there is an invitation now
    assert len(unipile.taken) == 1


def test_what_nobody_knew_the_provider_tells(lead, unipile):
    touch = send(lead)
    assert (touch.state, touch.reason_code, unipile.taken) == ("held", "not_connected", [])
    assert touch.reason.startswith("not connected: no invitation is under way")
    unipile.world.invitations[SEAT, Connection.objects.get(lead=lead).person_id] = "PENDING"  # by hand
    request = invite(lead)
    assert (request.state, request.reason_code) == ("cancelled", "already_invited")
    other = make_lead(lead.client, linkedin_url="linkedin.com/in/Al-Roe")
    unipile.world.accept(SEAT, "Al-Roe")
    request = invite(other)
    assert (request.state, request.reason_code) == ("cancelled", "already_connected")
    assert unipile.taken == []


def test_a_withdrawn_invitation_is_not_repeated(lead, unipile):
    unipile.world.profile(SEAT, "jo-doe")
    unipile.world.invitations[SEAT, next(iter(unipile.world.names))] = "WITHDRAWN"
    assert invite(lead).reason == "an invitation was sent before, and ignored or taken back"
    assert send(lead).reason == "not connected, and the invitation was ignored or taken back"


@pytest.mark.parametrize(
    ("kind", "refusal", "state", "code"),
    [
        ("invitation", "already_invited_recently", "cancelled", "already_invited"),
        ("invitation", "already_connected", "cancelled", "already_connected"),
        ("invitation", "cannot_resend_yet", "queued", "deferred"),
        ("invitation", "invalid_account", "queued", "deferred"),
        ("invitation", "cannot_invite_attendee", "failed", "refused"),
        ("invitation", "provider_unreachable", "unknown", "uncertain"),
        ("message", "no_connection_with_recipient", "held", "not_connected"),
        ("message", "blocked_recipient", "failed", "refused"),
    ],
)
def test_what_refusals_mean(lead, unipile, kind, refusal, state, code):
    unipile.world.refusals[kind] = refusal
    if kind == "message":
        unipile.world.accept(SEAT, "jo-doe")
        unipile.world.everybody = False
    touch = send(lead) if kind == "message" else invite(lead)
    assert (touch.state, touch.reason_code) == (state, code)
    assert unipile.taken == []
    assert PROFILE not in touch.reason
    assert "jo-doe" not in touch.reason


def test_a_seat_that_is_slowed_down_does_not_stop_the_others(lead, unipile, account):
    unipile.world.refusals["invitation"] = "cannot_resend_yet"
    touch = invite(lead)
    account.refresh_from_db()
    assert account.probe_at is None
    assert touch.due_at - now() > timedelta(minutes=55)


def test_a_chat_that_is_gone_is_started_anew(lead, unipile):
    unipile.world.accept(SEAT, "jo-doe")
    send(lead)
    unipile.world.chats.clear()
    days_pass(lead)
    touch = send(lead, "One more", touch_number=2)
    assert (touch.state, unipile.requests[-1]) == ("sent", "POST /api/v1/chats")


def test_an_inmail_needs_no_connection(lead, unipile):
    touch = send(lead, message_type="inmail")
    assert (touch.state, unipile.taken[0]["kind"], touch.content_snapshot["message_type"]) == (
        "sent",
        "inmail",
        "inmail",
    )


def test_a_planned_touch_is_an_invitation_to_a_stranger_and_then_a_message(lead, unipile, seat):
    sequence = Sequence.objects.create(client=lead.client, lead=lead, channels=["linkedin", "linkedin"])
    common = {"client": lead.client, "lead": lead, "sender": seat, "sequence": sequence, "channel": "linkedin"}
    first, second = (
        Activity.objects.create(
            **common,
            action="linkedin_sent",
            state="queued",
            due_at=now() - timedelta(seconds=5),
            touch_number=number,
            body=body,
        )
        for number, body in ((1, NOTE), (2, TEXT))
    )
    Activity.objects.filter(lead=lead, pk=second.pk).update(state="planned", due_at=None)
    run()
    days_pass(lead)
    Activity.objects.filter(lead=lead, pk=second.pk).update(state="queued", due_at=now() - timedelta(seconds=5))
    run()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.message_type, second.state, second.reason_code) == (
        "sent",
        "connection_request",
        "held",
        "not_connected",
    )
    unipile.world.accept(SEAT, "jo-doe")
    with transaction.atomic():
        accepted(lead.client_id, lead.pk, seat.pk, now())
    run()
    second.refresh_from_db()
    assert (second.state, second.message_type, unipile.taken[-1]["kind"]) == ("sent", "message", "message")


def test_a_planned_touch_to_somebody_who_turns_out_to_be_connected_is_a_message(lead, unipile, seat):
    unipile.world.accept(SEAT, "jo-doe")
    due_at = now() - timedelta(seconds=5)
    touch = Activity.objects.create(
        client=lead.client, lead=lead, sender=seat, channel="linkedin", action="linkedin_sent", state="queued",
        due_at=due_at, body=NOTE,
    )  # fmt: skip
    run()
    touch.refresh_from_db()
    assert (touch.state, touch.message_type, unipile.taken) == ("queued", "", [])
    Activity.objects.filter(lead=lead, pk=touch.pk).update(due_at=due_at)
    run()
    touch.refresh_from_db()
    assert (touch.state, touch.message_type, unipile.taken[0]["kind"]) == ("sent", "message", "message")
    assert touch.content_snapshot["connection_note"] is None


def test_an_acceptance_that_comes_before_our_own_confirmation_stays(lead, unipile, seat):
    unipile.mode = "fault"
    touch = invite(lead)
    assert (touch.state, Connection.objects.get(lead=lead).state) == ("unknown", "unconnected")
    with transaction.atomic():
        accepted(lead.client_id, lead.pk, seat.pk, now(), "ACoAA1")
    touch.refresh_from_db()
    known = Connection.objects.get(lead=lead)
    assert (touch.state, known.state, known.invited_at) == ("sent", "accepted", touch.dispatched_at)
    lead.refresh_from_db()
    assert lead.touch_count == 1


@pytest.mark.parametrize("mode", ["fault", "reset", "garbage", "wrong"])
def test_trouble_after_it_was_accepted_leaves_it_unknown(lead, unipile, mode):
    unipile.mode = mode
    touch = invite(lead)
    assert (touch.state, len(unipile.taken)) == ("unknown", 1)
    run()
    assert len(unipile.taken) == 1


def test_a_text_that_cannot_go_out_leaves_nothing_behind(lead, unipile):
    for message, given, field in (
        (" ", {}, "message"),
        ("Hi {{ first_name }}", {}, "message"),
        ("x" * 8001, {}, "message"),
        ("a\0b", {}, "message"),
        ("x" * 301, {"message_type": "connection_request"}, "connection_note"),
        (TEXT, {"connection_note": "😀" * 151}, "connection_note"),
        (TEXT, {"connection_note": NOTE, "message_type": "inmail"}, "connection_note"),
    ):
        with pytest.raises(MessageError) as error:
            send(lead, message, **given)
        assert error.value.field == field
    with pytest.raises(ValueError, match="'pigeon' is none of connection_request, inmail, message"):
        send(lead, message_type="pigeon")
    assert (Activity.objects.filter(lead=lead).count(), unipile.requests) == (0, [])


def test_a_shorter_note_where_the_seat_has_no_premium(lead, unipile, account):
    account.options = {**account.options, "note_length": "200"}
    account.save()
    touch = send(lead, "x" * 201, message_type="connection_request")
    assert (touch.state, touch.reason_code, unipile.taken) == ("held", "message", [])


def test_a_profile_that_is_none_holds_it(lead, unipile):
    lead.linkedin_url = "https://www.linkedin.com/company/acme/"
    lead.save()
    touch = send(lead)
    assert (touch.state, touch.reason_code) == ("held", "message")
    assert "acme" not in touch.reason


def test_another_clients_lead_is_refused_and_its_connections_are_its_own(lead, unipile, make_client, seat):
    twin = make_lead(make_client("Beta"), linkedin_url=PROFILE)
    with pytest.raises(ValueError, match="is no lead of Acme"):
        LinkedInEngine().send(twin, lead.client, TEXT)
    unipile.world.accept(SEAT, "jo-doe")
    send(lead)
    touch = LinkedInEngine().send(twin, twin.client, TEXT)
    assert (touch.state, touch.reason_code, touch.sender) == ("held", "no_sender", None)
    with transaction.atomic():
        assert accepted(twin.client_id, lead.pk, seat.pk, now()) == 0
    with across_clients("operations"):
        assert list(Connection.objects.values_list("client_id", flat=True)) == [lead.client_id]


def test_inside_an_open_transaction_nothing_happens(lead, unipile):
    with transaction.atomic(), pytest.raises(RuntimeError, match="open transaction"):
        send(lead)
    assert unipile.requests == []


def test_what_the_provider_knows_the_person_by_is_forgotten_and_exported(lead, unipile):
    invite(lead)
    (exported,) = export(PROFILE, lead.client)["clients"][0]["leads"]
    assert (exported["connections"][0]["state"], exported["connections"][0]["person_id"][:3]) == ("invited", "ACo")
    erase(PROFILE, lead.client)
    assert Connection.objects.filter(lead=lead).count() == 0
    with transaction.atomic():
        assert accepted(lead.client_id, lead.pk, Activity.objects.get(lead=lead).sender_id, now(), "ACo") == 0
    assert Connection.objects.filter(lead=lead).count() == 0


def test_without_an_account_the_console_takes_it(lead, seat, settings):
    settings.DEFAULT_PROVIDERS = {"linkedin": "console"}
    seat.account = None
    seat.save()
    touch = invite(lead)
    assert (touch.state, touch.provider, Connection.objects.get(lead=lead).state) == ("sent", "console", "invited")
    days_pass(lead)
    assert send(lead, touch_number=2).reason_code == "not_connected"


def test_an_operator_sets_a_seat_up(customer, agency, unipile, tmp_path, capsys):
    given = tmp_path / "unipile.txt"
    given.write_text(f"api_key={KEY}\nwebhook_secret={WEBHOOK_SECRET}\n")
    options = ["--channel", "linkedin", "--kind", "unipile", "--option", f"base_url={unipile.url}"]
    call_command("set_account", "linkedin", *options, "--credentials", str(given))
    call_command("set_sender", "acme", "seat-9", "--channel", "linkedin", "--account", "linkedin", "--name", "Ann Lee")
    assert "at most 20 a day" in capsys.readouterr().out
    lead = make_lead(customer, linkedin_url=PROFILE)
    touch = invite(lead)
    assert (touch.state, touch.sender.address, unipile.taken[0]["account"]) == ("sent", "seat-9", "seat-9")
