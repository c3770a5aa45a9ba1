"""Each rule of the guard, with its code and its reason in words."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from conversion.models import Activity, Agency, Client, Lead, ProviderAccount, Sender, Suppression
from conversion.suppressions import forget
from engines.guard import Go, examine
from tests.engines.guarded import DAY, HOUR, TUESDAY, client_of, mailbox, planned, reachable, said, sent

pytestmark = pytest.mark.django_db
AGAIN = TUESDAY + HOUR


@pytest.fixture(autouse=True)
def console(settings):
    """The default that sends nothing anywhere, on both databases; it needs no PUBLIC_URL."""
    settings.DEFAULT_PROVIDERS = dict.fromkeys(("email", "sms", "voice", "linkedin"), "console")


@pytest.fixture
def acme(make_client):
    return client_of(make_client)


@pytest.fixture
def jo(acme):
    return reachable(acme)


@pytest.fixture
def box(acme):
    return mailbox(acme)


@pytest.fixture
def touch(jo, box):
    return planned(jo, box)


def test_a_touch_that_nothing_stands_against_goes(touch):
    assert examine(touch, TUESDAY) == Go()
    assert examine(touch.pk, TUESDAY) == Go()


@pytest.mark.parametrize("channel", ["sms", "voice", "linkedin", "mail"])
def test_every_channel_may_go(acme, jo, channel):
    sender = mailbox(acme, channel=channel, address=channel)
    assert examine(planned(jo, sender, channel=channel), TUESDAY) == Go()


def test_a_naive_moment_is_refused(touch):
    with pytest.raises(ValueError, match="has no offset"):
        examine(touch, TUESDAY.replace(tzinfo=None))


def test_a_touch_that_is_gone_is_cancelled(touch):
    pk = touch.pk
    touch.delete()
    assert said(pk) == ("Cancel", "gone", "the touch is not there any more")


@pytest.mark.parametrize(
    ("fields", "code", "reason"),
    [
        ({"is_unsubscribed": True}, "unsubscribed", "it unsubscribed"),
        ({"has_bounced": True}, "bounced", "its e-mail address bounced"),
        ({"do_not_contact": True}, "do_not_contact", "it is marked as not to be contacted"),
        ({"status": "converted"}, "converted", "it has booked already"),
        ({"status": "not_interested"}, "not_interested", "it said that it is not interested"),
        ({"status": "unsubscribed"}, "unsubscribed", "it unsubscribed"),
        ({"status": "bounced"}, "bounced", "its e-mail address bounced"),
        ({"status": "dead"}, "dead", "it was given up"),
        ({"deleted_at": TUESDAY}, "lead_deleted", "the lead was deleted"),
        ({"erased_at": TUESDAY}, "erased", "the person asked to be forgotten"),
        ({"email": "", "email_key": ""}, "no_address", "the lead cannot be reached by email: no e-mail address"),
    ],
)
def test_a_lead_that_is_not_to_be_written_to(touch, jo, fields, code, reason):
    Lead.objects.for_client(jo.client).update(**fields)
    assert said(touch) == ("Cancel", code, reason)


def test_competitors_and_contacted_leads_are_written_to(touch, jo):
    Lead.objects.for_client(jo.client).update(is_competitor=True, status="contacted", has_bounced=False)
    assert said(touch) == ("Go",)


EMAIL_LISTED = "its e-mail address or its domain is on a suppression list of the client, its agency or everybody"
PHONE_LISTED = "its phone number is on a suppression list of the client, its agency or everybody"
LINKEDIN_LISTED = "its LinkedIn profile is on a suppression list of the client, its agency or everybody"
FORGOTTEN = "the person is on a suppression list, having asked to be forgotten"


@pytest.mark.parametrize(
    ("kind", "value", "shut"),
    [
        ("email", "jo@example.com", {"email": EMAIL_LISTED}),
        ("domain", "example.com", {"email": EMAIL_LISTED}),
        ("phone", "+61255501234", {"sms": PHONE_LISTED, "voice": PHONE_LISTED}),
        ("linkedin", "in/jo-doe", {"linkedin": LINKEDIN_LISTED}),
        ("source", "L-1", dict.fromkeys(("email", "sms", "voice", "linkedin", "mail"), FORGOTTEN)),
        ("email", "jim@example.com", {}),
        ("domain", "jo@example.com", {}),
    ],
)
def test_what_an_entry_shuts(acme, jo, kind, value, shut):
    Suppression.objects.create(client=acme, kind=kind, value=value)
    for channel in ("email", "sms", "voice", "linkedin", "mail"):
        verdict = said(planned(jo, mailbox(acme, channel=channel, address=channel), channel=channel))
        assert verdict == (("Cancel", "suppressed", shut[channel]) if channel in shut else ("Go",))


@pytest.mark.parametrize(
    ("kind", "value", "shut"),
    [
        ("email", "jo@example.com", ["email", "sms", "voice", "linkedin", "mail"]),
        ("linkedin", "in/jo-doe", ["email", "sms", "voice", "linkedin", "mail"]),
        ("source", "L-1", ["email", "sms", "voice", "linkedin", "mail"]),
        ("phone", "+61255501234", ["sms", "voice"]),  # a company's number is not one person
    ],
)
def test_a_hash_stands_for_a_person(acme, jo, kind, value, shut):
    forget([(kind, value)], acme)
    for channel in ("email", "sms", "voice", "linkedin", "mail"):
        verdict = said(planned(jo, mailbox(acme, channel=channel, address=channel), channel=channel))
        assert verdict[:2] == (("Cancel", "suppressed") if channel in shut else ("Go",))


@pytest.mark.parametrize(("scope", "binds"), [("agency", True), ("everybody", True), ("twin", False), ("rival", False)])
@pytest.mark.parametrize("is_hash", [False, True])
def test_whose_entries_bind(touch, acme, make_client, scope, binds, is_hash):
    owner = {
        "agency": {"agency": acme.agency},
        "everybody": {},
        "twin": {"client": make_client("Twin")},
        "rival": {"agency": Agency.objects.create(name="Rival", slug="rival")},
    }[scope]
    if is_hash and "agency" not in owner:
        forget([("email", "jo@example.com")], owner.get("client"))
    else:
        Suppression.objects.create(kind="email", value="jo@example.com", **owner)
    assert said(touch)[0] == ("Cancel" if binds else "Go")


def test_an_address_without_its_key_is_recognised(touch, jo, acme):
    Lead.objects.for_client(acme).update(email="JO@Example.com", email_key="")
    assert said(touch) == ("Go",)
    Suppression.objects.create(client=acme, kind="email", value="jo@example.com")
    assert said(touch)[:2] == ("Cancel", "suppressed")


@pytest.mark.parametrize(
    ("fields", "verdict"),
    [
        ({"deleted_at": TUESDAY}, ("Cancel", "client_deleted", "the client was deleted")),
        ({"is_paused": True}, ("Hold", "client_paused", "the client is paused", AGAIN)),
        (
            {"subscription_status": "past_due"},
            ("Hold", "client_inactive", "the client is not active: its subscription is past due", AGAIN),
        ),
        ({"subscription_status": "trialing"}, ("Go",)),
        (
            {"postal_address": "  "},
            (
                "Hold",
                "no_postal_address",
                "an e-mail needs a postal address, and neither client nor agency has one",
                AGAIN,
            ),
        ),
    ],
)
def test_the_client(touch, acme, fields, verdict):
    Client.objects.filter(pk=acme.pk).update(**fields)
    assert said(touch) == verdict


def test_the_agencys_postal_address_will_do(touch, acme):
    Client.objects.filter(pk=acme.pk).update(postal_address="")
    Agency.objects.update(postal_address="9 Agency Rd")
    assert said(touch) == ("Go",)


@pytest.mark.parametrize(("url", "goes"), [("", False), ("http://x.example", False), ("https://x.example", True)])
def test_an_email_needs_a_way_out(touch, box, acme, settings, url, goes):
    settings.PUBLIC_URL = url
    account = ProviderAccount.objects.create(agency=acme.agency, channel="email", kind="smtp", name="ours")
    Sender.objects.for_client(acme).update(account=account)
    reason = "an e-mail needs an unsubscribe link, and PUBLIC_URL is not set to an https address"
    assert said(touch) == (("Go",) if goes else ("Hold", "no_unsubscribe_link", reason, AGAIN))


def test_a_sender_without_an_account_where_there_is_no_default(touch, settings):
    settings.DEFAULT_PROVIDERS = {"email": "none"}
    reason = "a@b.example has no account at a provider, and there is no default for email"
    for url in ("", "https://x.example"):
        settings.PUBLIC_URL = url
        assert said(touch) == ("Hold", "no_account", reason, AGAIN)


@pytest.mark.parametrize(
    ("channel", "fields", "reason"),
    [
        ("email", {"body": " "}, "needs content: there is no text to send by email"),
        ("email", {"subject": ""}, "needs content: the e-mail has no subject"),
        ("sms", {"subject": "", "body": ""}, "needs content: there is no text to send by sms"),
        ("sms", {"subject": ""}, None),
        ("voice", {"subject": "", "body": ""}, None),
    ],
)
def test_content(acme, jo, channel, fields, reason):
    touch = planned(jo, mailbox(acme, channel=channel, address=channel), channel=channel, **fields)
    assert said(touch) == (("Hold", "needs_content", reason, None) if reason else ("Go",))


def test_a_follow_up_takes_the_subject_of_what_it_follows(jo, box):
    touch = planned(jo, box, subject="", touch_number=2)
    assert said(touch)[:2] == ("Hold", "needs_content")
    sent(jo, box, TUESDAY - 3 * DAY, touch_number=1, idempotency_key="1")
    assert said(touch) == ("Go",)


class TestSenders:
    @pytest.mark.parametrize(
        ("fields", "code", "reason"),
        [
            ({"is_active": False}, "sender_inactive", "mailbox a@b.example is switched off"),
            (
                {"paused_at": TUESDAY - DAY, "pause_reason": "7 of 100 bounced"},
                "sender_paused",
                "mailbox a@b.example is paused since Monday 2 March 10:00 (Sydney): 7 of 100 bounced",
            ),
            (
                {"paused_at": TUESDAY - DAY},
                "sender_paused",
                "mailbox a@b.example is paused since Monday 2 March 10:00 (Sydney): by hand",
            ),
            ({"channel": "sms"}, "no_sender", "its sender a@b.example is one of sms, not of email"),
        ],
    )
    def test_a_sender_that_may_not_send(self, touch, acme, fields, code, reason):
        Sender.objects.for_client(acme).update(**fields)
        assert said(touch) == ("Hold", code, reason, AGAIN)

    def test_no_sender(self, jo):
        assert said(planned(jo, None)) == ("Hold", "no_sender", "no sender of email is known for it", AGAIN)

    def test_an_account_that_is_switched_off(self, touch, acme):
        account = ProviderAccount.objects.create(agency=acme.agency, channel="email", kind="console", name="ours")
        Sender.objects.for_client(acme).update(account=account)
        assert said(touch) == ("Go",)
        ProviderAccount.objects.update(is_active=False)
        reason = "the account that a@b.example sends through is switched off"
        assert said(touch) == ("Hold", "account_inactive", reason, AGAIN)

    def test_an_account_of_others(self, touch, acme):
        rival = Agency.objects.create(name="Rival", slug="rival")
        reason = "the account that a@b.example sends through is not of this client or its agency"
        account = ProviderAccount.objects.create(channel="email", kind="console", name="x", agency=rival)
        Sender.objects.for_client(acme).update(account=account)
        assert said(touch) == ("Hold", "account_not_own", reason, AGAIN)
        ProviderAccount.objects.update(agency=acme.agency)
        assert said(touch) == ("Go",)

    def test_an_account_of_another_client_is_refused_by_the_database(self, touch, acme, make_client):
        account = ProviderAccount.objects.create(
            channel="email", kind="console", name="x", agency=acme.agency, client=make_client("Twin")
        )
        with pytest.raises(IntegrityError, match="of another client"), transaction.atomic():
            Sender.objects.for_client(acme).update(account=account)
        assert said(touch) == ("Go",)

    def test_rows_of_another_client(self, acme, jo, make_client):
        twin = client_of(make_client, name="Twin")
        with pytest.raises(IntegrityError, match="of another client"), transaction.atomic():
            planned(jo, mailbox(twin))
        mine = planned(jo, mailbox(acme))
        with pytest.raises(IntegrityError, match="client"), transaction.atomic():
            Activity.objects.for_client(acme).update(client=twin)
        assert said(mine) == ("Go",)


class TestTime:
    def test_night_and_days_off(self, touch):
        night = TUESDAY + 13 * HOUR  # 23:00 on Tuesday
        reason = "it is 23:00 there (Sydney), and email goes out from 06:00 to 22:00; next at Wednesday 4 March 06:00 (Sydney)"
        assert said(touch, night) == ("Hold", "quiet_hours", reason, TUESDAY + 20 * HOUR)
        saturday = TUESDAY + 4 * DAY
        reason = (
            "Saturday 7 March is no business day there (Saturday, weekend there); next at Monday 9 March 06:00 (Sydney)"
        )
        assert said(touch, saturday) == ("Hold", "closed_day", reason, TUESDAY + 6 * DAY - 4 * HOUR)

    def test_it_is_the_leads_time(self, touch, acme):
        Lead.objects.for_client(acme).update(timezone="America/New_York", country="US")  # 18:00 on Monday there
        assert said(touch) == ("Go",)
        assert said(touch, TUESDAY + 5 * HOUR)[:2] == ("Hold", "quiet_hours")
        Lead.objects.for_client(acme).update(timezone="no zone", country="")  # the client's
        assert said(touch, TUESDAY + 13 * HOUR)[:2] == ("Hold", "quiet_hours")

    def test_emails_at_any_time_for_trials(self, touch, jo, acme, settings):
        settings.EMAIL_AT_ANY_TIME = True
        assert said(touch, TUESDAY + 4 * DAY) == ("Go",)
        sms = planned(jo, mailbox(acme, channel="sms", address="+61299990000"), channel="sms")
        assert said(sms, TUESDAY + 4 * DAY)[:2] == ("Hold", "closed_day")


class TestFatigue:
    @pytest.mark.parametrize("state", ["sent", "dispatching", "unknown"])
    def test_a_touch_on_any_channel_counts(self, touch, jo, acme, state):
        seat = mailbox(acme, channel="linkedin", address="seat")
        moment = {"sent_at": TUESDAY - HOUR} if state == "sent" else {"dispatched_at": TUESDAY - HOUR}
        planned(jo, seat, channel="linkedin", state=state, **moment)
        reason = (
            "the lead had 1 touch today, and 1 touch a day is the limit over all channels; "
            "next at Wednesday 4 March 06:00 (Sydney)"
        )
        assert said(touch) == ("Hold", "fatigue", reason, TUESDAY + 20 * HOUR)

    def test_three_in_seven_days(self, touch, jo, box):
        for days in (1, 4, 5):
            sent(jo, box, TUESDAY - days * DAY)
        verdict = said(touch)
        assert verdict[:2] == ("Hold", "fatigue")
        assert verdict[2].startswith(
            "the lead had 3 touches within 7 days, and 3 is the limit over all channels; next at"
        )
        assert verdict[3] == TUESDAY + 2 * DAY - 4 * HOUR  # Thursday 06:00: that of Thursday last week is over then

    def test_what_was_not_sent_does_not_count(self, touch, jo, box, acme):
        for state in ("planned", "queued", "claimed", "failed", "cancelled", "held"):
            planned(jo, box, state=state, dispatched_at=TUESDAY - HOUR)
        sent(reachable(acme, external_id="L-2"), box, TUESDAY - HOUR)
        sent(jo, box, TUESDAY - 8 * DAY)
        assert said(touch) == ("Go",)


class TestCaps:
    def fill(self, client, box, count, moment=TUESDAY - HOUR, **fields):
        for number in range(count):
            lead = reachable(client, external_id=f"{moment:%d%H%M}-{fields.get('state', '')}-{number}")
            sent(lead, box, moment, **fields)

    def test_the_cap_of_today(self, touch, acme, box):
        Sender.objects.for_client(acme).update(daily_cap=3)
        self.fill(acme, box, 2)
        assert said(touch) == ("Go",)
        self.fill(acme, box, 1, state="dispatching", sent_at=None, dispatched_at=TUESDAY - HOUR)
        reason = "mailbox a@b.example has sent its 3 of today; next place Wednesday 4 March 06:00 (Sydney)"
        assert said(touch) == ("Hold", "daily_cap", reason, TUESDAY + 20 * HOUR)
        Sender.objects.for_client(acme).update(daily_cap=1)
        assert "has sent 3 today, of a cap of 1; next place" in said(touch)[2]

    def test_the_day_is_the_clients(self, touch, acme, box):
        Sender.objects.for_client(acme).update(daily_cap=1)
        self.fill(acme, box, 3, TUESDAY - 11 * HOUR)  # 23:00 on Monday
        assert said(touch) == ("Go",)
        Client.objects.filter(pk=acme.pk).update(timezone="America/New_York")  # where it is Monday still
        verdict = said(touch)
        assert verdict[:2] == ("Hold", "daily_cap")
        assert verdict[3] == TUESDAY + 6 * HOUR  # midnight in New York, 16:00 in Sydney

    def test_the_ramp(self, touch, acme, box):
        Sender.objects.for_client(acme).update(ramp_started_on=TUESDAY.date())
        self.fill(acme, box, 5)
        verdict = said(touch)
        assert verdict[2].startswith(
            "mailbox a@b.example has sent its 5 of today (day 2 of its ramp to 50); next place"
        )
        Sender.objects.for_client(acme).update(ramp_started_on=None)
        assert said(touch) == ("Go",)

    def test_unknown_counts_and_others_do_not(self, touch, acme, box):
        Sender.objects.for_client(acme).update(daily_cap=1)
        self.fill(acme, mailbox(acme, address="c@d.example"), 4)
        self.fill(acme, box, 2, state="failed", sent_at=None)
        assert said(touch) == ("Go",)
        self.fill(acme, box, 1, state="unknown", sent_at=None, dispatched_at=TUESDAY - HOUR)
        assert said(touch)[:2] == ("Hold", "daily_cap")


def test_facts_are_read_anew_each_time(touch):
    """The object that the outbox holds says nothing of an opt-out that came since."""
    assert touch.lead.is_unsubscribed is None
    Lead.objects.for_client(touch.client).update(is_unsubscribed=True)
    assert said(touch)[:2] == ("Cancel", "unsubscribed")


def test_it_takes_two_statements(touch, jo, box, acme):
    sent(jo, box, TUESDAY - 3 * DAY)
    Suppression.objects.create(client=acme, kind="email", value="other@example.com")
    with CaptureQueriesContext(connection) as queries:
        assert examine(touch, TUESDAY) == Go()
    assert len(queries) == 2
