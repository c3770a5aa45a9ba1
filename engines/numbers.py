"""From a touch to the text message or the call that goes out, and where its provider reports to."""

from urllib.parse import urlsplit

from django.conf import settings

from conversion.models import Activity
from conversion.vocabulary import ActivityState, Channel
from engines.message import MessageError
from engines.providers import registry
from engines.providers.contract import Outgoing
from engines.shortmessage import Note, number

WEBHOOKS = "webhooks"  # the route of engines.urls under which providers report


def note_of(activity: Activity, key: str) -> Note:
    """Raises MessageError."""
    return Note(
        key=key,
        sender=own_number(activity),
        recipient=activity.lead.phone,
        body=activity.body,
        is_first=not wrote_before(activity),
        callback=callback_of(activity),
    )


def call_of(activity: Activity, key: str) -> Outgoing:
    """The call that is asked of the provider; its script stays here. Raises MessageError."""
    return Outgoing(
        key=key,
        channel=Channel.VOICE.value,
        sender=number("sender", own_number(activity)),
        sender_name="",
        recipient=number("recipient", activity.lead.phone),
        subject="",
        text="",
        metadata={"key": key},
        callback=callback_of(activity),
    )


def own_number(activity: Activity) -> str:
    address: str = activity.sender.address if activity.sender else activity.client.sending_phone
    if not address.strip():
        raise MessageError("sender", f"{activity.client} has no number to use for {activity.channel}")
    return address.strip()


def wrote_before(activity: Activity) -> bool:
    """Whether the lead had a text message from this number before."""
    sent = Activity.objects.for_client(activity.client_id).filter(
        lead=activity.lead_id, channel=Channel.SMS, state=ActivityState.SENT, sender=activity.sender_id
    )
    return sent.exclude(pk=activity.pk).exists()


def callback_of(activity: Activity) -> str:
    """Where the account's provider reports; empty where nothing goes out. Raises MessageError where it could not be reached:
    then no STOP would be heard.
    """
    account = activity.sender.account if activity.sender else None
    if (account.kind if account else registry.default_kind(activity.channel)) == "console":
        return ""
    if account is None or urlsplit(settings.PUBLIC_URL).scheme != "https":
        raise MessageError(
            "callback",
            f"PUBLIC_URL is {settings.PUBLIC_URL or 'not set'}: the provider reports to an https address, and without it "
            "nobody would hear a STOP",
        )
    return f"{settings.PUBLIC_URL.rstrip('/')}/{WEBHOOKS}/{account.kind}/{account.pk}"
