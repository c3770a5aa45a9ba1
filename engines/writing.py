"""From a touch to the message that goes out: who writes, to whom, in which thread, and how to be left alone."""

from urllib.parse import urlsplit

from django.conf import settings

from conversion.models import Activity
from conversion.vocabulary import ActivityState, Channel
from engines import linkedin_text, message, numbers, shortmessage, unsubscribe
from engines.message import Letter, MessageError
from engines.missives import missive_of
from engines.providers import registry
from engines.providers.contract import Outgoing

__all__ = ["MessageError", "outgoing_for"]

THREAD = 20  # earlier mails that References names; RFC 5322 lets a long chain be cut


def outgoing_for(activity: Activity) -> Outgoing:
    """The message of a touch, ready for its provider. The touch has its idempotency key; the same touch gives the same
    message.

    Raises MessageError where it cannot go out as it is; its text is the reason in words.
    """
    if not activity.idempotency_key:
        raise ValueError("a touch gets its idempotency key before its message is written")
    if activity.channel == Channel.LINKEDIN:
        return linkedin_text.compose(missive_of(activity, activity.idempotency_key))
    if activity.channel == Channel.SMS:
        return shortmessage.compose(numbers.note_of(activity, activity.idempotency_key))
    if activity.channel == Channel.VOICE:
        return numbers.call_of(activity, activity.idempotency_key)
    if activity.channel != Channel.EMAIL:
        raise MessageError("channel", f"no message can be written for {activity.channel} yet")
    return message.compose(letter_of(activity, activity.idempotency_key))


def letter_of(activity: Activity, key: str) -> Letter:
    client, thread = activity.client, earlier(activity)
    subject = activity.subject
    if not subject.strip() and thread:
        subject = reply_to(thread[0].subject)
    return Letter(
        key=key,
        sender=sender_address(activity),
        sender_name=activity.sender.display_name if activity.sender else "",
        recipient=activity.lead.email,
        subject=subject,
        body=activity.body,
        signature=client.postal_address.strip() or client.agency.postal_address,
        unsubscribe_url=unsubscribe_url(activity),
        unsubscribe_subject=f"unsubscribe {unsubscribe.token_of(activity)}",
        thread=[message.message_id(str(one.idempotency_key), sender_address(one)) for one in thread],
    )


def sender_address(activity: Activity) -> str:
    address: str = activity.sender.address if activity.sender else activity.client.sending_email
    if not address.strip():
        raise MessageError("sender", f"{activity.client} has no address to send from")
    return message.wire_address("sender", address)


def earlier(activity: Activity) -> list[Activity]:
    """The e-mails that the touch follows up: sent to the lead by the same sender in the same sequence, the oldest first."""
    if activity.touch_number == 1:
        return []
    sent = Activity.objects.for_client(activity.client_id).filter(
        lead=activity.lead_id,
        channel=Channel.EMAIL,
        state=ActivityState.SENT,
        sender=activity.sender_id,
        sequence=activity.sequence_id,
        touch_number__lt=activity.touch_number,
        idempotency_key__isnull=False,
    )
    return list(sent.select_related("sender", "client").order_by("-sent_at", "-touch_number")[:THREAD])[::-1]


def reply_to(subject: str) -> str:
    """The subject of a follow-up that has none of its own."""
    return subject if subject.casefold().startswith("re:") else f"Re: {subject}"


def unsubscribe_url(activity: Activity) -> str:
    """Raises MessageError where the person could not reach it: only the console, which sends nothing, may do without."""
    url = unsubscribe.url_of(activity)
    account = activity.sender.account if activity.sender else None
    kind = account.kind if account else registry.default_kind(activity.channel)
    if kind != "console" and urlsplit(url).scheme != "https":
        raise MessageError(
            "unsubscribe_url",
            f"PUBLIC_URL is {settings.PUBLIC_URL or 'not set'}: one-click unsubscribing needs an https address that "
            "the recipient can reach, and without it no e-mail goes out",
        )
    return url
