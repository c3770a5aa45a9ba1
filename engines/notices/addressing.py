"""Who hears of a notice: the endpoints that ask for its kind, and, of an alert, the people who look after the client."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from conversion.models import Client, Delivery, Membership, Notice, WebhookEndpoint
from conversion.vocabulary import DeliveryState, Role, Severity

DIGEST_AT = time(7, tzinfo=UTC)  # an hour after the daily look at patterns
NO_MAIL = "django.core.mail.backends.dummy.EmailBackend"


def address(at: datetime, limit: int) -> int:
    """Make the deliveries of notices that have none yet; how many notices that were. Inside `across_clients`."""
    waiting = Notice.objects.filter(addressed_at=None).select_related("client").order_by("created_at")
    count = 0
    for notice in waiting[:limit]:
        with transaction.atomic():
            if Notice.objects.filter(pk=notice.pk, addressed_at=None).update(addressed_at=at):
                Delivery.objects.bulk_create(deliveries_of(notice, at), ignore_conflicts=True)
                count += 1
    return count


def deliveries_of(notice: Notice, at: datetime) -> Iterator[Delivery]:
    if notice.client.deleted_at is not None:
        return
    for endpoint in endpoints(notice.client):
        if notice.kind in endpoint.kinds and endpoint.is_active:
            yield Delivery(client=notice.client, notice=notice, endpoint=endpoint, due_at=at)
        elif notice.kind in endpoint.kinds:  # written down, so that it can be replayed
            missed = {"state": DeliveryState.DROPPED, "answer": "the endpoint is switched off"}
            yield Delivery(client=notice.client, notice=notice, endpoint=endpoint, **missed)
    if notice.severity and settings.EMAIL_BACKEND != NO_MAIL:
        due_at = at if notice.severity == Severity.HIGH else next_digest(at)
        for recipient in sorted(recipients(notice.client)):
            yield Delivery(client=notice.client, notice=notice, recipient=recipient, due_at=due_at)


def endpoints(client: Client) -> list[WebhookEndpoint]:
    """The client's own and its agency's, switched on or not."""
    mine = WebhookEndpoint.objects.filter(Q(client=client) | Q(agency=client.agency_id))
    return list(mine.order_by("created_at"))


def recipients(client: Client) -> set[str]:
    """E-mail addresses of the client's operators and admins; where it has none, those of the server's (`ALERT_EMAILS`)."""
    members = Membership.objects.filter(client=client, role__in=[Role.OPERATOR, Role.ADMIN], accepted_at__isnull=False)
    active = members.filter(user__is_active=True).exclude(user__email="")
    return set(active.values_list("user__email", flat=True)) or set(settings.ALERT_EMAILS)


def next_digest(at: datetime) -> datetime:
    """The next moment at which digests go out, after `at`."""
    today = datetime.combine(at.astimezone(UTC).date(), DIGEST_AT)
    return today if today > at else today + timedelta(days=1)
