"""The log of what was posted, and posting something of it once more."""

from datetime import datetime

from django.db.models import QuerySet

from conversion.models import Agency, Client, Delivery
from conversion.vocabulary import DeliveryState


class NotReplayed(ValueError):  # noqa: N818 (it says what is wrong)
    """It cannot be posted once more; the message says why."""


def log_of(owner: Agency | Client) -> QuerySet[Delivery]:
    """What was posted of a client, or of all clients of an agency, the newest first."""
    clients = {"client": owner} if isinstance(owner, Client) else {"client__in": owner.clients.all()}
    rows: QuerySet[Delivery] = Delivery.objects.filter(endpoint__isnull=False, **clients)
    return rows.select_related("notice", "endpoint").order_by("-id")


def missed(owner: Agency | Client) -> QuerySet[Delivery]:
    """What no endpoint that is switched on took, and is not tried any more; in the order in which it happened."""
    lost = [DeliveryState.FAILED, DeliveryState.DROPPED]
    return log_of(owner).filter(state__in=lost, endpoint__is_active=True).order_by("id")


def replay(delivery: Delivery, at: datetime) -> None:
    """Have it posted once more in the next round, with the notice's own id, and tried anew as if it had never been posted.

    Raises NotReplayed where it went by e-mail, is still to be posted, or its endpoint is switched off.
    """
    if delivery.endpoint is None:
        raise NotReplayed("it went by e-mail, and only what is posted is replayed")
    if not delivery.endpoint.is_active:
        raise NotReplayed(f"the {delivery.endpoint.name} is switched off; switch it on first")
    over = Delivery.objects.for_client(delivery.client_id).exclude(state=DeliveryState.PENDING)
    if not over.filter(pk=delivery.pk).update(state=DeliveryState.PENDING, due_at=at, attempts=0, answer=""):
        raise NotReplayed("it is still to be posted")
