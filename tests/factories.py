"""Rows for tests, without surprises: what is not given is empty, and the time is fixed."""

from datetime import UTC, datetime, timedelta

from conversion.models import Activity, Event, Lead
from conversion.vocabulary import ACTION_OF, Channel

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def lead(client, **fields):
    return Lead.objects.create(client=client, **fields)


def touch(of, *, days=0, channel="email", state="sent", **fields):
    """A touch of the lead `of`, sent `days` after MONDAY."""
    moment = MONDAY + timedelta(days=days)
    fields.setdefault("sent_at", moment if state == "sent" else None)
    return Activity.objects.create(
        client=of.client, lead=of, channel=channel, action=ACTION_OF[Channel(channel)], state=state, **fields
    )


def event(of, kind, *, days=0, **fields):
    return Event.objects.create(
        client=of.client, lead=of, kind=kind, occurred_at=MONDAY + timedelta(days=days), **fields
    )
