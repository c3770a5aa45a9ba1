"""A sender pauses by itself over 2 % of bounces in 28 days, after 20 sends."""

from datetime import timedelta

import pytest

from conversion.models import Activity, Event, Sender
from conversion.vocabulary import Channel
from engines.reputation import resume, watch
from patterns.models import HealthAlert
from tests.engines.guarded import DAY, HOUR, TUESDAY, bounced, client_of, mailbox, planned, reachable, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def console(settings):
    """The default that sends nothing anywhere, on both databases; it needs no PUBLIC_URL."""
    settings.DEFAULT_PROVIDERS = {"email": "console"}


@pytest.fixture
def acme(make_client):
    return client_of(make_client)


@pytest.fixture
def box(acme):
    return mailbox(acme, daily_cap=1000)


def history(box, sends, bounces, moment=TUESDAY - 2 * DAY):
    lead = reachable(box.client, external_id=None)
    of = {"client": box.client, "lead": lead, "sender": box, "channel": Channel.EMAIL, "action": "email_sent"}
    touches = Activity.objects.bulk_create(Activity(**of, state="sent", sent_at=moment) for _ in range(sends))
    for touch in touches[:bounces]:
        bounced(touch, moment + HOUR)


def alerts(client):
    return list(HealthAlert.objects.for_client(client).order_by("opened_at"))


@pytest.mark.parametrize(
    ("sends", "bounces", "paused"),
    [(19, 19, False), (20, 0, False), (20, 1, True), (49, 1, True), (50, 1, False), (149, 3, True), (150, 3, False)],
)
def test_the_limit(box, sends, bounces, paused):
    history(box, sends, bounces)
    reason = f"{bounces} of its {sends} sends within 28 days bounced: {bounces / sends:.1%}, and 2 % is the limit"
    assert watch(box, TUESDAY) == (reason if paused else "")
    box.refresh_from_db()
    assert (box.paused_at, box.pause_reason) == ((TUESDAY, reason) if paused else (None, ""))
    told = [(one.code, one.subject, one.severity, one.opened_at) for one in alerts(box.client)]
    assert told == ([("sender_paused", str(box.pk), "high", TUESDAY)] if paused else [])


def test_the_alert_names_sender_and_figures_and_opens_once(box):
    history(box, 100, 3)
    watch(box.pk, TUESDAY)
    assert watch(box.pk, TUESDAY + HOUR) == ""
    message = (
        "a@b.example sends nothing any more: 3 of its 100 sends within 28 days bounced: 3.0%, and 2 % is the limit. "
        "Find out which addresses bounce, then resume it."
    )
    assert [one.message for one in alerts(box.client)] == [message]


def test_what_does_not_count(box, acme, make_client):
    history(box, 97, 0)
    history(box, 3, 3, TUESDAY - timedelta(days=29))  # too long ago
    history(mailbox(acme, address="c@d.example"), 3, 3)  # another sender's
    history(mailbox(client_of(make_client, name="Twin")), 3, 3)  # another client's
    touch = Activity.objects.for_client(acme).filter(sender=box).first()
    for _ in range(3):  # the same touch, told several times
        bounced(touch, TUESDAY - DAY)
    Event.objects.create(client=acme, lead=touch.lead, kind="bounced", occurred_at=TUESDAY)  # nobody knows whose
    assert watch(box, TUESDAY) == ""


def test_the_guard_pauses_where_nobody_watched(box, acme):
    history(box, 40, 1)
    touch = planned(reachable(acme), box)
    reason = "a@b.example was paused: 1 of its 40 sends within 28 days bounced: 2.5%, and 2 % is the limit"
    assert said(touch) == ("Hold", "sender_paused", reason, TUESDAY + HOUR)
    assert said(touch)[2].startswith("mailbox a@b.example is paused since Tuesday 3 March 10:00 (Sydney): 1 of its 40")
    assert len(alerts(acme)) == 1


def test_the_guard_lets_a_few_bounces_pass(box, acme):
    history(box, 50, 1)
    assert said(planned(reachable(acme), box)) == ("Go",)


def test_resuming_begins_a_new_window(box, acme):
    history(box, 40, 2)
    watch(box, TUESDAY)
    resume(box, TUESDAY + HOUR)
    box.refresh_from_db()
    assert (box.paused_at, box.pause_reason, box.watched_since) == (None, "", TUESDAY + HOUR)
    assert [one.resolved_at for one in alerts(acme)] == [TUESDAY + HOUR]
    assert watch(box, TUESDAY + 2 * HOUR) == ""
    history(box, 25, 1, TUESDAY + 2 * HOUR)
    assert watch(box, TUESDAY + DAY).startswith("1 of its 25 sends within 28 days, or since it was resumed, bounced")
    assert [one.resolved_at for one in alerts(acme)] == [TUESDAY + HOUR, None]


def test_a_pause_taken_off_by_hand_begins_a_new_window_too(box, acme):
    history(box, 40, 2)
    watch(box, TUESDAY)
    Sender.objects.for_client(acme).update(paused_at=None)
    touch = planned(reachable(acme), box)
    assert said(touch, TUESDAY + HOUR) == ("Go",)
    box.refresh_from_db()
    assert (box.paused_at, box.watched_since) == (None, TUESDAY + HOUR)
    assert [one.resolved_at for one in alerts(acme)] == [TUESDAY + HOUR]
    assert watch(box, TUESDAY + 2 * HOUR) == ""


def test_a_pause_by_hand_stays(box):
    Sender.objects.for_client(box.client).update(paused_at=TUESDAY, pause_reason="holiday")
    history(box, 40, 9)
    assert watch(box, TUESDAY) == ""
    box.refresh_from_db()
    assert box.pause_reason == "holiday"
