"""Who may be written to over LinkedIn, by what is known of the connection."""

from datetime import timedelta

import pytest

from conversion.models import Connection
from tests.engines.guarded import DAY, TUESDAY, client_of, mailbox, planned, reachable, said
from tests.factories import lead as make_lead

pytestmark = pytest.mark.django_db


@pytest.fixture
def seat(make_client):
    return mailbox(client_of(make_client), channel="linkedin", address="seat-1")


def touch(seat, kind, state=None, invited=None, *, lead=None, **fields):
    lead = lead or reachable(seat.client)
    if state is not None:
        invited_at = None if invited is None else TUESDAY - invited
        known = Connection.objects.create(
            client=seat.client, lead=lead, sender=seat, state=state, invited_at=invited_at
        )
        Connection.objects.filter(lead=lead, pk=known.pk).update(created_at=TUESDAY - timedelta(days=2))
    return planned(lead, seat, channel="linkedin", message_type=kind, subject="", **fields)


@pytest.mark.parametrize(
    ("kind", "state", "verdict"),
    [
        ("message", None, ("Go",)),
        ("message", "accepted", ("Go",)),
        ("connection_request", None, ("Go",)),
        ("connection_request", "unconnected", ("Go",)),
        ("", None, ("Go",)),
        ("", "unconnected", ("Go",)),
        ("", "accepted", ("Go",)),
        ("inmail", "invited", ("Go",)),
        ("connection_request", "invited", ("Cancel", "already_invited")),
        ("connection_request", "withdrawn", ("Cancel", "already_invited")),
        ("connection_request", "accepted", ("Cancel", "already_connected")),
        ("message", "withdrawn", ("Cancel", "not_connected")),
        ("message", "invited", ("Hold", "not_connected")),
        ("", "invited", ("Hold", "not_connected")),
        ("message", "unconnected", ("Hold", "not_connected")),
    ],
)
def test_who_may_be_written_to(seat, kind, state, verdict):
    assert said(touch(seat, kind, state, DAY))[:2] == verdict


@pytest.mark.parametrize(
    ("state", "invited", "reason", "until"),
    [
        (
            "invited",
            3 * DAY,
            "not connected: the invitation is not accepted yet; it waits until Saturday 21 March 10:00 (Sydney)",
            TUESDAY + DAY,
        ),
        (
            "invited",
            20.5 * DAY,
            "not connected: the invitation is not accepted yet; it waits until Tuesday 3 March 22:00 (Sydney)",
            TUESDAY + DAY / 2,
        ),
        (
            "unconnected",
            None,
            "not connected: no invitation is under way; it waits until Sunday 22 March 10:00 (Sydney)",
            TUESDAY + DAY,
        ),
    ],
)
def test_a_message_waits_and_is_looked_at_each_day(seat, state, invited, reason, until):
    assert said(touch(seat, "message", state, invited)) == ("Hold", "not_connected", reason, until)


def test_the_wait_ends_after_three_weeks(seat):
    reason = "not connected: the invitation was not accepted within 21 days"
    assert said(touch(seat, "message", "invited", 21 * DAY)) == ("Cancel", "not_connected", reason)


def test_an_invitation_needs_no_text_and_a_message_does(seat):
    lead = reachable(seat.client)
    assert said(touch(seat, "connection_request", lead=lead, body="")) == ("Go",)
    assert said(touch(seat, "message", lead=lead, body=" "))[1] == "needs_content"
    assert said(touch(seat, "", lead=lead, body=""))[1] == "needs_content"


def test_another_seats_or_clients_connection_is_none_of_ours(seat, make_client):
    lead = reachable(seat.client)
    other = mailbox(seat.client, channel="linkedin", address="seat-2")
    Connection.objects.create(client=seat.client, lead=lead, sender=other, state="invited", invited_at=TUESDAY)
    beta = client_of(make_client, name="Beta")
    twin = make_lead(beta, linkedin_url=lead.linkedin_url)
    theirs = mailbox(beta, channel="linkedin", address="seat-1")
    Connection.objects.create(client=beta, lead=twin, sender=theirs, state="invited", invited_at=TUESDAY)
    assert said(touch(seat, "message", lead=lead)) == ("Go",)
