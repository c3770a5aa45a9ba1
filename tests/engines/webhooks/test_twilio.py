"""What Twilio tells of messages and calls, over HTTP and signed: forged, doubled, reordered, late; and what follows, once."""
# ruff: noqa: F811 (fixtures are imported)

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections as database_connections
from django.test import Client as Browser
from django.utils.timezone import now

from benchmarks.standins.twilio import signed
from conversion.models import (
    Activity,
    Agency,
    Callback,
    Client,
    Event,
    InboundMessage,
    Lead,
    ProviderAccount,
    Suppression,
)
from conversion.secrets import seal
from engines.inbound.arrivals import retry_waiting
from engines.sms import SMSEngine
from engines.voice import VoiceEngine
from engines.webhooks.twilio import is_stop, moment
from tests.engines.phones import (  # noqa: F401 (fixtures)
    OURS,
    PERSON,
    PUBLIC_URL,
    SID,
    THEIRS,
    TOKEN,
    account_at,
    daytime,
    lead,
    number,
    person,
    sms_account,
    twilio,
    twin,
    voice_account,
    webhook,
)

REPLY = "Yes, sounds good. Tuesday at 10?"


@pytest.fixture
def touch(lead):
    """Sent, with another one planned after it."""
    sent = SMSEngine().send(lead, lead.client, "Hi Jo, worth 15 minutes?")
    Activity.objects.create(client=lead.client, lead=lead, channel="sms", action="sms_sent", touch_number=2)
    return sent


def kinds(lead):
    return sorted(Event.objects.filter(lead=lead).values_list("kind", flat=True))


def state_of(touch):
    touch.refresh_from_db()
    return (touch.state, touch.reason_code)


def rest_of(lead):
    return Activity.objects.filter(lead=lead, touch_number=2).values_list("state", "reason_code").get()


class TestSignature:
    def test_the_example_of_twilios_documentation(self):
        url, caller = "https://mycompany.com/myapp.php?foo=1&bar=2", "+14158675309"
        fields = {
            "CallSid": "CA1234567890ABCDE",
            "Caller": caller,
            "Digits": "1234",
            "From": caller,
            "To": "+18005551212",
        }
        assert signed("12345", url, fields) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="

    @pytest.mark.parametrize("what", ["", "/message?key=k", "/call?key=k", "/leg?key=k", "/connect?key=k"])
    def test_a_forged_request_is_not_heard(self, twilio, sms_account, voice_account, what):
        account = sms_account if what.startswith("/message") or not what else voice_account
        url = webhook(account, what)
        fields = {"MessageSid": "SM1", "CallSid": "CA1", "From": PERSON, "To": OURS, "Body": "STOP"}
        good = signed(TOKEN, url, fields)
        others = (
            "",
            "ü".encode().decode("latin-1"),
            good[:-1] + "A",
            signed("another token", url, fields),
            signed(TOKEN, url, {**fields, "Body": "Hello"}),
            signed(TOKEN, url + "x", fields),
            signed(TOKEN, url.replace("https", "http"), fields),
        )
        assert [twilio.post(url, fields, one)[0] for one in others] == [401] * len(others)
        assert Callback.objects.count() == 0

    def test_an_account_that_is_not_there_or_has_no_token(self, twilio, sms_account, agency):
        fields = {"MessageSid": "SM1", "From": PERSON, "To": OURS, "Body": "STOP"}
        missing = ProviderAccount(agency=agency, channel="sms", kind="twilio", name="gone")
        elsewhere = ProviderAccount.objects.create(agency=agency, channel="email", kind="smtp", name="mail")
        for account in (missing, elsewhere):
            assert twilio.post(webhook(account), fields)[0] == 401
        seal(sms_account, {"account_sid": SID})
        sms_account.save()
        for token in ("", TOKEN):
            url = webhook(sms_account)
            assert twilio.post(url, fields, signed(token, url, fields))[0] == 401
        assert (Callback.objects.count(), Suppression.objects.count()) == (0, 0)

    def test_a_message_comes_to_the_account_of_messages(self, twilio, voice_account):
        assert twilio.post(webhook(voice_account), {"MessageSid": "SM1", "Body": "STOP", "From": PERSON})[0] == 401

    @pytest.mark.usefixtures("twilio")
    def test_behind_a_proxy_below_a_path(self, lead, touch, sms_account, settings):
        """The signature is for the address that Twilio knows, whatever the server calls itself."""
        settings.PUBLIC_URL = f"{PUBLIC_URL}/outreach/"
        path = f"/webhooks/twilio/{sms_account.pk}/message"
        url = f"{PUBLIC_URL}/outreach{path}?key={touch.idempotency_key}"
        fields = {"MessageSid": touch.provider_message_id, "MessageStatus": "delivered"}
        answer = Browser().post(
            f"{path}?key={touch.idempotency_key}", fields_of(fields), FORM, headers=header(signed(TOKEN, url, fields))
        )
        assert (answer.status_code, kinds(lead)) == (204, ["delivered"])


FORM = "application/x-www-form-urlencoded"


def header(signature):
    return {"X-Twilio-Signature": signature}


def fields_of(fields):
    return "&".join(f"{name}={value}" for name, value in fields.items())


class TestInput:
    @pytest.mark.usefixtures("lead")
    def test_only_posts_of_a_size(self, sms_account):
        path = f"/webhooks/twilio/{sms_account.pk}"
        assert Browser().get(path).status_code == 405
        assert Browser().post(path, "Body=" + "a" * 200_000, FORM).status_code == 413
        assert Browser().post(path, "{}", "application/json", headers=header("x")).status_code == 401
        assert Browser().post(path, b"\xff=\xff&%=%", FORM, headers=header("x")).status_code == 401
        assert Browser().post(path, "a=1&" * 2_000, FORM, headers=header("x")).status_code == 400

    @pytest.mark.parametrize("sid", ["", "S" * 65])
    @pytest.mark.usefixtures("lead")
    def test_who_does_not_say_which_is_told_so(self, twilio, sms_account, sid):
        fields = {"MessageSid": sid, "From": PERSON, "To": OURS, "Body": "Hi", "MessageStatus": "sent"}
        assert twilio.post(webhook(sms_account), fields)[0] == 400
        assert twilio.post(webhook(sms_account, "/message?key=k"), fields)[0] == 400
        assert Callback.objects.count() == 0

    @pytest.mark.usefixtures("touch")
    def test_what_no_database_keeps(self, twilio, sms_account, lead):
        text = "Hi\0 " + "x" * 3000
        assert twilio.receive(webhook(sms_account), PERSON, OURS, text)[0] == 200
        assert InboundMessage.objects.get(lead=lead).text == text.replace("\0", "")

    def test_words_that_twilio_adds_later_change_nothing(self, twilio, touch):
        assert twilio.report(touch.provider_message_id, "teleported") == 204
        assert (Callback.objects.count(), state_of(touch)) == (0, ("sent", ""))

    @pytest.mark.usefixtures("lead")
    def test_a_message_that_nobody_here_sent_is_kept_and_waits(self, twilio, sms_account):
        fields = {"MessageSid": "SM9", "MessageStatus": "delivered"}
        assert twilio.post(webhook(sms_account, "/message?key=unknown"), fields)[0] == 204
        assert Callback.objects.values_list("state", flat=True).get() == "waiting"


class TestMessages:
    def test_a_delivery(self, lead, touch, twilio):
        sid = touch.provider_message_id
        for status in ("queued", "sending", "sent", "delivered", "delivered", "sent", "queued"):
            assert twilio.report(sid, status) == 204
        assert (state_of(touch), kinds(lead)) == (("sent", ""), ["delivered"])
        assert Callback.objects.count() == 2

    @pytest.mark.parametrize(
        ("code", "why"), [("30005", "there is no such number"), ("30999", "error 30999"), ("", "failed")]
    )
    def test_one_that_could_not_be_delivered(self, lead, touch, twilio, code, why):
        assert twilio.report(touch.provider_message_id, "failed", code) == 204
        touch.refresh_from_db()
        assert (touch.state, touch.reason) == ("sent", f"The provider could not deliver it: {why}")
        lead.refresh_from_db()
        assert (lead.has_bounced, lead.is_unsubscribed, rest_of(lead)) == (None, None, ("planned", ""))

    def test_one_that_a_carrier_refuses_for_who_opted_out(self, lead, touch, twilio):
        assert twilio.report(touch.provider_message_id, "undelivered", "21610") == 204
        lead.refresh_from_db()
        assert (lead.is_unsubscribed, rest_of(lead)) == (True, ("cancelled", "unsubscribed"))

    @pytest.mark.parametrize("mode", ["hang", "reset", "fault", "garbage"])
    def test_a_report_settles_what_was_not_answered(self, lead, twilio, mode, settings):
        settings.SEND_TIMEOUT_SECONDS = 0.5
        twilio.mode = mode
        touch = SMSEngine().send(lead, lead.client, "Hi")
        assert touch.state == "unknown"
        sid = twilio.taken[0]["sid"]
        assert twilio.report(sid, "queued") == 204
        lead.refresh_from_db()
        assert (state_of(touch), touch.provider_message_id, lead.touch_count) == (("sent", ""), sid, 1)

    def test_a_report_before_anything_left_by_our_own_account_waits(self, lead, touch, twilio):
        early = Activity.objects.get(lead=lead, touch_number=2)
        Activity.objects.filter(lead=lead, pk=early.pk).update(idempotency_key="early", state="claimed")
        url = webhook(touch.sender.account, "/message?key=early")
        assert twilio.post(url, {"MessageSid": "SM2", "MessageStatus": "delivered"})[0] == 204
        assert kinds(lead) == []
        Activity.objects.filter(lead=lead, pk=early.pk).update(state="unknown", dispatched_at=now())
        Callback.objects.update(retry_at=now() - timedelta(seconds=1))
        assert retry_waiting() == 1
        assert (state_of(early), early.provider_message_id, kinds(lead)) == (("sent", ""), "SM2", ["delivered"])


class TestReplies:
    def test_a_reply_stops_the_rest_and_is_read(self, lead, twin, touch, twilio, sms_account):
        status, content = twilio.receive(webhook(sms_account), PERSON, OURS, REPLY, sid="SM7")
        assert (status, content) == (200, "<Response/>")
        assert (kinds(lead), rest_of(lead)) == (["positive_reply", "replied"], ("cancelled", "replied"))
        found = InboundMessage.objects.get(lead=lead)
        assert (found.text, found.channel, found.activity, found.client) == (REPLY, "sms", touch, lead.client)
        assert kinds(twin) == []
        twilio.receive(webhook(sms_account), PERSON, OURS, REPLY, sid="SM7")
        assert len(kinds(lead)) == 2

    @pytest.mark.parametrize(
        "word", ["STOP", " stop. ", "StopAll", "QUIT", "End", "REVOKE", "opt  out", "Opt-Out", "CANCEL", "unsubscribe!"]
    )
    @pytest.mark.usefixtures("touch")
    def test_a_stop_is_honoured_at_once(self, lead, twin, twilio, sms_account, word):
        assert twilio.receive(webhook(sms_account), PERSON, OURS, word)[0] == 200
        lead.refresh_from_db()
        assert (lead.is_unsubscribed, lead.status, kinds(lead)) == (True, "unsubscribed", ["unsubscribed"])
        assert rest_of(lead) == ("cancelled", "unsubscribed")
        entry = Suppression.objects.values_list("client", "kind", "value").get()
        assert entry == (lead.client_id, "phone", PERSON)
        assert SMSEngine().send(lead, lead.client, "Hi").state == "cancelled"
        assert Lead.objects.for_client(twin.client).get().is_unsubscribed is None
        assert len(twilio.taken) == 1

    def test_a_stop_from_a_number_that_nobody_knows_is_kept(self, lead, twilio, sms_account):
        assert twilio.receive(webhook(sms_account), "+61400000077", OURS, "STOP")[0] == 200
        assert Suppression.objects.values_list("client", "value").get() == (lead.client_id, "+61400000077")

    @pytest.mark.usefixtures("touch")
    def test_start_undoes_nothing(self, lead, twilio, sms_account):
        for word in ("STOP", "START"):
            twilio.receive(webhook(sms_account), PERSON, OURS, word)
        lead.refresh_from_db()
        assert (lead.is_unsubscribed, Suppression.objects.count()) == (True, 1)
        assert SMSEngine().send(lead, lead.client, "Hi").state == "cancelled"

    def test_by_twilios_own_reading(self):
        assert is_stop("Arrêt", "STOP")
        assert [is_stop(text, "") for text in ("Stop by on Tuesday", "the end", "Yes", "START", "")] == [False] * 5

    def test_who_is_not_known_waits_for_a_person(self, lead, twilio, sms_account):
        twilio.receive(webhook(sms_account), "+61400000077", OURS, "Who is this?")
        found = InboundMessage.objects.get(account=sms_account)
        assert (found.state, found.lead, found.client) == ("unmatched", None, lead.client)

    def test_three_days_late(self, lead, touch, twilio, sms_account):
        """Its moment is unknown, since Twilio tells none: that at which it came."""
        back = now() - timedelta(days=3)
        Activity.objects.filter(lead=lead, pk=touch.pk).update(sent_at=back, dispatched_at=back)
        twilio.receive(webhook(sms_account), PERSON, OURS, REPLY)
        twilio.report(touch.provider_message_id, "delivered")
        twilio.report(touch.provider_message_id, "queued")
        assert (state_of(touch), kinds(lead)) == (("sent", ""), ["delivered", "positive_reply", "replied"])


@pytest.mark.parametrize(
    "stamp",
    ["", "x", "Mon, 01 Jan 99999999999999999999 00:00:00 +0000", "Mon, 01 Jan 2026 00:00:00 +99999999999999999999"],
)
def test_a_moment_that_is_none(stamp):
    assert moment(stamp) is None


@pytest.mark.postgresql
def test_a_hundred_at_once_are_one(lead, touch, twilio, sms_account):
    sid = touch.provider_message_id

    def one(place):
        try:
            if place % 4 == 0:
                return twilio.receive(webhook(sms_account), PERSON, OURS, "STOP", sid="SM7")[0]
            return twilio.report(sid, ("delivered", "sent", "queued")[place % 4 - 1])
        finally:
            database_connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(one, range(100)))
    assert set(codes) <= {200, 204}
    lead.refresh_from_db()
    assert (kinds(lead), state_of(touch), lead.touch_count) == (["delivered", "unsubscribed"], ("sent", ""), 1)
    assert (Callback.objects.count(), Suppression.objects.count(), rest_of(lead)) == (
        3,
        1,
        ("cancelled", "unsubscribed"),
    )


class TestWalls:
    def test_an_account_of_another_agency_says_nothing_of_ours(self, lead, touch, twilio):
        other = Agency.objects.create(name="Southwind", slug="southwind")
        theirs = account_at(twilio, other, "sms")
        stranger = Client.objects.create(agency=other, name="Gamma", slug="gamma")
        number(stranger, theirs)
        url = webhook(theirs, f"/message?key={touch.idempotency_key}")
        fields = {"MessageSid": touch.provider_message_id, "MessageStatus": "failed", "ErrorCode": "21610"}
        assert twilio.post(url, fields)[0] == 204
        assert twilio.receive(webhook(theirs), PERSON, OURS, "STOP")[0] == 200
        lead.refresh_from_db()
        assert (state_of(touch), lead.is_unsubscribed, kinds(lead)) == (("sent", ""), None, [])
        assert Suppression.objects.values_list("client", flat=True).get() == stranger.pk

    def test_nobody_learns_through_it_whom_a_call_was_to_ring(self, lead, twilio, voice_account):
        number(lead.client, voice_account)
        call = VoiceEngine().place_call(lead, lead.client)
        other = account_at(twilio, Agency.objects.create(name="Southwind", slug="southwind"), "voice")
        for account, found in ((other, False), (voice_account, True)):
            url = webhook(account, f"/connect?key={call.idempotency_key}")
            status, content = twilio.post(url, {"CallSid": "CA1", "Digits": "1"})
            assert (status, PERSON in content, "<Hangup" in content) == (200, found, not found)


class TestCalls:
    @pytest.fixture
    def call(self, lead, voice_account):
        number(lead.client, voice_account)
        return VoiceEngine().place_call(lead, lead.client)

    @pytest.mark.parametrize(
        ("status", "outcome"),
        [
            ("completed", "connected"),
            ("busy", "busy"),
            ("no-answer", "no_answer"),
            ("canceled", "no_answer"),
            ("failed", ""),
        ],
    )
    def test_how_it_ended(self, lead, call, twilio, status, outcome):
        sid = call.provider_message_id
        twilio.pick_up(sid)
        for _ in range(2):
            assert twilio.end_leg(sid, status, 12) == 204
        assert twilio.end_leg(sid, "ringing") == 204
        call.refresh_from_db()
        assert (call.state, call.outcome) == ("sent", outcome)
        assert call.duration_seconds == (12 if outcome else None)
        assert kinds(lead) == []

    def test_its_parts_in_any_order(self, call, twilio):
        sid = call.provider_message_id
        twilio.pick_up(sid)
        assert twilio.end_call(sid, "completed") == 204
        assert twilio.end_leg(sid, "no-answer") == 204
        assert twilio.end_call(sid, "completed") == 204
        call.refresh_from_db()
        assert (call.state, call.reason, call.outcome) == ("sent", "", "no_answer")
