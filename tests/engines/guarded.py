"""A touch that may go out on Tuesday 3 March 2026, 10:00 in Sydney, and what tests change about it."""

from datetime import UTC, datetime, timedelta

from conversion.models import Activity, Event, Lead, Sender
from conversion.vocabulary import ACTION_OF, Channel
from engines.facts import CALL_ASKED
from engines.guard import examine

TUESDAY = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)  # 10:00 on 3 March in Sydney (UTC+11)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def client_of(make_client, **fields):
    return make_client(**{"timezone": "Australia/Sydney", "postal_address": "1 High St, Sydney", **fields})


def reachable(client, **fields):
    whole = {
        "email": "jo@example.com",
        "email_key": "jo@example.com",
        "phone": "+61255501234",
        "linkedin_url": "https://www.linkedin.com/in/jo-doe/",
        "first_name": "Jo",
        "last_name": "Doe",
        "country": "Australia",
        "timezone": "Australia/Sydney",
        "external_id": "L-1",
        "extra": {"postal_address": "2 Low St"},
    }
    return Lead.objects.create(client=client, **{**whole, **fields})


def mailbox(client, **fields):
    return Sender.objects.create(**{"client": client, "channel": "email", "address": "a@b.example", **fields})


def planned(lead, sender, *, channel="email", **fields):
    values = {"state": "claimed", "subject": "Hello", "body": "Hello there", "due_at": TUESDAY}
    if channel == "voice":
        values["metadata"] = {CALL_ASKED: TUESDAY.isoformat()}
    values |= fields
    return Activity.objects.create(
        client=lead.client, lead=lead, sender=sender, channel=channel, action=ACTION_OF[Channel(channel)], **values
    )


def sent(lead, sender, moment, *, channel="email", **fields):
    return planned(lead, sender, channel=channel, **{"state": "sent", "sent_at": moment, **fields})


def bounced(touch, moment):
    return Event.objects.create(
        client=touch.client, lead=touch.lead, activity=touch, kind="bounced", occurred_at=moment
    )


def said(touch, at=TUESDAY):
    """The verdict as a tuple, for comparison: its class's name, code, reason and until, as far as it has them."""
    found = examine(touch, at)
    parts = (getattr(found, name) for name in ("code", "reason", "until") if hasattr(found, name))
    return (type(found).__name__, *parts)
