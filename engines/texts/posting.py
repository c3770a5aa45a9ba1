"""A text written for one touch, by an agent or a person."""

from django.core.exceptions import ValidationError
from django.db import transaction

from conversion.models import Activity
from conversion.vocabulary import ActivityState as State
from conversion.vocabulary import Channel
from engines.message import MessageError, check_text
from engines.outbox.queue import enqueue

# Why a touch is held that a text can mend: it has none, or what it has could not go out.
MENDED = ("needs_content", "message")


class NotWaitingError(ValueError):
    """The touch takes no text any more, or waits for something else."""


def post_content(activity: Activity, subject: str, body: str) -> Activity:
    """Put a text in the place of the touch's own, and let it move on: one that is held for want of a text is queued, due when
    it was scheduled; one that is planned or queued stays so. The text goes out as it is; nothing in it is replaced.

    Returns the touch as it stands then. Raises ValidationError, by field, on a text that cannot go out, and NotWaitingError
    where the touch is neither planned, nor held for its text, nor queued without having been tried.
    """
    check(activity, subject, body)
    told = {name: value for name, value in activity.metadata.items() if not name.startswith("variant")}
    columns = {"subject": subject.strip(), "body": body.strip(), "template_id": "", "metadata": told}
    rows = Activity.objects.for_client(activity.client_id)
    with transaction.atomic():
        mine = rows.filter(pk=activity.pk, dispatched_at=None)
        held = mine.filter(state=State.HELD, reason_code__in=MENDED)
        if held.update(**columns):
            enqueue(activity.client, [activity.pk])
        elif not mine.filter(state__in=[State.PLANNED, State.QUEUED]).update(**columns):
            raise NotWaitingError(f"The touch takes no text: {state_of(rows.filter(pk=activity.pk).first())}.")
    activity.refresh_from_db(from_queryset=rows)
    return activity


def check(activity: Activity, subject: str, body: str) -> None:
    """Raises ValidationError. An e-mail without a subject answers the one before it."""
    errors = {}
    if activity.channel != Channel.EMAIL and subject.strip():
        errors["subject"] = [f"has no place in a message by {activity.channel}"]
    try:
        check_text(subject, body, is_follow_up=activity.touch_number > 1 or activity.channel != Channel.EMAIL)
    except MessageError as error:
        errors[error.field] = [error.reason]
    if errors:
        raise ValidationError(errors)


def state_of(activity: Activity | None) -> str:
    if activity is None:
        return "it is not there any more"
    return f"it is {activity.state}" + (f" ({activity.reason_code})" if activity.reason_code else "")
