"""What Unipile tells of LinkedIn, with its secret: forged, doubled, reordered, late; and what follows from it, once."""
# ruff: noqa: F811 (fixtures are imported)

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections as database_connections
from django.test import Client as Browser
from django.utils.timezone import now

from conversion.models import Activity, Callback, Connection, Event, InboundMessage, ProviderAccount, Sender
from conversion.secrets import seal
from conversion.tenancy import across_clients
from engines.checks import check_replies
from engines.linkedin import LinkedInEngine
from patterns.models import HealthAlert
from tests.engines.seats import (  # noqa: F401 (fixtures)
    PROFILE,
    SEAT,
    WEBHOOK_SECRET,
    account,
    account_at,
    lead,
    seat,
    unipile,
)
from tests.factories import lead as make_lead

pytestmark = pytest.mark.django_db(transaction=True)

NOTE, TEXT = "Hi Jo, shall we connect?", "Hi Jo, worth 15 minutes?"
REPLY = "Yes, sounds good. Tuesday at 10?"


@pytest.fixture(autouse=True)
def daytime(monkeypatch):
    monkeypatch.setattr("engines.windows.Window.refusal", lambda *_: None)
    monkeypatch.setattr("engines.fatigue.refusal", lambda *_: "")


def post(account, content, secret=WEBHOOK_SECRET, browser=None):
    headers = {} if secret is None else {"Unipile-Auth": secret}
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    url = f"/webhooks/unipile/{account.pk}"
    return (browser or Browser()).post(url, body, "application/json", headers=headers).status_code


def send(lead, message=TEXT, **given):
    return LinkedInEngine().send(lead, lead.client, message, **given)


def invite(lead):
    return send(lead, NOTE, message_type="connection_request")


def events(lead):
    return sorted(Event.objects.filter(lead=lead).values_list("kind", flat=True))


def test_an_acceptance_lets_the_waiting_message_go(account, lead, unipile):
    invite(lead)
    touch = send(lead, touch_number=2)
    told = unipile.world.accept(SEAT, "jo-doe")
    assert post(account, told) == 200
    touch.refresh_from_db()
    known = Connection.objects.get(lead=lead)
    assert (touch.state, known.state, known.person_id) == ("queued", "accepted", told["user_provider_id"])
    assert known.accepted_at - now() < timedelta(minutes=1)
    assert post(account, told) == 200
    assert Connection.objects.get(lead=lead).accepted_at == known.accepted_at


def test_an_acceptance_before_our_own_confirmation_stays(account, lead, unipile):
    unipile.mode = "reset"
    touch = invite(lead)
    unipile.mode = "accept"
    assert touch.state == "unknown"
    assert post(account, unipile.world.accept(SEAT, "jo-doe")) == 200
    touch.refresh_from_db()
    assert (touch.state, Connection.objects.get(lead=lead).state) == ("sent", "accepted")
    assert send(lead, touch_number=2).state == "sent"


def test_the_note_in_a_new_chat_is_an_acceptance(account, lead, unipile):
    invite(lead)
    touch = send(lead, touch_number=2)
    person = Connection.objects.get(lead=lead).person_id
    echo = unipile.world.reply(SEAT, "jo-doe", NOTE, own=True) | {"attendees": [{"attendee_provider_id": person}]}
    assert post(account, echo | {"message": "something else"}) == 200
    assert Connection.objects.get(lead=lead).state == "invited"
    assert post(account, echo) == 200
    touch.refresh_from_db()
    assert (touch.state, Connection.objects.get(lead=lead).state) == ("queued", "accepted")
    assert events(lead) == []


def test_our_own_message_coming_back_settles_what_was_not_answered(account, lead, unipile):
    unipile.world.accept(SEAT, "jo-doe")
    unipile.mode = "reset"
    touch = send(lead)
    assert touch.state == "unknown"
    person = Connection.objects.get(lead=lead).person_id
    echo = unipile.world.reply(SEAT, "jo-doe", TEXT, own=True) | {"attendees": [{"attendee_provider_id": person}]}
    assert post(account, echo) == 200
    touch.refresh_from_db()
    assert (touch.state, touch.provider_message_id, events(lead)) == ("sent", echo["message_id"], [])


def test_a_reply_stops_the_rest_and_is_read(account, lead, unipile):
    unipile.world.accept(SEAT, "jo-doe")
    touch = send(lead)
    rest = Activity.objects.create(
        client=lead.client, lead=lead, sender=touch.sender, channel="linkedin", action="linkedin_sent", touch_number=2
    )
    assert post(account, unipile.world.reply(SEAT, "jo-doe", REPLY)) == 200
    rest.refresh_from_db()
    assert (rest.state, rest.reason_code, events(lead)) == ("cancelled", "replied", ["positive_reply", "replied"])
    found = InboundMessage.objects.get(lead=lead)
    assert (found.text, found.channel, found.activity) == (REPLY, "linkedin", touch)


def test_who_asks_to_be_left_alone_is(account, lead, unipile):
    unipile.world.accept(SEAT, "jo-doe")
    send(lead)
    assert post(account, unipile.world.reply(SEAT, "jo-doe", "Please stop messaging me. Unsubscribe.")) == 200
    assert "unsubscribed" in events(lead)
    lead.refresh_from_db()
    assert lead.is_unsubscribed
    touch = send(lead, touch_number=2)
    assert (touch.state, len(unipile.taken)) == ("cancelled", 1)


def test_a_reply_while_our_send_is_not_answered_finds_its_lead(account, lead, unipile):
    invite(lead)
    post(account, unipile.world.accept(SEAT, "jo-doe"))
    unipile.mode = "hang"
    Activity.objects.filter(lead=lead).update(
        sent_at=now() - timedelta(days=2), dispatched_at=now() - timedelta(days=2)
    )
    touch = send_impatiently(lead)
    assert post(account, unipile.world.reply(SEAT, "jo-doe", REPLY)) == 200
    touch.refresh_from_db()
    assert (touch.state, "replied" in events(lead)) == ("unknown", True)


def send_impatiently(lead):
    from django.test import override_settings  # noqa: PLC0415 (for one test)

    with override_settings(SEND_TIMEOUT_SECONDS=0.3):
        return send(lead, touch_number=2)


def test_what_is_told_three_days_late_keeps_its_moment(account, lead, unipile):
    unipile.world.accept(SEAT, "jo-doe")
    send(lead)
    moment = now() - timedelta(days=3)
    assert post(account, unipile.world.reply(SEAT, "jo-doe", REPLY) | {"timestamp": moment.isoformat()}) == 200
    assert Event.objects.filter(lead=lead, kind="replied").get().occurred_at == moment


@pytest.mark.postgresql
def test_a_hundred_at_once_are_one(account, lead, unipile):
    unipile.world.accept(SEAT, "jo-doe")
    send(lead)
    told = [unipile.world.accept(SEAT, "jo-doe"), unipile.world.reply(SEAT, "jo-doe", REPLY)]

    def one(number):
        try:
            return post(account, told[number % 2])
        finally:
            database_connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(one, range(100)))
    assert set(codes) == {200}
    assert events(lead) == ["positive_reply", "replied"]
    assert (Connection.objects.get(lead=lead).state, Callback.objects.count()) == ("accepted", 2)
    assert InboundMessage.objects.filter(lead=lead).count() == 1


@pytest.mark.parametrize("secret", [None, "", "another-secret-of-webhooks", WEBHOOK_SECRET + "x", "ü"])
def test_without_the_secret_nothing_is_believed(account, lead, unipile, secret):
    invite(lead)
    assert post(account, unipile.world.accept(SEAT, "jo-doe"), secret) == 401
    assert Connection.objects.get(lead=lead).state == "invited"
    assert Callback.objects.count() == 0


def test_without_a_secret_of_the_account_nothing_is_believed(account, lead, unipile):
    seal(account, {"api_key": "k"})
    account.save()
    told = unipile.world.accept(SEAT, "jo-doe")
    assert [post(account, told, secret) for secret in (None, "", WEBHOOK_SECRET)] == [401, 401, 401]
    missing = ProviderAccount(agency=account.agency, channel="linkedin", kind="unipile", name="gone")
    assert post(missing, told) == 401
    other = ProviderAccount.objects.create(agency=account.agency, channel="email", kind="unipile", name="mail")
    assert post(other, told) == 401


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"event": NaN}', 400),
        (b'{"event": "new_relation", "account_id": "\\u0000"}', 400),
        (b'{"event": "\\ud800"}', 400),
        (b"[" * 100_000, 400),
        (b"\xff", 400),
        (b" " * 2_000_000, 413),
        (b'{"event": "new_relation"}', 200),
        (b'{"event": "new_relation", "account_id": 5, "user_provider_id": []}', 200),
        (b'{"event": "message_received", "sender": "x", "account_info": 1, "attendees": {}}', 200),
        (
            b'{"event": "message_received", "account_id": "a", "message_id": "m", "sender": [], "timestamp": "soon"}',
            200,
        ),
        (b'{"event": "message_read"}', 200),
        (b'{"event": {}}', 200),
        (b'{"AccountStatus": {"account_id": 1, "message": []}}', 200),
    ],
)
def test_bad_input_is_no_error_of_ours(account, content, code):
    assert post(account, content) == code
    assert Callback.objects.count() == 0


def test_who_writes_out_of_the_blue_waits_for_a_person(account, lead, unipile):
    assert post(account, unipile.world.reply(SEAT, "sam-poe", "Hello, who are you?")) == 200
    found = InboundMessage.objects.get(account=account)
    assert (found.state, found.lead, found.client) == ("unmatched", None, lead.client)


def test_another_clients_twin_is_left_alone(account, lead, unipile, agency, make_client):
    """The same person is a lead of two clients of the agency, each with a seat, at accounts of their own."""
    other = account_at(agency, unipile, name="Beta's", client=None)
    beta = make_client("Beta")
    Sender.objects.create(client=beta, channel="linkedin", address="seat-beta", account=other)
    twin = make_lead(beta, linkedin_url=PROFILE)
    invite(lead)
    invite(twin)
    waiting = [send(one, touch_number=2) for one in (lead, twin)]
    assert post(account, unipile.world.accept(SEAT, "jo-doe")) == 200
    for touch in waiting:
        touch.refresh_from_db()
    assert [touch.state for touch in waiting] == ["queued", "held"]
    assert post(account, unipile.world.reply(SEAT, "jo-doe", REPLY)) == 200
    assert (events(lead), events(twin)) == (["positive_reply", "replied"], [])
    with across_clients("operations"):
        assert dict(Connection.objects.values_list("client__name", "state")) == {"Acme": "accepted", "Beta": "invited"}


def test_what_comes_through_another_agencys_account_says_nothing_of_ours(account, lead, unipile):
    from conversion.models import Agency  # noqa: PLC0415 (for one test)

    invite(lead)
    foreign = account_at(Agency.objects.create(name="Southeast", slug="southeast"), unipile)
    assert post(foreign, unipile.world.accept(SEAT, "jo-doe")) == 200
    assert Connection.objects.get(lead=lead).state == "invited"


def test_a_seat_that_is_signed_out_raises_an_alert_until_it_is_back(account, lead):
    status = {"account_id": SEAT, "account_type": "LINKEDIN"}
    for said, there in (("CREDENTIALS", 1), ("CREDENTIALS", 1), ("CONNECTING", 1), ("OK", 0)):
        assert post(account, {"AccountStatus": {**status, "message": said}}) == 200
        found = HealthAlert.objects.filter(client=lead.client, code="seat_signed_out", resolved_at=None)
        assert found.count() == there


def test_an_account_that_nobody_is_heard_through_is_warned_of(account):
    assert check_replies(databases=["default"]) == []
    seal(account, {"api_key": "k"})
    account.save()
    (found,) = check_replies(databases=["default"])
    assert (found.id, found.msg) == ("agency.W013", "The account LinkedIn has no webhook_secret.")
