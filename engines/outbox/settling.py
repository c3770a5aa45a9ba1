"""Settling a send whose fate nobody knew: by a person, or by word from the provider."""

from typing import Any

from django.db import transaction

from conversion.models import Activity
from conversion.tenancy import across_clients
from conversion.vocabulary import ActivityState as State
from engines.outbox import alerts
from engines.outbox.record import mark_sent
from engines.outbox.states import move


class NotUnknownError(ValueError):
    """There is nothing to settle: the touch is in another state."""


def settle(activity: Activity, *, sent: bool, message_id: str = "") -> Activity:
    """Say of an `unknown` touch whether it was sent; it becomes `sent`, or `failed`. message_id: the provider's name for it.

    Raises NotUnknownError where it is not unknown (any more).
    """
    with transaction.atomic(), across_clients("dispatch"):
        found = Activity.objects.select_for_update().get(pk=activity.pk)
        if found.state != State.UNKNOWN:
            raise NotUnknownError(f"The touch is {found.state}, not unknown: there is nothing to settle.")
        if sent:
            mark_sent(found, message_id)
        else:
            columns: dict[str, Any] = {"reason_code": "settled", "reason": "A person found that it was not sent."}
            move(State.FAILED, State.UNKNOWN, pk=found.pk, columns=columns)
        alerts.refresh()
        activity.refresh_from_db()
    return activity


def confirm(activity: Activity, message_id: str) -> bool:
    """The provider says that it accepted the touch (a webhook). False where that was known, or nothing was ever sent."""
    with transaction.atomic(), across_clients("dispatch"):
        found = Activity.objects.get(pk=activity.pk)
        return found.dispatched_at is not None and mark_sent(found, message_id)
